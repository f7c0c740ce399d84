//! Requests byte for byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Raw {
    /// The status line and the headers.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
}

impl Raw {
    /// The status.
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }

    /// The `status` of the record in the body.
    pub(crate) fn state(&self) -> String {
        self.json()["status"].as_str().expect("a record").to_owned()
    }
}

/// Sends `METHOD path` over TCP with a credential.
pub(crate) fn tcp(address: &str, request: &str, credential: Option<&str>) -> Raw {
    exchange(TcpStream::connect(address).expect("the gateway listens"), request, credential, "")
}

/// Sends `METHOD path` over the Unix socket, as this process.
pub(crate) fn unix(socket: &Path, request: &str) -> Raw {
    exchange(UnixStream::connect(socket).expect("the gateway listens"), request, None, "")
}

/// Sends `METHOD path` over the Unix socket, as another user.
pub(crate) fn unix_as(uid: u32, socket: &Path, request: &str) -> Raw {
    let (method, path) = request.split_once(' ').expect("a method and a path");
    let mut curl = Command::new("curl");
    curl.args(["-si", "-X", method, &format!("http://localhost{path}"), "--unix-socket"]).arg(socket);
    let output = curl.uid(uid).gid(uid).output().expect("curl runs");
    split(&String::from_utf8(output.stdout).expect("text"))
}

/// A fresh credential of a user, from that user's own munge(1).
pub(crate) fn credential(uid: u32, munged: &Path) -> String {
    let mut munge = Command::new("munge");
    munge.args(["--no-input", "--socket"]).arg(munged);
    let output = munge.uid(uid).gid(uid).output().expect("munge runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

fn exchange(mut stream: impl Read + Write, request: &str, credential: Option<&str>, body: &str) -> Raw {
    let header = credential.map(|credential| format!("authentication: {credential}\r\n")).unwrap_or_default();
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: gw:5000\r\nConnection: close\r\n{header}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    split(&answer)
}

fn split(answer: &str) -> Raw {
    let (head, body) = answer.split_once("\r\n\r\n").expect(answer);
    Raw { head: head.to_owned(), body: body.to_owned() }
}
