//! File transfer (SFTP 3, draft-ietf-secsh-filexfer-02), as a program of its own on descriptors 0 and 1, as sftp-server(8)
//! is: so a slow file system holds up nobody else, and it has the user's umask and working directory.
//!
//! One question is answered after the other. Names are bytes.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::ExitCode;

mod answer;
mod attributes;
mod files;
mod wire;

use answer::{Answer, Failed};
use files::Files;
use wire::Question;

/// The word of the command line.
pub(crate) const WORD: &str = "sftp-server";

/// No answer carries more of a file, nor a question. Bytes.
const LARGEST_DATA: u32 = 256 << 10;
/// No question is longer: the data, a handle or a name, and numbers. Bytes.
const LARGEST_QUESTION: u32 = LARGEST_DATA + (16 << 10);
/// The version that is spoken, whatever is asked for (OpenSSH speaks no other).
const VERSION: u32 = 3;

/// The kinds of questions.
mod kind {
    pub(super) const INIT: u8 = 1;
    pub(super) const OPEN: u8 = 3;
    pub(super) const CLOSE: u8 = 4;
    pub(super) const READ: u8 = 5;
    pub(super) const WRITE: u8 = 6;
    pub(super) const LSTAT: u8 = 7;
    pub(super) const FSTAT: u8 = 8;
    pub(super) const SETSTAT: u8 = 9;
    pub(super) const FSETSTAT: u8 = 10;
    pub(super) const OPENDIR: u8 = 11;
    pub(super) const READDIR: u8 = 12;
    pub(super) const REMOVE: u8 = 13;
    pub(super) const MKDIR: u8 = 14;
    pub(super) const RMDIR: u8 = 15;
    pub(super) const REALPATH: u8 = 16;
    pub(super) const STAT: u8 = 17;
    pub(super) const RENAME: u8 = 18;
    pub(super) const READLINK: u8 = 19;
    pub(super) const SYMLINK: u8 = 20;
    pub(super) const EXTENDED: u8 = 200;
}

/// What of OpenSSH's own is known (its PROTOCOL, 4).
const EXTENSIONS: [&str; 4] =
    ["posix-rename@openssh.com", "fsync@openssh.com", "hardlink@openssh.com", "limits@openssh.com"];

/// `sftp-server`: until the client has no more questions.
pub(crate) fn main() -> ExitCode {
    // Not by std's own, which looks for ends of lines.
    let ends =
        rustix::io::dup(rustix::stdio::stdin()).and_then(|from| Ok((from, rustix::io::dup(rustix::stdio::stdout())?)));
    let served = ends.map_err(io::Error::from).and_then(|(from, to)| serve(&mut File::from(from), &mut File::from(to)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shifter-sshd: the file transfer ends: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(from: &mut impl io::Read, to: &mut impl io::Write) -> io::Result<()> {
    let mut files = Files::default();
    let mut question = Vec::new();
    while let Some(length) = length_of_next(from)? {
        question.clear();
        from.take(length.into()).read_to_end(&mut question)?;
        if question.len() != length as usize {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let answer = reply(&mut files, &question).ok_or(io::ErrorKind::InvalidData)?;
        to.write_all(&answer)?;
        to.flush()?;
    }
    Ok(())
}

/// None at the end.
fn length_of_next(from: &mut impl io::Read) -> io::Result<Option<u32>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u32::from_be_bytes(length);
    if length > LARGEST_QUESTION { Err(io::ErrorKind::InvalidData.into()) } else { Ok(Some(length)) }
}

/// The answer to a question, with its length before it; none for what is no question at all.
fn reply(files: &mut Files, question: &[u8]) -> Option<Vec<u8>> {
    let mut question = Question::new(question);
    let kind = question.byte()?;
    let number = question.number()?;
    if kind == kind::INIT {
        return Some(answer::version(VERSION, &EXTENSIONS));
    }
    Some(answer::packet(number, asked(files, kind, &mut question).unwrap_or_else(Failed::into_answer)))
}

fn asked(files: &mut Files, kind: u8, question: &mut Question<'_>) -> Result<Answer, Failed> {
    let q = question;
    Ok(match kind {
        kind::OPEN => {
            let (name, flags, wanted) = (name(q.string()?), q.number_of()?, q.attributes()?);
            Answer::Handle(files.open(name, flags, &wanted)?)
        }
        kind::OPENDIR => Answer::Handle(files.open_directory(name(q.string()?))?),
        kind::CLOSE => files.close(q.string()?)?.into(),
        kind::READ => Answer::Data(files.read(q.string()?, q.long()?, q.number_of()?.min(LARGEST_DATA))?),
        kind::WRITE => files.write(q.string()?, q.long()?, q.string()?)?.into(),
        kind::READDIR => Answer::Names(files.list(q.string()?)?),
        kind::LSTAT => Answer::Attributes(attributes::of(&std::fs::symlink_metadata(name(q.string()?))?)),
        kind::STAT => Answer::Attributes(attributes::of(&std::fs::metadata(name(q.string()?))?)),
        kind::FSTAT => Answer::Attributes(attributes::of(&files.file(q.string()?)?.metadata()?)),
        kind::SETSTAT => attributes::set(name(q.string()?), &q.attributes()?)?.into(),
        kind::FSETSTAT => attributes::set_open(files.file(q.string()?)?, &q.attributes()?)?.into(),
        kind::REMOVE => std::fs::remove_file(name(q.string()?))?.into(),
        kind::MKDIR => files::make_directory(name(q.string()?), &q.attributes()?)?.into(),
        kind::RMDIR => std::fs::remove_dir(name(q.string()?))?.into(),
        kind::REALPATH => Answer::name(files::real(name(q.string()?))?),
        kind::READLINK => Answer::name(std::fs::read_link(name(q.string()?))?),
        kind::RENAME => files::rename(name(q.string()?), name(q.string()?))?.into(),
        // OpenSSH has always sent the two in the other order than the draft says (its PROTOCOL, 4.1).
        kind::SYMLINK => std::os::unix::fs::symlink(name(q.string()?), name(q.string()?))?.into(),
        kind::EXTENDED => match q.string()? {
            b"posix-rename@openssh.com" => std::fs::rename(name(q.string()?), name(q.string()?))?.into(),
            b"hardlink@openssh.com" => std::fs::hard_link(name(q.string()?), name(q.string()?))?.into(),
            b"fsync@openssh.com" => files.file(q.string()?)?.sync_all()?.into(),
            b"limits@openssh.com" => {
                let data = LARGEST_DATA.into();
                Answer::Limits([LARGEST_QUESTION.into(), data, data, files::MOST_OPEN as u64])
            }
            _ => return Err(Failed::Unknown),
        },
        _ => return Err(Failed::Unknown),
    })
}

/// The empty name is the working directory.
fn name(bytes: &[u8]) -> &Path {
    Path::new(if bytes.is_empty() { OsStr::new(".") } else { OsStr::from_bytes(bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(questions: &[u8]) -> io::Result<Vec<u8>> {
        let mut said = Vec::new();
        serve(&mut &questions[..], &mut said).map(|()| said)
    }

    #[test]
    fn the_version_is_the_one_that_is_spoken() {
        let said = answers(b"\0\0\0\x05\x01\0\0\0\x06").unwrap();
        assert_eq!(&said[4..9], b"\x02\0\0\0\x03");
    }

    #[test]
    fn what_is_cut_short_or_too_long_ends_it_and_what_is_unknown_is_refused() {
        assert!(answers(b"\0\0\0\x05\x01\0").is_err());
        assert!(answers(b"\xff\xff\xff\xff").is_err());
        assert!(answers(b"\0\0\0\0").is_err());
        assert_eq!(answers(b"").unwrap(), b"");
        // STATUS, of question 7, "operation unsupported"; and for a string that is not there, "bad message".
        assert_eq!(&answers(b"\0\0\0\x05\x63\0\0\0\x07").unwrap()[4..13], b"\x65\0\0\0\x07\0\0\0\x08");
        assert_eq!(&answers(b"\0\0\0\x09\x0d\0\0\0\x07\0\0\0\x09").unwrap()[4..13], b"\x65\0\0\0\x07\0\0\0\x05");
    }
}
