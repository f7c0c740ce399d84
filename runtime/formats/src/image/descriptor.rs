//! `docker:ubuntu:22.04`: the type and the tag of an image.

use std::fmt;
use std::str::FromStr;

/// The kinds of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageType {
    /// From a registry.
    Docker,
    /// Brought by an administrator.
    Custom,
    /// Named by its identity.
    Id,
    /// A directory of the host.
    Local,
}

impl ImageType {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::Docker, Self::Custom, Self::Id, Self::Local];

    /// The word before the colon.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Custom => "custom",
            Self::Id => "id",
            Self::Local => "local",
        }
    }

    /// Whether a tag of this type may hold `/`; the original deletes it from the others.
    #[must_use]
    pub const fn allows_slash(self) -> bool {
        matches!(self, Self::Docker | Self::Local)
    }
}

impl fmt::Display for ImageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no image type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownImageType(pub String);

impl fmt::Display for UnknownImageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no image type; write docker, custom, id or local", self.0)
    }
}

impl std::error::Error for UnknownImageType {}

impl FromStr for ImageType {
    type Err = UnknownImageType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownImageType(text.to_owned()))
    }
}

/// Which image is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Descriptor {
    /// Where it comes from.
    pub kind: ImageType,
    /// Its name there: `ubuntu:22.04`, `registry:5000/a/b@sha256:...`, an identity, or a path.
    pub tag: String,
}

/// Why a text names no image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DescriptorFault {
    /// There is no tag.
    Empty,
    /// The tag is longer than 4096 bytes.
    TooLong,
    /// A character that no tag of this type holds, and its byte offset in the text.
    Character {
        /// The character.
        found: char,
        /// Its byte offset.
        at: usize,
    },
    /// A tag of type `local` that is no absolute path, or holds `..`.
    LocalPath,
}

impl fmt::Display for DescriptorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the image has no name; write `docker:ubuntu:24.04`"),
            Self::TooLong => f.write_str("the name of the image is longer than 4096 bytes"),
            Self::Character { found, at } => write!(
                f,
                "{found:?} at byte {at} cannot stand in the name of an image; letters, digits and `_ : . + - @ /` can"
            ),
            Self::LocalPath => f.write_str("a local image is an absolute path without `..`; write `local:/path`"),
        }
    }
}

impl std::error::Error for DescriptorFault {}

/// No tag is longer: `PATH_MAX`.
const LONGEST: usize = 4096;

impl Descriptor {
    /// Reads `type:tag`, or `tag` of type `default`.
    ///
    /// Only the four types are types: `myreg:5000/foo:1` is a tag.
    ///
    /// # Errors
    /// Refuses what the original would have deleted from the tag.
    pub fn parse(text: &str, default: ImageType) -> Result<Self, DescriptorFault> {
        let (kind, tag) = split_type(text).unwrap_or((default, text));
        if tag.is_empty() {
            return Err(DescriptorFault::Empty);
        }
        if tag.len() > LONGEST {
            return Err(DescriptorFault::TooLong);
        }
        let offset = text.len() - tag.len();
        let bad = |c: char| !(is_tag_character(c) || c == '/' && kind.allows_slash());
        if let Some((at, found)) = tag.char_indices().find(|(_, c)| bad(*c)) {
            return Err(DescriptorFault::Character { found, at: offset + at });
        }
        if kind == ImageType::Local && (!tag.starts_with('/') || tag.split('/').any(|part| part == "..")) {
            return Err(DescriptorFault::LocalPath);
        }
        Ok(Self { kind, tag: tag.to_owned() })
    }

    /// The digest after `@`, as in `ubuntu@sha256:...`.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.tag.split_once('@').map(|(_, digest)| digest)
    }
}

/// Splits a text at its first `:` when a type stands before it.
pub(crate) fn split_type(text: &str) -> Option<(ImageType, &str)> {
    let (word, tag) = text.split_once(':')?;
    Some((word.parse().ok()?, tag))
}

/// The characters both dialects leave in every tag.
pub(crate) const fn is_tag_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '+' | '-' | '@')
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, DescriptorFault> {
        Descriptor::parse(text, ImageType::Docker).map(|image| image.to_string())
    }

    #[test]
    fn only_the_four_types_are_types() {
        assert_eq!(parse("ubuntu:22.04").unwrap(), "docker:ubuntu:22.04");
        assert_eq!(parse("myreg:5000/foo:1").unwrap(), "docker:myreg:5000/foo:1");
        assert_eq!(parse("custom:a_b:1").unwrap(), "custom:a_b:1");
        assert_eq!(parse("Docker:x").unwrap(), "docker:Docker:x");
    }

    #[test]
    fn a_digest_is_part_of_the_tag() {
        let text = format!("docker:ubuntu@sha256:{}", "0".repeat(64));
        let image = Descriptor::parse(&text, ImageType::Custom).unwrap();
        assert_eq!(image.digest().unwrap().len(), 7 + 64);
        assert_eq!(image.to_string(), text);
    }

    #[test]
    fn characters_are_refused_not_deleted() {
        assert_eq!(parse("docker:this is"), Err(DescriptorFault::Character { found: ' ', at: 11 }));
        assert_eq!(parse("id:a/b"), Err(DescriptorFault::Character { found: '/', at: 4 }));
        assert_eq!(parse(""), Err(DescriptorFault::Empty));
        assert_eq!(parse("docker:"), Err(DescriptorFault::Empty));
        assert_eq!(parse("local:a"), Err(DescriptorFault::LocalPath));
        assert_eq!(parse("local:/a/../b"), Err(DescriptorFault::LocalPath));
        assert_eq!(parse("local:/a").unwrap(), "local:/a");
        assert_eq!(parse(&"x".repeat(5000)), Err(DescriptorFault::TooLong));
    }
}
