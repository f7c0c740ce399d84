//! A gateway behind a Unix socket: HTTP/1.1, one request a connection.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use shifter_gateway_types::rest::{AUTHENTICATION, CONTENT_TYPE};

use super::sent::{ANSWER, Archive};
use super::{MOST, Method, Reply, Wire};

/// What an archive is sent as.
const BYTES: &str = "application/octet-stream";
/// The head of an answer has a few lines.
const LONGEST_HEAD: usize = 16 * 1024;

/// One question, one answer.
pub(super) fn send(socket: &Path, wire: &Wire<'_>, timeout: Option<Duration>) -> Result<Reply, String> {
    let answer = exchange(socket, wire, timeout).map_err(|error| error.to_string())?;
    parse(&answer)
}

fn exchange(socket: &Path, wire: &Wire<'_>, timeout: Option<Duration>) -> io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(timeout)?;
    stream.set_write_timeout(timeout)?;
    let Wire { path, body, .. } = wire;
    let credential = wire.credential.map(|text| format!("{AUTHENTICATION}: {text}\r\n")).unwrap_or_default();
    let head = match wire.method {
        Method::Get => format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{credential}\r\n"),
        Method::Post => format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{credential}Content-Type: {CONTENT_TYPE}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        ),
    };
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer)?;
    Ok(answer)
}

/// Sends an archive, once the gateway has said that it takes it.
pub(super) fn send_archive(
    socket: &Path,
    path: &str,
    archive: &mut Archive,
    timeout: Option<Duration>,
) -> Result<Reply, String> {
    let text = |error: io::Error| error.to_string();
    let mut stream = UnixStream::connect(socket).map_err(text)?;
    stream.set_read_timeout(timeout).map_err(text)?;
    let length = match archive.length() {
        Some(length) => format!("Content-Length: {length}"),
        None => "Transfer-Encoding: chunked".to_owned(),
    };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {BYTES}\r\n\
         Expect: 100-continue\r\n{length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).map_err(text)?;
    let mut answer = first_head(&mut stream).map_err(text)?;
    let mut sent = Ok(());
    if answer.starts_with(b"HTTP/1.1 100 ") {
        answer.clear();
        sent = send_body(&mut stream, archive);
        stream.set_read_timeout(Some(ANSWER)).map_err(text)?;
    }
    // A gateway that reads no further says why, even where it did not let the archive be sent whole.
    let read = stream.take(MOST).read_to_end(&mut answer);
    match (parse(&answer), sent.and(read.map(drop))) {
        (Ok(reply), _) => Ok(reply),
        (Err(_), Err(error)) => Err(error.to_string()),
        (Err(what), Ok(())) => Err(what),
    }
}

/// A head of an answer, whose body may follow.
fn first_head(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST_HEAD && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    Ok(head)
}

fn send_body(stream: &mut UnixStream, archive: &mut Archive) -> io::Result<()> {
    if archive.length().is_some() {
        return io::copy(archive, stream).map(drop);
    }
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = archive.read(&mut buffer)?;
        write!(stream, "{count:x}\r\n")?;
        stream.write_all(&buffer[..count])?;
        stream.write_all(b"\r\n")?;
        if count == 0 {
            return Ok(());
        }
    }
}

/// Takes the answer apart. A gateway always says how long its answer is; anything else is cut off.
fn parse(answer: &[u8]) -> Result<Reply, String> {
    let not_http = || "the answer is not HTTP".to_owned();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(not_http)?;
    let head = std::str::from_utf8(&answer[..end]).map_err(|_| not_http())?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    let status = status.and_then(|line| line.get(..3)?.parse().ok()).ok_or_else(not_http)?;
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let number = |wanted: &str| {
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.and_then(|(_, value)| value.trim().parse::<u64>().ok())
    };
    let retry_after = number("retry-after");
    let body = &answer[end + 4..];
    match number("content-length") {
        Some(length) if length == body.len() as u64 => Ok(Reply { status, retry_after, body: body.to_vec() }),
        Some(length) => Err(format!("{} of {length} bytes came", body.len())),
        None => Err("the answer does not say how long it is".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let reply = parse(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        assert_eq!((reply.status, reply.body.as_slice(), reply.retry_after), (404, b"{}".as_slice(), None));
        let reply = parse(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 10\r\nContent-Length: 0\r\n\r\n").unwrap();
        assert_eq!((reply.status, reply.retry_after), (429, Some(10)));
    }

    #[test]
    fn an_answer_that_is_cut_off_is_refused() {
        let error = parse(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{}").unwrap_err();
        assert_eq!(error, "2 of 5 bytes came");
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n{}").is_err());
        assert!(parse(b"SSH-2.0-OpenSSH").is_err());
    }
}
