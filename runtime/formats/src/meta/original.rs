//! Reading `.meta` as the original's runtime does.

use std::fmt;

use super::{ImageFormat, Meta};
use crate::acl::{self, Access, AclFault};
use crate::env::Assignment;
use crate::original::lines::{self, Item};

/// What the original makes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OriginalMeta {
    /// The image.
    pub meta: Meta,
    /// Keys it warns about on standard output.
    pub unknown_keys: Vec<String>,
}

/// Why the original does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetaRefusal {
    /// A list that begins as Python's and is none.
    MalformedList(String),
    /// A list of users or groups; without any number it aborts.
    Acl(AclFault),
}

impl fmt::Display for MetaRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedList(text) => write!(f, "malformed list: {text}"),
            Self::Acl(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for MetaRefusal {}

impl Meta {
    /// Reads a file as the original does: a `\` at the end of a line continues it, the last of repeated keys counts,
    /// variables without a value are dropped, and lists know no escapes.
    ///
    /// # Errors
    /// What the original stumbles over.
    pub fn read_original(bytes: impl AsRef<[u8]>) -> Result<OriginalMeta, MetaRefusal> {
        let mut read = OriginalMeta::default();
        let mut users = Vec::new();
        let mut groups = Vec::new();
        for item in lines::split(bytes.as_ref(), b':') {
            let Item::Line(line) = item else { continue };
            let key = String::from_utf8_lossy(&line.key).into_owned();
            let value = String::from_utf8_lossy(&line.value).into_owned();
            let ids = || acl::read_ids_original(&value).map_err(MetaRefusal::Acl);
            match key.as_str() {
                "FORMAT" => read.meta.format = format(&value),
                "ENTRY" => read.meta.entry = Some(list(&value)?),
                "CMD" => read.meta.cmd = Some(list(&value)?),
                "WORKDIR" => read.meta.workdir = Some(value),
                "USERACL" => users = ids()?,
                "GROUPACL" => groups = ids()?,
                "ENV" => read.meta.env.extend(Assignment::parse(&value).ok()),
                "VOLUME" => read.meta.volumes.push(filtered(&value)),
                _ => read.unknown_keys.push(key),
            }
        }
        read.meta.access = Access::from_lists(users, groups);
        Ok(read)
    }
}

/// The original knows all but erofs.
fn format(text: &str) -> Option<ImageFormat> {
    ImageFormat::parse(text).filter(|format| *format != ImageFormat::Erofs)
}

/// The text between pairs of `'` when the value begins with `['` or `[u'`; else the whole value is one word.
fn list(value: &str) -> Result<Vec<String>, MetaRefusal> {
    if !value.starts_with("['") && !value.starts_with("[u'") {
        return Ok(vec![value.to_owned()]);
    }
    let malformed = || MetaRefusal::MalformedList(value.to_owned());
    let inner = value.strip_suffix(']').ok_or_else(malformed)?;
    let parts: Vec<&str> = inner.split('\'').collect();
    // Text outside and inside of quotes takes turns, beginning and ending outside.
    if parts.len().is_multiple_of(2) {
        return Err(malformed());
    }
    Ok(parts.iter().skip(1).step_by(2).map(|part| (*part).to_owned()).collect())
}

fn filtered(path: &str) -> String {
    path.chars().filter(|c| c.is_ascii_alphanumeric() || "_:.+-/".contains(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warts_are_kept() {
        let read = Meta::read_original(
            "FORMAT: Squashfs\nFORMAT: xfs\nENTRY: [\"a\"]\nCMD: ['a', u'b c']\nENV: X=\nENV: Y=1\\\nENV: Z=2\nUSER: me\nUSERACL: 5,x,6\nVOLUME: /a b\n",
        )
        .unwrap();
        assert_eq!(read.meta.format, Some(ImageFormat::Xfs));
        assert_eq!(read.meta.entry.unwrap(), ["[\"a\"]"]);
        assert_eq!(read.meta.cmd.unwrap(), ["a", "b c"]);
        assert_eq!(read.meta.env, [Assignment::new("Y", "1 ENV: Z=2")]);
        assert_eq!(read.unknown_keys, ["USER"]);
        assert_eq!(read.meta.access, Access::restricted(vec![5, 6], vec![]));
        assert_eq!(read.meta.volumes, ["/ab"]);
    }

    #[test]
    fn an_apostrophe_in_a_list_is_fatal() {
        assert!(Meta::read_original("CMD: ['it's']\n").is_err());
        assert!(Meta::read_original("CMD: ['a'\n").is_err());
        assert_eq!(Meta::read_original("USERACL: x\n"), Err(MetaRefusal::Acl(AclFault::NoNumber)));
        let empty = Meta::read_original("ENTRY:\n").unwrap().meta.entry;
        assert_eq!(empty.unwrap(), [""]);
    }
}
