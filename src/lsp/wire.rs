//! Messages on a stream: headers, a length, JSON (Language Server Protocol 3.17, "Base Protocol").
//!
//! What is not a message is said so and passed over; only a stream whose framing is lost ends the session.

use std::io::{self, BufRead, Read, Write};

use lsp_server::{ErrorCode, Message};
use serde_json::{Value, json};

/// The most bytes one message may have: a profile's own limit, escaped in the worst way, and more.
const LARGEST: u64 = 128 << 20;

/// The longest header line.
const LONGEST_HEADER: u64 = 4 << 10;

/// What was read.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something that is none, with the answer to it.
    Nonsense(Value),
    /// The other side is gone.
    End,
}

/// Reads one message.
///
/// # Errors
/// When the stream fails or it cannot be told where the next message begins.
pub(super) fn read(stream: &mut impl BufRead) -> io::Result<Incoming> {
    let Some(length) = length(stream)? else { return Ok(Incoming::End) };
    if length > LARGEST {
        io::copy(&mut stream.take(length), &mut io::sink())?;
        return Ok(Incoming::Nonsense(refusal(
            &Value::Null,
            ErrorCode::InvalidRequest,
            "the message is larger than 128 MiB",
        )));
    }
    let mut body = Vec::new();
    if stream.take(length).read_to_end(&mut body)? as u64 != length {
        return Ok(Incoming::End);
    }
    let value: Value = match serde_json::from_slice(&body) {
        Ok(value) => value,
        Err(error) => {
            let text = format!("the message is not JSON: {error}");
            return Ok(Incoming::Nonsense(refusal(&Value::Null, ErrorCode::ParseError, &text)));
        }
    };
    let id = value.get("id").filter(|id| id.is_number() || id.is_string()).cloned().unwrap_or_default();
    Ok(match serde_json::from_value(value) {
        Ok(message) => Incoming::Message(message),
        Err(_) => Incoming::Nonsense(refusal(&id, ErrorCode::InvalidRequest, "neither a request nor a notification")),
    })
}

/// The length that the headers announce; nothing at the end of the stream.
fn length(stream: &mut impl BufRead) -> io::Result<Option<u64>> {
    let invalid = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
    let mut length = None;
    loop {
        let mut line = Vec::new();
        stream.take(LONGEST_HEADER).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        let line = String::from_utf8(line).map_err(|_| invalid("a header is not text"))?;
        let Some(line) = line.strip_suffix('\n') else { return Err(invalid("a header does not end")) };
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            return length.map(Some).ok_or_else(|| invalid("a message has no `Content-Length`"));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| invalid("a header has no colon"))?;
        if name.trim().eq_ignore_ascii_case("content-length") {
            let number = value.trim().parse().map_err(|_| invalid("`Content-Length` is no number"))?;
            length = Some(number);
        }
    }
}

/// The answer to what is no message: with a null id it belongs to no request (JSON-RPC 2.0, section 5).
fn refusal(id: &Value, code: ErrorCode, text: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code as i32, "message": text } })
}

/// Writes one message, or the answer to what is none.
///
/// # Errors
/// When the stream fails.
pub(super) fn write(stream: &mut impl Write, body: &impl serde::Serialize) -> io::Result<()> {
    let mut message = serde_json::to_value(body)?;
    message["jsonrpc"] = "2.0".into();
    let text = message.to_string();
    write!(stream, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn nonsense_between_messages_is_passed_over() {
        let good = r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#;
        let text = [frame("{"), frame("[]"), frame(r#"{"id":7}"#), frame(good)].concat();
        let mut stream = text.as_bytes();
        for _ in 0..2 {
            assert!(matches!(read(&mut stream).expect("framed"), Incoming::Nonsense(_)));
        }
        // A bare id is an answer to a question we did not ask.
        let _ = read(&mut stream).expect("framed");
        assert!(matches!(read(&mut stream).expect("framed"), Incoming::Message(Message::Notification(_))));
        assert!(matches!(read(&mut stream).expect("the end"), Incoming::End));
    }

    #[test]
    fn a_lost_frame_ends_the_session() {
        for text in ["Content-Length: x\r\n\r\n{}", "nonsense\r\n\r\n", "A: b\r\n\r\n", &"x".repeat(10_000)] {
            assert!(read(&mut text.as_bytes()).is_err(), "{text:.40}");
        }
        assert!(matches!(read(&mut "Content-Length: 9\r\n\r\n{}".as_bytes()).expect("cut"), Incoming::End));
    }
}
