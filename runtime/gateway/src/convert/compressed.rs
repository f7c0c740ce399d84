//! A layer's bytes, uncompressed and metered.
//!
//! The compression is told by the first bytes, not by the media type: builders have always mixed
//! the two up, and the digest covers the bytes alone. gzip files of several members and zstd files
//! of several frames are read to their end.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::error::LayerError;
use super::limits::Limits;

/// The ratio of a layer is judged from this many uncompressed bytes on.
const RATIO_FROM: u64 = 64 << 20;
const BUFFER: usize = 256 << 10;

/// Raised when nobody waits for a conversion any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub(crate) fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a file is compressed, by its first four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
    Other(&'static str),
}

fn packing(start: &[u8]) -> Packing {
    match start {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Packing::Zstd,
        [b'B', b'Z', b'h', ..] => Packing::Other("bzip2"),
        [0xfd, b'7', b'z', b'X', ..] => Packing::Other("xz"),
        _ => Packing::None,
    }
}

/// Whether a file that begins with these four bytes is compressed, in a way that is known or not.
pub(crate) fn is_compressed(start: &[u8]) -> bool {
    packing(start) != Packing::None
}

/// The uncompressed bytes of a layer.
pub(crate) type LayerReader = BufReader<Metered>;

/// Opens a layer of `compressed` bytes; at most `budget` uncompressed bytes may come out.
pub(crate) fn open(
    file: File,
    compressed: u64,
    budget: u64,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<LayerReader, LayerError> {
    let mut raw = BufReader::with_capacity(BUFFER, file);
    let inner: Box<dyn Read> = match packing(raw.fill_buf()?) {
        Packing::None => Box::new(raw),
        Packing::Gzip => Box::new(MultiGzDecoder::new(raw)),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(raw)?),
        Packing::Other(name) => return Err(unknown(name)),
    };
    let metered = Metered {
        inner,
        read: 0,
        budget,
        unpacked_limit: limits.unpacked_bytes,
        bomb: (compressed.saturating_mul(limits.ratio)).max(RATIO_FROM),
        ratio: limits.ratio,
        cancel: cancel.clone(),
    };
    Ok(BufReader::with_capacity(BUFFER, metered))
}

fn unknown(name: &str) -> LayerError {
    LayerError::Read(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("it is compressed with {name}; gzip, zstd and none are known"),
    ))
}

/// Counts what comes out and stops where it is too much.
pub(crate) struct Metered {
    inner: Box<dyn Read>,
    read: u64,
    budget: u64,
    unpacked_limit: u64,
    bomb: u64,
    ratio: u64,
    cancel: Cancel,
}

impl Metered {
    /// Uncompressed bytes so far.
    pub(crate) fn count(&self) -> u64 {
        self.read
    }
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_raised() {
            return Err(io::Error::other(LayerError::Cancelled));
        }
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        let limit = |what, limit| Err(io::Error::other(LayerError::Limit { what, limit }));
        if self.read > self.budget {
            return limit("the uncompressed size of the layers", self.unpacked_limit);
        }
        if self.read > self.bomb {
            return limit("its compression ratio", self.ratio);
        }
        Ok(count)
    }
}

/// A reading error as the layer error it may carry.
pub(crate) fn layer_error(error: io::Error) -> LayerError {
    error.downcast::<LayerError>().unwrap_or_else(LayerError::Read)
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    fn read(bytes: &[u8], limits: &Limits, cancel: &Cancel) -> Result<Vec<u8>, LayerError> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        let budget = limits.unpacked_bytes;
        let mut reader = open(file, bytes.len() as u64, budget, limits, cancel)?;
        let mut out = Vec::new();
        reader.read_to_end(&mut out).map_err(layer_error)?;
        Ok(out)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_compression_is_told_by_its_first_bytes() {
        let limits = Limits::default();
        let zstd = zstd::bulk::compress(b"text", 3).unwrap();
        let members = [gzip(b"te"), gzip(b"xt")].concat();
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9][..], &zstd].concat();
        for bytes in [b"text".to_vec(), gzip(b"text"), members, zstd, skippable] {
            assert_eq!(read(&bytes, &limits, &Cancel::default()).unwrap(), b"text");
        }
        let error = read(b"BZh91AY", &limits, &Cancel::default()).unwrap_err();
        insta::assert_snapshot!(error, @"cannot be read: it is compressed with bzip2; gzip, zstd and none are known");
    }

    #[test]
    fn a_bomb_is_stopped() {
        let limits = Limits { ratio: 100, ..Limits::default() };
        let bomb = gzip(&vec![0; 80 << 20]);
        let error = read(&bomb, &limits, &Cancel::default()).unwrap_err();
        insta::assert_snapshot!(error, @"its compression ratio passes the limit of 100");
        let limits = Limits { unpacked_bytes: 1000, ..Limits::default() };
        let error = read(&gzip(&[0; 1001]), &limits, &Cancel::default()).unwrap_err();
        insta::assert_snapshot!(error, @"the uncompressed size of the layers passes the limit of 1000");
    }

    #[test]
    fn a_raised_cancel_ends_the_reading() {
        let cancel = Cancel::default();
        cancel.raise();
        let error = read(b"text", &Limits::default(), &cancel).unwrap_err();
        assert!(matches!(error, LayerError::Cancelled));
    }
}
