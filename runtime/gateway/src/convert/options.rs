//! The format of the result, and `ConverterOptions` as sites have written them.
//!
//! The options of a configuration are mksquashfs(1) arguments, since that program reads them in the
//! original. They are understood one by one and translated; an option that has no meaning here is
//! refused with its name rather than passed over.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::policy::{Ownership, Policy};
use super::stripes::Stripes;

/// The formats images are kept in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// A squashfs image.
    #[default]
    Squashfs,
    /// An erofs image, which Linux 6.12 and later mount without a loop device.
    Erofs,
    /// An ext4 image.
    Ext4,
    /// A directory tree, for machines where users cannot mount images.
    Directory,
}

impl Format {
    /// The name in `FORMAT:` lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Squashfs => "squashfs",
            Self::Erofs => "erofs",
            Self::Ext4 => "ext4",
            Self::Directory => "VFS",
        }
    }

    /// What an image is called in the image directory: a file with a suffix, or a directory without one.
    pub fn file_name(self, id: &str) -> String {
        match self {
            Self::Squashfs | Self::Erofs | Self::Ext4 => format!("{id}.{}", self.name()),
            Self::Directory => id.to_owned(),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        match text {
            "squashfs" => Ok(Self::Squashfs),
            "erofs" => Ok(Self::Erofs),
            "ext4" => Ok(Self::Ext4),
            "VFS" | "vfs" => Ok(Self::Directory),
            _ => Err(OptionError::Format(text.to_owned())),
        }
    }
}

/// How blocks are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// zlib; any kernel with squashfs reads it.
    Gzip {
        /// 1 to 9.
        level: u32,
    },
    /// Zstandard; Linux 4.14 and later.
    Zstd {
        /// 1 to 22.
        level: u32,
    },
    /// LZ4.
    Lz4,
    /// XZ.
    Xz,
}

impl Default for Compression {
    /// Level 3: half the start cost of gzip and a twentieth of its conversion cost, measured.
    fn default() -> Self {
        Self::Zstd { level: 3 }
    }
}

/// How an erofs is compressed: as mkfs.erofs(1) writes it behind `-z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lz4 {
    /// `lz4`.
    Fast,
    /// `lz4hc`, with a level from 0 to 12.
    High {
        /// 9 where none is written.
        level: u32,
    },
}

impl fmt::Display for Lz4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fast => f.write_str("lz4"),
            Self::High { level } => write!(f, "lz4hc,{level}"),
        }
    }
}

/// Which program or library writes a squashfs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WriterChoice {
    /// `tar2sqfs` where it is installed, else the library.
    #[default]
    Installed,
    /// This `tar2sqfs`, and a failure without it.
    Tar2sqfs(PathBuf),
    /// The library, which needs no program and loses hard links.
    Backhand,
}

/// A conversion: format, compression, policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The format of the result.
    pub format: Format,
    /// How blocks are compressed.
    pub compression: Compression,
    /// How an erofs is compressed, if it is.
    pub erofs: Option<Lz4>,
    /// Bytes of a block of squashfs: a power of two, 4 KiB to 1 MiB.
    pub block_bytes: u32,
    /// Whether the ends of large files share blocks.
    pub tail_packing: bool,
    /// Compressor threads; `None`: one per processor. The bytes of the result do not depend on it.
    pub threads: Option<u32>,
    /// Owners, modes, set-id bits.
    pub policy: Policy,
    /// Who writes a squashfs.
    pub writer: WriterChoice,
    /// Where its bytes lie on Lustre; as the directory says where nothing is said.
    pub stripes: Option<Stripes>,
}

impl Default for Conversion {
    fn default() -> Self {
        Self {
            format: Format::default(),
            compression: Compression::default(),
            erofs: None,
            block_bytes: 128 << 10,
            tail_packing: true,
            threads: None,
            policy: Policy::default(),
            writer: WriterChoice::default(),
            stripes: None,
        }
    }
}

/// An option that cannot be honoured.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OptionError {
    /// An image format this gateway does not write.
    #[error("the image format `{0}` is not known: write `squashfs`, `erofs`, `ext4` or `vfs`")]
    Format(String),
    /// An argument of mksquashfs without a meaning here.
    #[error("the converter option `{0}` is not supported")]
    Unknown(String),
    /// An argument that lacks its value.
    #[error("the converter option `{0}` needs a value")]
    NoValue(String),
    /// An argument with a value out of range.
    #[error("the converter option `{option}` cannot be `{value}`: {expected}")]
    Value {
        /// The option.
        option: String,
        /// Its value.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Options for a format that takes none.
    #[error("the format `{0}` takes no converter options")]
    NoOptions(&'static str),
}

impl Conversion {
    /// A conversion to `format` with the arguments a configuration gives for it.
    ///
    /// # Errors
    /// An argument is not known or its value is out of range.
    pub fn with_options<S: AsRef<str>>(format: Format, arguments: &[S]) -> Result<Self, OptionError> {
        let mut conversion = Self { format, ..Self::default() };
        match format {
            Format::Squashfs => {}
            Format::Erofs => {
                for argument in arguments.iter().flat_map(|argument| argument.as_ref().split_whitespace()) {
                    conversion.erofs = Some(lz4(argument)?);
                }
                return Ok(conversion);
            }
            Format::Ext4 | Format::Directory if arguments.is_empty() => return Ok(conversion),
            Format::Ext4 | Format::Directory => return Err(OptionError::NoOptions(format.name())),
        }
        // A string with blanks was one argument to the original; here it is as many as it reads.
        let mut words = arguments.iter().flat_map(|argument| argument.as_ref().split_whitespace());
        let mut level = None;
        while let Some(option) = words.next() {
            let mut value = || {
                let value = words.next();
                value.ok_or_else(|| OptionError::NoValue(option.to_owned()))
            };
            match option {
                "-comp" => conversion.compression = compression(value()?)?,
                "-Xcompression-level" => level = Some(value()?),
                "-b" => conversion.block_bytes = block_bytes(value()?)?,
                "-processors" => {
                    let text = value()?;
                    let count = text.parse().ok().filter(|count| (1..=1024).contains(count));
                    conversion.threads = Some(count.ok_or_else(|| bad(option, text, "1 to 1024"))?);
                }
                "-no-fragments" => conversion.tail_packing = false,
                "-all-root" | "-root-owned" => conversion.policy.ownership = Ownership::Root,
                // These ask for what is done in any case, or for nothing a file shows.
                "-no-xattrs" | "-noappend" | "-no-progress" | "-quiet" | "-no-exports" | "-no-recovery" => {}
                "-mem" => drop(value()?),
                _ => return Err(OptionError::Unknown(option.to_owned())),
            }
        }
        if let Some(text) = level {
            set_level(&mut conversion.compression, text)?;
        }
        Ok(conversion)
    }
}

fn bad(option: &str, value: &str, expected: &'static str) -> OptionError {
    OptionError::Value { option: option.to_owned(), value: value.to_owned(), expected }
}

fn compression(name: &str) -> Result<Compression, OptionError> {
    match name {
        "gzip" => Ok(Compression::Gzip { level: 9 }),
        "zstd" => Ok(Compression::default()),
        "lz4" => Ok(Compression::Lz4),
        "xz" => Ok(Compression::Xz),
        _ => Err(bad("-comp", name, "gzip, zstd, lz4 or xz")),
    }
}

/// An argument of mkfs.erofs(1).
fn lz4(argument: &str) -> Result<Lz4, OptionError> {
    let Some(value) = argument.strip_prefix("-z") else { return Err(OptionError::Unknown(argument.to_owned())) };
    let wrong = || bad("-z", value, "lz4, lz4hc or lz4hc,LEVEL with a level from 0 to 12");
    match value.split_once(',') {
        None if value == "lz4" => Ok(Lz4::Fast),
        None if value == "lz4hc" => Ok(Lz4::High { level: 9 }),
        Some(("lz4hc", level)) => {
            let level = level.parse().ok().filter(|level| (0..=12).contains(level));
            Ok(Lz4::High { level: level.ok_or_else(wrong)? })
        }
        _ => Err(wrong()),
    }
}

fn set_level(compression: &mut Compression, text: &str) -> Result<(), OptionError> {
    const OPTION: &str = "-Xcompression-level";
    let (level, range, expected) = match compression {
        Compression::Gzip { level } => (level, 1..=9, "1 to 9 for gzip"),
        Compression::Zstd { level } => (level, 1..=22, "1 to 22 for zstd"),
        Compression::Lz4 | Compression::Xz => {
            return Err(bad(OPTION, text, "a level exists for gzip and zstd only"));
        }
    };
    let value = text.parse().ok().filter(|value| range.contains(value));
    *level = value.ok_or_else(|| bad(OPTION, text, expected))?;
    Ok(())
}

/// A size as mksquashfs reads it: bytes, or with `K` or `M` behind.
fn block_bytes(text: &str) -> Result<u32, OptionError> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 1 << 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    let bytes = digits.parse::<u32>().ok().and_then(|n| n.checked_mul(unit));
    bytes
        .filter(|n| n.is_power_of_two() && (4 << 10..=1 << 20).contains(n))
        .ok_or_else(|| bad("-b", text, "a power of two from 4K to 1M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(arguments: &[&str]) -> Result<Conversion, OptionError> {
        Conversion::with_options(Format::Squashfs, arguments)
    }

    #[test]
    fn arguments_of_sites_are_understood() {
        let conversion =
            with(&["-comp", "gzip", "-Xcompression-level", "6", "-b", "1M", "-no-xattrs", "-processors", "4"]).unwrap();
        assert_eq!(conversion.compression, Compression::Gzip { level: 6 });
        assert_eq!((conversion.block_bytes, conversion.threads), (1 << 20, Some(4)));
        assert_eq!(with(&["-comp xz"]).unwrap().compression, Compression::Xz);
    }

    #[test]
    fn a_level_may_stand_before_its_compressor() {
        let conversion = with(&["-Xcompression-level", "19", "-comp", "zstd"]).unwrap();
        assert_eq!(conversion.compression, Compression::Zstd { level: 19 });
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_name() {
        let text = |arguments: &[&str]| with(arguments).unwrap_err().to_string();
        insta::assert_snapshot!(text(&["-keep-as-directory"]), @"the converter option `-keep-as-directory` is not supported");
        insta::assert_snapshot!(text(&["-comp"]), @"the converter option `-comp` needs a value");
        insta::assert_snapshot!(text(&["-b", "100K"]), @"the converter option `-b` cannot be `100K`: a power of two from 4K to 1M");
        insta::assert_snapshot!(text(&["-comp", "lz4", "-Xcompression-level", "3"]), @"the converter option `-Xcompression-level` cannot be `3`: a level exists for gzip and zstd only");
        assert!(Conversion::with_options(Format::Directory, &["-b"]).is_err());
        let erofs = |argument: &str| Conversion::with_options(Format::Erofs, &[argument]);
        assert_eq!(erofs("-zlz4").unwrap().erofs, Some(Lz4::Fast));
        assert_eq!(erofs("-zlz4hc,12").unwrap().erofs.unwrap().to_string(), "lz4hc,12");
        insta::assert_snapshot!(erofs("-zlz4hc,13").unwrap_err(), @"the converter option `-z` cannot be `lz4hc,13`: lz4, lz4hc or lz4hc,LEVEL with a level from 0 to 12");
        insta::assert_snapshot!(erofs("-b").unwrap_err(), @"the converter option `-b` is not supported");
    }
}
