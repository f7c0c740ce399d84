//! Reading a file that somebody else chose: bounded, and never waiting for a writer.
//!
//! A profile is a regular file of at most [`LARGEST`] bytes. A pipe would be read once and then be
//! gone, and opening one without a writer waits for ever (fifo(7)); a device may have no end.

use std::{
    fs::OpenOptions,
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use nix::fcntl::OFlag;

/// The most bytes a profile, or a text read beside one, may have: 16 MiB.
pub const LARGEST: u64 = 16 << 20;

/// All bytes of a regular file.
///
/// # Errors
/// When it cannot be opened or read, is no regular file, or is larger than [`LARGEST`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Not to wait for the writer of a pipe: open(2), O_NONBLOCK. Without effect on a regular file.
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "a directory, not a file"));
    }
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    if meta.len() > LARGEST {
        return Err(too_large());
    }
    limited(&file, usize::try_from(meta.len()).unwrap_or_default())
}

/// The text of a regular file.
///
/// # Errors
/// As [`read`], and when it is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

/// All bytes of a stream, up to [`LARGEST`].
///
/// # Errors
/// When it cannot be read or does not end before.
pub fn read_stream(stream: impl Read) -> io::Result<Vec<u8>> {
    limited(stream, 0)
}

fn limited(stream: impl Read, expected: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(expected);
    stream.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "larger than 16 MiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_a_bounded_size_are_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("good"), "text").expect("written");
        assert_eq!(read_text(&at("good")).expect("read"), "text");
        nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let large = std::fs::File::create(at("large")).expect("made");
        large.set_len(LARGEST + 1).expect("made long");
        let why = |name: &str| read(&at(name)).expect_err("refused").to_string();
        assert_eq!(why("pipe"), "not a regular file");
        assert_eq!(why("large"), "larger than 16 MiB");
        assert_eq!(why(""), "a directory, not a file");
    }

    #[test]
    fn a_stream_without_end_is_given_up() {
        let error = read_stream(io::repeat(b'x')).expect_err("refused");
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
