//! The archive a squashfs program reads: ustar headers, and pax headers where ustar is too small.
//!
//! It holds exactly what a squashfs inode holds, so that equal trees give equal bytes.

use std::io::{self, Write};

use super::policy::Attributes;

const BLOCK: usize = 512;
/// The largest number of eleven octal digits.
const OCTAL_11: u64 = 0o777_7777_7777;
/// The largest number of seven octal digits.
const OCTAL_7: u64 = 0o777_7777;

/// Writes archive headers; content goes through [`TarWriter::content`].
pub(crate) struct TarWriter<W> {
    inner: W,
}

/// The types of entries that are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flag {
    File = b'0' as isize,
    HardLink = b'1' as isize,
    Symlink = b'2' as isize,
    Directory = b'5' as isize,
}

impl<W: Write> TarWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner }
    }

    /// One header. Directories are written with a slash behind, the root as `./`.
    pub(crate) fn header(
        &mut self,
        flag: Flag,
        path: &[u8],
        link: &[u8],
        attributes: Attributes,
        size: u64,
    ) -> io::Result<()> {
        let path = match flag {
            Flag::Directory if path.is_empty() => b"./".to_vec(),
            Flag::Directory => [path, b"/"].concat(),
            _ => path.to_vec(),
        };
        let mut records = Vec::new();
        if path.len() > 100 {
            record(&mut records, "path", &path);
        }
        if link.len() > 100 {
            record(&mut records, "linkpath", link);
        }
        if size > OCTAL_11 {
            record(&mut records, "size", size.to_string().as_bytes());
        }
        for (key, id) in [("uid", attributes.uid), ("gid", attributes.gid)] {
            if u64::from(id) > OCTAL_7 {
                record(&mut records, key, id.to_string().as_bytes());
            }
        }
        if !records.is_empty() {
            let length = records.len() as u64;
            self.block(b'x', b"pax", b"", Attributes::IMPLIED_DIRECTORY, length)?;
            self.inner.write_all(&records)?;
            self.pad(length)?;
        }
        self.block(flag as u8, &path, link, attributes, size)
    }

    fn block(&mut self, flag: u8, path: &[u8], link: &[u8], attributes: Attributes, size: u64) -> io::Result<()> {
        let mut block = [0; BLOCK];
        let mut text = |at: usize, length: usize, bytes: &[u8]| {
            let length = length.min(bytes.len());
            block[at..at + length].copy_from_slice(&bytes[..length]);
        };
        text(0, 100, path);
        text(157, 100, link);
        text(257, 8, b"ustar\x0000");
        text(156, 1, &[flag]);
        // Numbers that do not fit stand in the pax header; here is then 0.
        let small = |id: u32| if u64::from(id) > OCTAL_7 { 0 } else { id };
        let size = if size > OCTAL_11 { 0 } else { size };
        text(100, 8, format!("{:07o}\0", attributes.mode).as_bytes());
        text(108, 8, format!("{:07o}\0", small(attributes.uid)).as_bytes());
        text(116, 8, format!("{:07o}\0", small(attributes.gid)).as_bytes());
        text(124, 12, format!("{size:011o}\0").as_bytes());
        text(136, 12, format!("{:011o}\0", attributes.mtime).as_bytes());
        text(148, 8, b"        ");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.inner.write_all(&block)
    }

    /// A part of the content of the entry whose header was written last.
    pub(crate) fn content(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_all(bytes)
    }

    /// Fills the last block of an entry of `size` bytes.
    pub(crate) fn pad(&mut self, size: u64) -> io::Result<()> {
        let length = (size.next_multiple_of(BLOCK as u64) - size) as usize;
        self.inner.write_all(&[0; BLOCK][..length])
    }

    /// Ends the archive and gives back what was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.inner.write_all(&[0; 2 * BLOCK])?;
        self.inner.flush()?;
        Ok(self.inner)
    }
}

/// A pax record; its length counts its own digits.
fn record(records: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(format!("{length} {key}=").as_bytes());
    records.extend_from_slice(value);
    records.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::tar::{Kind, TarReader};

    fn written(flag: Flag, path: &[u8], link: &[u8], attributes: Attributes) -> Vec<u8> {
        let mut writer = TarWriter::new(Vec::new());
        writer.header(flag, path, link, attributes, 0).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let attributes = Attributes { mode: 0o4755, uid: u32::MAX, gid: 0o777_7777, mtime: u32::MAX };
        for length in [1, 99, 100, 101, 155, 985, 986, 987, 988, 989, 990, 4095] {
            let path = vec![0xe9; length];
            let archive = written(Flag::Symlink, &path, &path, attributes);
            let mut reader = TarReader::new(&archive[..]);
            let entry = reader.next_entry().unwrap().unwrap();
            assert_eq!((entry.kind, &entry.path, &entry.link), (Kind::Symlink, &path, &path));
            assert_eq!((entry.uid, entry.gid), (u32::MAX.into(), 0o777_7777));
            assert_eq!((entry.mode, entry.mtime), (0o4755, u32::MAX.into()));
            assert_eq!(reader.next_entry().unwrap(), None);
        }
    }

    #[test]
    fn the_root_is_a_directory_of_its_own() {
        let archive = written(Flag::Directory, b"", b"", Attributes::IMPLIED_DIRECTORY);
        let entry = TarReader::new(&archive[..]).next_entry().unwrap().unwrap();
        assert_eq!((entry.kind, &entry.path[..]), (Kind::Directory, &b"./"[..]));
    }
}
