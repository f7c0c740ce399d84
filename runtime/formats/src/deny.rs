//! The file `deny`: what a site has forbidden for the moment, with what the user is told.
//!
//! ```text
//! # one entry a line
//! digest sha256:0123...89ab  withdrawn: rebuild on ubuntu:24.04
//! image docker:ubuntu:18.*   no longer supported, use 24.04
//! module cuda@11.8           crashes with the new driver, use cuda@12.4
//! volumes                    /scratch is being repaired until noon
//! everything                 maintenance until 18:00
//! ```
//!
//! The words are separated by blanks or tabs; the rest of the line is the message. The file is read whole or not at all.

mod parse;

use crate::env::NamePattern;
use crate::image::Descriptor;

/// The name of the file in the configuration's directory, where key `denyFile` names no other.
pub const FILE: &str = "deny";

/// No file is longer.
pub const LONGEST: u64 = 1 << 20;

/// A file of entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deny {
    /// In order; the first that matches is the one that is told.
    pub entries: Vec<DenyEntry>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyEntry {
    /// Its number, from 1.
    pub line: usize,
    /// What is forbidden.
    pub what: Denied,
    /// What the user is told: one line of text.
    pub message: String,
}

/// What is forbidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// The image whose manifest has this digest, or whose identity it is, under whatever name: 64 digits.
    Digest(String),
    /// Images that are asked for by such a name, as `type:tag`; `*` is any text, `?` any one byte.
    Image(NamePattern),
    /// A module; without a version every version of it.
    Module {
        /// Its name.
        name: String,
        /// Its version.
        version: Option<String>,
    },
    /// Volumes of users, any.
    Volumes,
    /// Every start.
    Everything,
}

/// Why a file is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub kind: DenyFaultKind,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DenyFaultKind {
    /// It does not begin with one of the five words.
    Word(String),
    /// What follows `digest` is none.
    Digest(String),
    /// What follows `image` can match no image.
    Image(String),
    /// What follows `module` is no module.
    Module(String),
    /// There is no message.
    NoMessage,
    /// A character that does not belong into a line of text.
    Character(char),
    /// Bytes that are no UTF-8.
    NotText,
}

impl Deny {
    /// Whether a start is forbidden, whatever it is.
    #[must_use]
    pub fn everything(&self) -> Option<&DenyEntry> {
        self.first(|what| *what == Denied::Everything)
    }

    /// Whether users may bring volumes.
    #[must_use]
    pub fn volumes(&self) -> Option<&DenyEntry> {
        self.first(|what| *what == Denied::Volumes)
    }

    /// Whether an image may be asked for by this name.
    #[must_use]
    pub fn image(&self, image: &Descriptor) -> Option<&DenyEntry> {
        self.image_called(&image.to_string())
    }

    /// The same by its name as text, `type:tag`.
    #[must_use]
    pub fn image_called(&self, name: &str) -> Option<&DenyEntry> {
        self.first(|what| matches!(what, Denied::Image(pattern) if pattern.matches(name)))
    }

    /// Whether an image may be used, whatever it was asked for by.
    #[must_use]
    pub fn content(&self, digest: Option<&str>, id: &str) -> Option<&DenyEntry> {
        let digest = digest.map(|digest| digest.strip_prefix(parse::SHA256).unwrap_or(digest));
        self.first(|what| matches!(what, Denied::Digest(denied) if digest == Some(denied) || id == denied))
    }

    /// Whether a module may be loaded.
    #[must_use]
    pub fn module(&self, loaded: &str, loaded_version: Option<&str>) -> Option<&DenyEntry> {
        self.first(|what| match what {
            Denied::Module { name, version } => {
                name == loaded && version.as_deref().is_none_or(|version| loaded_version == Some(version))
            }
            _ => false,
        })
    }

    fn first(&self, matches: impl Fn(&Denied) -> bool) -> Option<&DenyEntry> {
        self.entries.iter().find(|entry| matches(&entry.what))
    }
}

#[cfg(test)]
mod tests;
