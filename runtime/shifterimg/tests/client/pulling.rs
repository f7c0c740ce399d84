//! Pulls as people see them, a full queue, and pulls that are taken back.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::process::Command;

use serde_json::Value;

use super::layout;
use super::run::{Gateway, Ran, client, conf, run};

/// What `ld-musl` is taken for.
const MUSL: (&str, &[u8]) = ("lib/ld-musl-x86_64.so.1", b"\x7fELF\0x86_64\x001.2.4\0");

/// Runs the client on a terminal of its own (script(1)).
fn on_a_terminal(gateway: &Gateway, args: &str) -> Ran {
    let endpoint = format!("unix:{}", gateway.site.path("socket").display());
    let conf = gateway.conf(&endpoint);
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command"]);
    command.arg(format!("{} --config {} {args}", env!("CARGO_BIN_EXE_shifterimg"), conf.display()));
    command.arg("/dev/null").env("TERM", "xterm").stdin(std::process::Stdio::null());
    run(command)
}

#[test]
fn who_watches_a_pull_is_told_what_came_and_scripts_are_not() {
    let gateway = Gateway::start();
    let layouts = gateway.site.path("layouts");
    layout::write(&layouts, "musl", "1", &[MUSL]);
    let watched = on_a_terminal(&gateway, "pull musl:1");
    assert_eq!(watched.code, 0, "{watched:?}");
    assert!(watched.out.contains("Pulling Image: docker:musl:1, status: READY"), "{}", watched.out);
    assert!(watched.out.contains("shifterimg: docker:musl:1: musl 1.2.4"), "{}", watched.out);
    let alone = gateway.client(&["pull", "musl:1"]);
    assert!(!alone.out.contains("1.2.4") && alone.err.is_empty(), "{alone:?}");
}

#[test]
fn an_image_is_shown_with_what_was_found_in_it() {
    let gateway = Gateway::start();
    layout::write(&gateway.site.path("layouts"), "musl", "1", &[MUSL]);
    gateway.client(&["pull", "musl:1"]);
    let shown = gateway.client(&["inspect", "musl:1"]);
    assert!(shown.out.contains("\nlibc       musl 1.2.4\n"), "{}", shown.out);
    assert!(shown.out.contains("\nlayer      sha256:"), "{}", shown.out);
    let body: Value = serde_json::from_str(&gateway.client(&["--output", "json", "inspect", "musl:1"]).out).unwrap();
    assert_eq!((&body["report"]["libc"], &body["report"]["files"]), (&Value::from("musl 1.2.4"), &Value::from(1)));
}

#[test]
fn what_is_no_pull_of_ones_own_is_not_taken_back() {
    let gateway = Gateway::start();
    gateway.client(&["pull", "hello:1"]);
    let refused = gateway.client(&["cancel", "hello:1"]);
    let why = "shifterimg: `docker:hello:1`: no pull of yours waits or runs\n";
    assert_eq!((refused.code, refused.err.as_str()), (1, why));
}

/// A gateway that gives these answers one after the other, and the first lines that it was sent.
fn answering(dir: &tempfile::TempDir, answers: &'static [&'static str], args: &[&str]) -> (Ran, Vec<String>) {
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let socket = dir.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    std::fs::set_permissions(&socket, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let server = std::thread::spawn(move || {
        answers
            .iter()
            .map(|answer| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let first = lines.next().unwrap();
                lines.find(String::is_empty);
                stream.write_all(answer.as_bytes()).unwrap();
                first
            })
            .collect()
    });
    let conf = conf(&dir.path().join("udiRoot.conf"), &format!("unix:{}", socket.display()));
    let ran = client(&conf, args);
    (ran, server.join().unwrap())
}

const FULL: &str = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 74\r\n\r\n\
                    {\"status\":429,\"error\":\"too many pulls wait; try again later\",\"message\":\"\"}";
const READY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"status\":\"READY\"}";

#[test]
fn a_full_queue_is_waited_for_as_long_as_it_says() {
    let dir = tempfile::Builder::new().prefix("client").tempdir_in("/tmp").unwrap();
    let (ran, asked) = answering(&dir, &[FULL, READY], &["pull", "hello:1"]);
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|line| line.starts_with("POST /api/pull/cori/docker/hello%3A1/ ")), "{asked:?}");
    let why = "shifterimg: `docker:hello:1`: too many pulls wait; try again later; asking again in 1 s\n";
    assert_eq!((ran.code, ran.err.as_str()), (0, why));
}

#[test]
fn who_does_not_wait_is_told_that_the_queue_is_full() {
    let dir = tempfile::Builder::new().prefix("client").tempdir_in("/tmp").unwrap();
    let (ran, _) = answering(&dir, &[FULL], &["pullnb", "hello:1"]);
    let why = "shifterimg: `docker:hello:1`: too many pulls wait; try again later\n";
    assert_eq!((ran.code, ran.err.as_str()), (3, why));
}

#[test]
fn a_pull_that_was_taken_back_says_so() {
    let dir = tempfile::Builder::new().prefix("client").tempdir_in("/tmp").unwrap();
    const GONE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n{\"cancelled\":true,\"others\":0}";
    let (ran, asked) = answering(&dir, &[GONE], &["cancel", "hello:1"]);
    assert_eq!(asked, ["POST /api/cancel/cori/docker/hello%3A1/ HTTP/1.1"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "docker:hello:1: cancelled\n"));
}
