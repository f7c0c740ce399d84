//! What can be wrong with a volume map, and the right spelling.

use std::fmt;
use std::ops::Range;

use crate::size::{Bytes, SizeFault};

/// One mistake in a volume map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeFault {
    /// Bytes of the text that was read.
    pub range: Range<usize>,
    /// What is wrong there.
    pub kind: VolumeFaultKind,
}

/// What can be wrong with a volume map.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VolumeFaultKind {
    /// The path holds a character that the original deletes.
    Character(char),
    /// Two paths with a blank between, where `;` was meant.
    BlankSeparated,
    /// The path does not begin with `/`.
    Relative,
    /// The path holds `..`.
    Parent,
    /// FROM is empty.
    NoSource,
    /// A user's entry names no TO, or TO is empty.
    NoTarget,
    /// Nothing may be mounted there; the text says why.
    Forbidden(&'static str),
    /// The original removes a pair of quotes.
    Quotes,
    /// No flag has this name.
    UnknownFlag(String),
    /// Flags were joined by `,`.
    CommaBetweenFlags,
    /// The flag is for sites only.
    SiteFlag(&'static str),
    /// The flag is written twice.
    DuplicateFlag(&'static str),
    /// `slave` and `private` together.
    SlaveAndPrivate,
    /// The flag takes no `=`.
    UnexpectedArgument(&'static str),
    /// `perNodeCache` without a `size=` above zero.
    CacheWithoutSize,
    /// `perNodeCache` knows no such argument, or not this value.
    CacheArgument(String),
    /// A block size of `perNodeCache` that no kernel mounts everywhere.
    CacheBlockSize(Bytes),
    /// A size of `perNodeCache`.
    Size(SizeFault),
    /// `automount` needs relative names without `..`.
    AutomountName(String),
    /// A flag that needs `=VALUE` has none.
    MissingArgument(&'static str),
    /// The map is longer than 128 KiB.
    TooLong,
}

impl fmt::Display for VolumeFaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(found) => {
                write!(f, "{found:?} cannot stand in a path of a volume map")
            }
            Self::BlankSeparated => f.write_str("entries of a volume map are separated by `;`"),
            Self::Relative => f.write_str("the path is not absolute"),
            Self::Parent => f.write_str("the path holds `..`"),
            Self::NoSource => f.write_str("the entry names no source"),
            Self::NoTarget => f.write_str("the entry names no target"),
            Self::Forbidden(why) => write!(f, "nothing may be mounted there: {why}"),
            Self::Quotes => f.write_str("quotes have no meaning in a volume map"),
            Self::UnknownFlag(name) => write!(f, "no flag is called `{name}`"),
            Self::CommaBetweenFlags => f.write_str("flags are separated by `:`"),
            Self::SiteFlag(name) => write!(f, "only a site may use the flag `{name}`"),
            Self::DuplicateFlag(name) => write!(f, "the flag `{name}` is written twice"),
            Self::SlaveAndPrivate => f.write_str("`slave` and `private` exclude each other"),
            Self::UnexpectedArgument(name) => write!(f, "the flag `{name}` takes no value"),
            Self::CacheWithoutSize => f.write_str("`perNodeCache` needs a size above zero"),
            Self::CacheArgument(argument) => {
                write!(f, "`perNodeCache` does not understand `{argument}`")
            }
            Self::CacheBlockSize(size) => write!(f, "no file system of a `perNodeCache` has blocks of {size} bytes"),
            Self::Size(fault) => fault.fmt(f),
            Self::AutomountName(name) => {
                write!(f, "`{name}` is no directory name for `automount`")
            }
            Self::MissingArgument(name) => write!(f, "the flag `{name}` needs a value"),
            Self::TooLong => f.write_str("the volume map is longer than 128 KiB"),
        }
    }
}

impl VolumeFaultKind {
    /// What to write instead.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Character(_) => {
                "paths hold letters, digits and `_ . + - /`; the original deletes anything else and mounts another path"
            }
            Self::BlankSeparated => {
                "write `/home:/home;/scratch:/scratch`; the original would delete the blank and mount one fused path"
            }
            Self::Relative => "begin the path with `/`",
            Self::Parent => "write the path without `..`",
            Self::NoSource | Self::NoTarget => "write `FROM:TO`, both absolute",
            Self::Forbidden(_) => "choose another target",
            Self::Quotes => "leave the quotes out",
            Self::UnknownFlag(_) => {
                "the flags are ro, rec, slave, private, perNodeCache=size=SIZE, optional and automount=NAME"
            }
            Self::CommaBetweenFlags => "write `FROM:TO:ro:rec`",
            Self::SiteFlag(_) => "a user's map knows `ro` and `perNodeCache=size=SIZE`",
            Self::DuplicateFlag(_) => "write it once",
            Self::SlaveAndPrivate => "keep one of them",
            Self::UnexpectedArgument(_) => "leave out `=` and what follows",
            Self::CacheWithoutSize => "write `perNodeCache=size=10G`",
            Self::CacheArgument(_) => {
                "the arguments are size=SIZE, bs=SIZE, fs=xfs or fs=ext4, and method=loop, joined by `,`"
            }
            Self::CacheBlockSize(_) => "write bs=1024, bs=2048 or bs=4096, or leave it out",
            Self::Size(_) => "write the size as in `10G`",
            Self::AutomountName(_) => "name directories below the source, as in `automount=a.example.org`",
            Self::MissingArgument(_) => "write `automount=NAME` or `perNodeCache=size=SIZE`",
            Self::TooLong => "mount a common parent directory instead",
        }
    }
}

impl fmt::Display for VolumeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.kind, self.kind.help())
    }
}

impl std::error::Error for VolumeFault {}
