//! `shifterimg login`, and what a pull brings along.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use shifter_munge::Munge;

use super::munged::Munged;
use super::run::conf;

/// Runs the client as root, with a home of its own, and `munged` where libmunge looks for it.
fn run(munged: &Munged, home: &Path, gateways: &str, args: &[&str], input: &str) -> Output {
    const SCRIPT: &str = "mount -t tmpfs tmpfs /run && mkdir /run/munge && \
                          ln -s \"$0\" /run/munge/munge.socket.2 && exec \"$@\"";
    let conf = conf(&home.join("udiRoot.conf"), gateways);
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", SCRIPT]).arg(munged.socket());
    command.arg(env!("CARGO_BIN_EXE_shifterimg")).arg("--config").arg(conf).args(args).env("HOME", home);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn login(munged: &Munged, home: &Path, location: &str, pair: (&str, &str)) {
    let args = ["login", location, "--username", pair.0, "--password-stdin"];
    let ran = run(munged, home, "http://127.0.0.1:1", &args, pair.1);
    assert!(ran.status.success() && ran.stdout.is_empty() && ran.stderr.is_empty(), "{ran:?}");
}

/// Answers one request with READY; gives back what its credential carries.
fn payload_of_a_pull(munged: &Munged, home: &Path) -> (String, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut byte) = (String::new(), [0]);
        while !request.ends_with("\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            request.push(char::from(byte[0]));
        }
        let body = r#"{"status":"READY"}"#;
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all((head + body).as_bytes()).unwrap();
        request
    });
    let ran = run(munged, home, &url, &["pull", "docker:a:1"], "");
    assert!(ran.status.success(), "{ran:?}");
    let request = server.join().unwrap();
    let credential = request.lines().find_map(|line| line.strip_prefix("authentication: ")).unwrap();
    let decoded = Munge::load().unwrap().decode(Some(munged.socket()), credential).unwrap();
    (String::from_utf8(decoded.payload).unwrap(), String::from_utf8(ran.stderr).unwrap())
}

#[test]
fn a_password_is_kept_as_the_original_keeps_it_and_sent_with_pulls() {
    let munged = Munged::start();
    let home = tempfile::tempdir().unwrap();
    assert_eq!(payload_of_a_pull(&munged, home.path()), (String::new(), String::new()));
    login(&munged, home.path(), "default", ("me", "old\n"));
    login(&munged, home.path(), "default", ("me", "a:b\n"));
    login(&munged, home.path(), "reg.site:5000", ("you", "pw"));
    let file = home.path().join(".udiRoot/.cred");
    let mode = |path: &Path| path.metadata().unwrap().mode() & 0o7777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("a:b") && text.lines().count() == 2, "{text}");
    assert!(text.starts_with("cori:default=MUNGE:") && text.contains("\ncori:reg.site:5000=MUNGE:"), "{text}");
    let expected = r#"{"authorized_locations":{"default":"me:a:b","reg.site:5000":"you:pw"}}"#;
    for _ in 0..2 {
        assert_eq!(payload_of_a_pull(&munged, home.path()).0, expected, "a stored credential counts more than once");
    }
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = run(&munged, home.path(), "http://127.0.0.1:1", &["pull", "docker:a:1"], "");
    assert_eq!(open.status.code(), Some(2), "a file that others read is refused: {open:?}");
}

#[test]
fn a_file_of_the_original_is_read_and_what_cannot_be_read_is_told_of() {
    let munged = Munged::start();
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join(".udiRoot");
    std::fs::create_dir(&directory).unwrap();
    let credential = Munge::load().unwrap().encode(Some(munged.socket()), b"u:p").unwrap();
    let text = format!("cori:index.docker.io={credential}\nedison:default={credential}\ncori:broken=MUNGE:xx:\n");
    std::fs::write(directory.join(".cred"), text).unwrap();
    std::fs::set_permissions(directory.join(".cred"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let (payload, told) = payload_of_a_pull(&munged, home.path());
    assert_eq!(payload, r#"{"authorized_locations":{"index.docker.io":"u:p"}}"#);
    assert!(told.contains("the password for `broken` cannot be read"), "{told}");
}

#[test]
fn a_login_that_cannot_be_is_exit_status_2_and_writes_nothing() {
    let munged = Munged::start();
    let home = tempfile::tempdir().unwrap();
    for (args, input) in [
        (&["login", "--password-stdin"][..], "pw"),
        (&["login", "--username", "a:b", "--password-stdin"], "pw"),
        (&["login", "--username", "me", "--password-stdin"], ""),
        (&["login", "a=b", "--username", "me", "--password-stdin"], "pw"),
        (&["pull", "a:1", "--password-stdin"], "pw"),
    ] {
        let ran = run(&munged, home.path(), "http://127.0.0.1:1", args, input);
        assert_eq!(ran.status.code(), Some(2), "{args:?}: {ran:?}");
    }
    assert!(!home.path().join(".udiRoot").exists());
}
