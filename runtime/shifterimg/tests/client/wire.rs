//! The bytes that are sent, which are those of the original's client.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::munged::Munged;
use super::run::{Ran, client_with_munge, conf};

/// Takes one request and answers it with `body`.
fn listen(body: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = String::new();
        let mut byte = [0];
        let whole = |request: &str| {
            let (head, sent) = request.split_once("\r\n\r\n")?;
            let head = head.to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            Some(sent.len() >= length.unwrap_or(0))
        };
        while whole(&request) != Some(true) {
            assert_eq!(stream.read(&mut byte).unwrap(), 1);
            request.push(char::from(byte[0]));
        }
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        request
    });
    (url, server)
}

fn ask(body: &'static str, args: &[&str]) -> (Ran, Vec<String>, String) {
    let munged = Munged::start();
    let dir = tempfile::Builder::new().prefix("client").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (url, server) = listen(body);
    let ran = client_with_munge(&munged, &conf(&dir.path().join("udiRoot.conf"), &url), args);
    let request = server.join().unwrap();
    let (head, sent) = request.split_once("\r\n\r\n").unwrap();
    (ran, head.split("\r\n").map(str::to_owned).collect(), sent.to_owned())
}

#[test]
fn a_lookup_is_sent_with_escapes_a_slash_and_a_credential() {
    let (ran, head, body) = ask(r#"{"id": "abc"}"#, &["lookup", "docker:quay.io/a/b:1.0"]);
    assert_eq!(head[0], "GET /api/lookup/cori/docker/quay.io%2Fa%2Fb%3A1.0/ HTTP/1.1");
    let credential = head.iter().find_map(|line| line.strip_prefix("authentication: ")).unwrap();
    assert!(credential.starts_with("MUNGE:") && credential.ends_with(':'), "{credential}");
    assert_eq!(body, "");
    assert_eq!((ran.code, ran.out.as_str()), (0, "abc\n"));
}

#[test]
fn a_pull_sends_its_lists_as_comma_separated_strings() {
    let args = ["--user", "65534,5", "-g", "nogroup", "pull", "docker:a:1"];
    let (_, head, body) = ask(r#"{"status": "READY"}"#, &args);
    assert_eq!(head[0], "POST /api/pull/cori/docker/a%3A1/ HTTP/1.1");
    assert!(head.iter().any(|line| line.eq_ignore_ascii_case("content-type: application/json")), "{head:?}");
    assert_eq!(body, r#"{"allowed_uids":"65534,5","allowed_gids":"65534"}"#);
}

#[test]
fn a_list_of_the_original_gateway_is_understood() {
    let body = r#"{"list":[{"id":"37ec2d41aabbcc","system":"cori","itype":"docker","tag":["b:1","a:1"],"status":"READY","userACL":null,"groupACL":null,"ENV":["A=b"],"ENTRY":"MISSING","WORKDIR":"MISSING","LABELS":"MISSING","last_pull":1700000000.5,"status_message":"Transferring image"}]}"#;
    let (ran, head, _) = ask(body, &["images"]);
    assert_eq!(head[0], "GET /api/list/cori/ HTTP/1.1");
    let rows: Vec<&str> = ran.out.lines().collect();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].starts_with("cori       docker     READY    37ec2d41aa   2023-11-14T22:13:20 a:1 "), "{}", rows[0]);
}

#[test]
fn a_hostile_text_does_not_reach_the_terminal() {
    let body = "{\"status\": \"FAILURE\", \"status_message\": \"evil \\u001b]0;x\\u0007 \\u009b2J\"}";
    let (ran, ..) = ask(body, &["pull", "docker:a:1"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "shifterimg: docker:a:1: evil \\u{1b}]0;x\\u{7} \\u{9b}2J\n"));
}
