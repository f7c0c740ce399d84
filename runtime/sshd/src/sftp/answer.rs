//! Answers, and the form they have.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::attributes::Attributes;

/// What a question is answered with.
pub(super) enum Answer {
    /// It is done.
    Done,
    /// It is not, and why: the protocol's code, and words.
    Refused(u32, String),
    /// Something was opened.
    Handle(u64),
    /// A piece of a file.
    Data(Vec<u8>),
    /// Names, what `ls -l` shows of each, and what they are.
    Names(Vec<(OsString, String, Attributes)>),
    /// What a file is.
    Attributes(Attributes),
    /// The largest packet, read and write in bytes, and how much may be open (`limits@openssh.com`).
    Limits([u64; 4]),
}

/// Why a question has no other answer.
pub(super) enum Failed {
    /// There is no more.
    End,
    /// It cannot be read.
    Broken,
    /// It is not known.
    Unknown,
    /// The kernel says no.
    Kernel(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Failed {
        Failed::Kernel(error)
    }
}

impl From<()> for Answer {
    fn from((): ()) -> Answer {
        Answer::Done
    }
}

impl Failed {
    pub(super) fn into_answer(self) -> Answer {
        let (code, words) = match self {
            Failed::End => (1, "end of file".to_owned()),
            Failed::Broken => (5, "bad message".to_owned()),
            Failed::Unknown => (8, "operation unsupported".to_owned()),
            Failed::Kernel(error) => {
                let code = match error.kind() {
                    io::ErrorKind::NotFound => 2,
                    io::ErrorKind::PermissionDenied => 3,
                    _ => 4,
                };
                (code, error.to_string())
            }
        };
        Answer::Refused(code, words)
    }
}

impl Answer {
    /// One name, of which nothing else is told.
    pub(super) fn name(path: PathBuf) -> Answer {
        Answer::Names(vec![(path.into_os_string(), String::new(), Attributes::default())])
    }
}

fn string(to: &mut Vec<u8>, bytes: &[u8]) {
    // Nothing here is longer than a question, whose length is a number of this size.
    to.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    to.extend(bytes);
}

fn with_length(body: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(body.len() + 4);
    string(&mut packet, body);
    packet
}

/// The answer to the first question.
pub(super) fn version(version: u32, extensions: &[&str]) -> Vec<u8> {
    let mut body = vec![2];
    body.extend(version.to_be_bytes());
    for name in extensions {
        string(&mut body, name.as_bytes());
        string(&mut body, b"1");
    }
    with_length(&body)
}

/// The answer to the question with this number.
pub(super) fn packet(number: u32, answer: Answer) -> Vec<u8> {
    let mut body = vec![kind(&answer)];
    body.extend(number.to_be_bytes());
    match answer {
        Answer::Done => status(&mut body, 0, "done"),
        Answer::Refused(code, words) => status(&mut body, code, &words),
        Answer::Handle(handle) => string(&mut body, &handle.to_be_bytes()),
        Answer::Data(data) => string(&mut body, &data),
        Answer::Names(names) => {
            body.extend(u32::try_from(names.len()).unwrap_or(u32::MAX).to_be_bytes());
            for (name, shown, attributes) in names {
                string(&mut body, name.as_bytes());
                string(&mut body, shown.as_bytes());
                attributes.write(&mut body);
            }
        }
        Answer::Attributes(attributes) => attributes.write(&mut body),
        Answer::Limits(limits) => limits.into_iter().for_each(|limit| body.extend(limit.to_be_bytes())),
    }
    with_length(&body)
}

fn kind(answer: &Answer) -> u8 {
    match answer {
        Answer::Done | Answer::Refused(..) => 101,
        Answer::Handle(_) => 102,
        Answer::Data(_) => 103,
        Answer::Names(_) => 104,
        Answer::Attributes(_) => 105,
        Answer::Limits(_) => 201,
    }
}

fn status(to: &mut Vec<u8>, code: u32, words: &str) {
    to.extend(code.to_be_bytes());
    string(to, words.as_bytes());
    string(to, b"");
}
