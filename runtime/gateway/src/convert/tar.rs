//! The entries of a tar archive: ustar, GNU and pax dialects, as POSIX pax(1) and GNU tar define.
//!
//! A reader of its own, because a layer is hostile input: extension headers are bounded before they
//! are read, names stay bytes, and every malformation is an error with its place. Global pax headers
//! are passed over, as by every image tool.

use std::io::{BufRead, Read};

use super::error::LayerError;
use super::pax::{self, Extensions};

const BLOCK: usize = 512;
/// The longest extension header that is read (Go's archive/tar has the same bound).
const EXTENSION_BYTES: u64 = 1 << 20;

/// What an entry makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    HardLink,
    Symlink,
    Directory,
    /// A device node or fifo.
    Special,
}

/// One entry, its extension headers applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub kind: Kind,
    /// As spelled in the archive.
    pub path: Vec<u8>,
    /// The target of a link as spelled in the archive.
    pub link: Vec<u8>,
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
    /// Seconds since the epoch, fractions cut off.
    pub mtime: i64,
    /// Bytes of a file's content.
    pub size: u64,
    pub has_xattrs: bool,
    pub has_capability: bool,
}

/// Reads an archive entry by entry.
pub(crate) struct TarReader<R> {
    inner: R,
    at: u64,
    /// Content of the present entry that was not read yet, and the padding behind it.
    content: u64,
    padding: u64,
}

impl<R: BufRead> TarReader<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, at: 0, content: 0, padding: 0 }
    }

    /// What is read from.
    pub(crate) fn get_ref(&self) -> &R {
        &self.inner
    }

    /// Where in the archive the reading is: after [`Self::next_entry`], at the entry's content.
    pub(crate) fn position(&self) -> u64 {
        self.at
    }

    /// The next entry, or `None` at the end of the archive.
    pub(crate) fn next_entry(&mut self) -> Result<Option<Entry>, LayerError> {
        let mut extensions = Extensions::default();
        loop {
            self.skip_content()?;
            let start = self.at;
            let Some(block) = self.block()? else {
                if extensions != Extensions::default() {
                    return Err(self.bad(start, "an extension header describes no entry"));
                }
                return Ok(None);
            };
            let header = Header(&block);
            if !header.has_valid_checksum() {
                return Err(self.bad(start, "the header's checksum is wrong"));
            }
            let size = header.number(124, 12);
            let size = size.and_then(|size| u64::try_from(size).ok());
            let size = size.ok_or_else(|| self.bad(start, "the size is no number"))?;
            match header.flag() {
                b'x' | b'X' => {
                    let text = self.extension(start, size)?;
                    let read = pax::read(&text, &mut extensions);
                    read.map_err(|what| self.bad(start, what))?;
                }
                b'L' => extensions.path = Some(until_zero(&self.extension(start, size)?)),
                b'K' => extensions.link = Some(until_zero(&self.extension(start, size)?)),
                b'g' => drop(self.extension(start, size)?),
                flag => {
                    let entry = self.entry(start, &header, flag, size, extensions)?;
                    return Ok(Some(entry));
                }
            }
        }
    }

    fn entry(
        &mut self,
        start: u64,
        header: &Header<'_>,
        flag: u8,
        size: u64,
        extensions: Extensions,
    ) -> Result<Entry, LayerError> {
        let path = extensions.path.unwrap_or_else(|| header.path());
        let kind = match flag {
            // Before POSIX a directory was a file whose name ends in a slash.
            0 if path.ends_with(b"/") => Kind::Directory,
            0 | b'0' | b'7' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::Symlink,
            b'3' | b'4' | b'6' => Kind::Special,
            b'5' => Kind::Directory,
            _ => {
                let what = match flag {
                    b'S' => "sparse files are not supported: write the layer without --sparse",
                    _ => "the type of the entry is not known",
                };
                return Err(LayerError::Entry { path, what });
            }
        };
        if extensions.is_sparse {
            let what = "sparse files are not supported: write the layer without --sparse";
            return Err(LayerError::Entry { path, what });
        }
        // Only files have content; other entries may state a size that means nothing.
        let size = match kind {
            Kind::File => extensions.size.unwrap_or(size),
            _ => 0,
        };
        if size > u64::MAX / 2 {
            return Err(self.bad(start, "the size is absurd"));
        }
        self.content = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
        let identity = |at| header.number(at, 8).and_then(|n| u64::try_from(n).ok());
        Ok(Entry {
            kind,
            link: extensions.link.unwrap_or_else(|| until_zero(&header.0[157..257])),
            mode: u32::try_from(header.number(100, 8).unwrap_or(0) & 0o7777).unwrap_or(0),
            uid: extensions.uid.or_else(|| identity(108)).unwrap_or(0),
            gid: extensions.gid.or_else(|| identity(116)).unwrap_or(0),
            mtime: extensions.mtime.or_else(|| header.number(136, 12)).unwrap_or(0),
            size,
            has_xattrs: extensions.has_xattrs,
            has_capability: extensions.has_capability,
            path,
        })
    }

    /// A header block; `None` at the end of the archive, marked or not.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, LayerError> {
        let mut block = [0; BLOCK];
        if self.inner.fill_buf()?.is_empty() {
            return Ok(None);
        }
        self.read_exactly(&mut block)?;
        Ok(block.iter().any(|byte| *byte != 0).then_some(block))
    }

    fn extension(&mut self, start: u64, size: u64) -> Result<Vec<u8>, LayerError> {
        if size > EXTENSION_BYTES {
            return Err(self.bad(start, "an extension header is larger than 1 MiB"));
        }
        let mut text = vec![0; usize::try_from(size).expect("1 MiB fits")];
        self.read_exactly(&mut text)?;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
        Ok(text)
    }

    fn read_exactly(&mut self, buffer: &mut [u8]) -> Result<(), LayerError> {
        match self.inner.read_exact(buffer) {
            Ok(()) => self.at += buffer.len() as u64,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(self.bad(self.at, "the archive ends in the middle of an entry"));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn skip_content(&mut self) -> Result<(), LayerError> {
        let mut left = self.content + self.padding;
        (self.content, self.padding) = (0, 0);
        while left > 0 {
            let available = self.inner.fill_buf()?.len();
            if available == 0 {
                return Err(self.bad(self.at, "the archive ends in the middle of an entry"));
            }
            let count = available.min(usize::try_from(left).unwrap_or(usize::MAX));
            self.inner.consume(count);
            self.at += count as u64;
            left -= count as u64;
        }
        Ok(())
    }

    fn bad(&self, at: u64, what: &'static str) -> LayerError {
        LayerError::Tar { at, what }
    }
}

/// The content of the present entry.
impl<R: BufRead> Read for TarReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.content).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let count = self.inner.read(&mut buffer[..wanted])?;
        if count == 0 {
            let what = "the archive ends in the middle of an entry";
            return Err(std::io::Error::other(self.bad(self.at, what)));
        }
        self.at += count as u64;
        self.content -= count as u64;
        Ok(count)
    }
}

struct Header<'a>(&'a [u8; BLOCK]);

impl Header<'_> {
    fn flag(&self) -> u8 {
        self.0[156]
    }

    /// The sum over the header with blanks for itself; old programs summed signed bytes.
    fn has_valid_checksum(&self) -> bool {
        let Some(stated) = self.number(148, 8) else {
            return false;
        };
        let bytes = || self.0[..148].iter().chain(&[b' '; 8]).chain(&self.0[156..]);
        let unsigned: i64 = bytes().map(|byte| i64::from(*byte)).sum();
        let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
        stated == unsigned || stated == signed
    }

    /// Octal digits, or a big-endian number behind a set top bit (GNU). An empty field is 0.
    fn number(&self, at: usize, length: usize) -> Option<i64> {
        let field = &self.0[at..at + length];
        if field[0] & 0x80 != 0 {
            let negative = field[0] & 0x40 != 0;
            let first = if negative { field[0] } else { field[0] & 0x3f };
            let start = if negative { -1_i64 } else { 0 };
            let bytes = std::iter::once(&first).chain(&field[1..]);
            return bytes.copied().try_fold(start, |sum, byte| sum.checked_mul(256).map(|sum| sum | i64::from(byte)));
        }
        let text = field.split(|byte| *byte == 0).next().unwrap_or_default();
        let text = text.trim_ascii();
        text.iter().try_fold(0_i64, |sum, byte| match byte {
            b'0'..=b'7' => sum.checked_mul(8)?.checked_add(i64::from(byte - b'0')),
            _ => None,
        })
    }

    fn path(&self) -> Vec<u8> {
        let name = until_zero(&self.0[..100]);
        // Only POSIX headers have a prefix; GNU keeps times there.
        let prefix = until_zero(&self.0[345..500]);
        if &self.0[257..263] == b"ustar\0" && !prefix.is_empty() { [&prefix, &b"/"[..], &name].concat() } else { name }
    }
}

fn until_zero(field: &[u8]) -> Vec<u8> {
    let text = field.split(|byte| *byte == 0).next();
    text.unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests;
