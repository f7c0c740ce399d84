//! Reading `.meta` natively: lossless where the file is, and never wider than it was meant.

use std::fmt;

use super::{ImageFormat, Meta};
use crate::acl::{self, Access, AclFault};
use crate::env::Assignment;
use crate::quoted::{self, QuoteFault};

/// No file is longer.
const LONGEST: usize = 1 << 20;

/// Why a file was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub kind: MetaFaultKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetaFaultKind {
    /// The file is longer than one MiB.
    TooLong,
    /// The file is no UTF-8, or holds NUL.
    NotText,
    /// A key that may stand once stands twice. That is how a value with a line break would smuggle one in.
    Duplicate(&'static str),
    /// An access list behind a variable, or the groups before the users: no gateway writes it there, but the value of a
    /// variable with a line break would.
    OutOfPlace(&'static str),
    /// A list that is neither Python's nor JSON.
    List(&'static str, QuoteFault),
    /// A list of users or groups.
    Acl(&'static str, AclFault),
    /// No format of an image.
    Format(String),
}

impl fmt::Display for MetaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.kind {
            MetaFaultKind::TooLong => f.write_str("the file is longer than one MiB"),
            MetaFaultKind::NotText => f.write_str("the file is no UTF-8 text"),
            MetaFaultKind::Duplicate(key) => write!(f, "{key} stands twice"),
            MetaFaultKind::OutOfPlace(key) => write!(f, "{key} stands where no gateway writes it"),
            MetaFaultKind::List(key, fault) => write!(f, "{key}: {fault}"),
            MetaFaultKind::Acl(key, fault) => write!(f, "{key}: {fault}"),
            MetaFaultKind::Format(name) => write!(f, "{name:?} is no format of an image"),
        }
    }
}

impl std::error::Error for MetaFault {}

/// The keys, and how often each may stand.
const KEYS: [(&str, Times); 8] = [
    ("FORMAT", Times::Once),
    ("ENTRY", Times::Once),
    ("CMD", Times::Once),
    ("WORKDIR", Times::Once),
    ("USERACL", Times::Once),
    ("GROUPACL", Times::Once),
    ("ENV", Times::Any),
    ("VOLUME", Times::Any),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    Any,
}

impl Meta {
    /// Reads a file of this gateway or of an original one.
    ///
    /// Unlike the original, a `\` at the end of a line is part of the value: no gateway ever wrote a continuation.
    /// Lines that begin with no known key are skipped, because older gateways wrote values with line breaks as they
    /// were. A known key that stands twice is refused, and so is an access list in a place where only such a value puts it.
    ///
    /// # Errors
    /// The first line that cannot be trusted.
    pub fn read_native(bytes: impl AsRef<[u8]>) -> Result<Self, MetaFault> {
        let bytes = bytes.as_ref();
        let whole = |kind| MetaFault { line: 1, kind };
        if bytes.len() > LONGEST {
            return Err(whole(MetaFaultKind::TooLong));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| whole(MetaFaultKind::NotText))?;
        if text.contains('\0') {
            return Err(whole(MetaFaultKind::NotText));
        }
        let mut meta = Self::default();
        let mut users = Vec::new();
        let mut groups = Vec::new();
        let mut seen = Vec::new();
        for (line, raw) in (1..).zip(text.lines()) {
            let fault = |kind| MetaFault { line, kind };
            let Some((key, value)) = known_line(raw) else {
                continue;
            };
            let (key, times) = key;
            let is_known = seen.contains(&key);
            if is_known && times == Times::Once {
                return Err(fault(MetaFaultKind::Duplicate(key)));
            }
            let is_late = match key {
                "USERACL" => seen.contains(&"ENV") || seen.contains(&"GROUPACL"),
                "GROUPACL" => seen.contains(&"ENV"),
                _ => false,
            };
            if is_late {
                return Err(fault(MetaFaultKind::OutOfPlace(key)));
            }
            if !is_known {
                seen.push(key);
            }
            let ids = |value| acl::parse_ids(value).map_err(|error| fault(MetaFaultKind::Acl(key, error)));
            let list = || list(value).map_err(|error| fault(MetaFaultKind::List(key, error)));
            match key {
                "FORMAT" => {
                    let format =
                        ImageFormat::parse(value).ok_or_else(|| fault(MetaFaultKind::Format(value.to_owned())))?;
                    meta.format = Some(format);
                }
                "ENTRY" => meta.entry = list()?,
                "CMD" => meta.cmd = list()?,
                "WORKDIR" => meta.workdir = (!value.is_empty()).then(|| value.to_owned()),
                "USERACL" => users = ids(value)?,
                "GROUPACL" => groups = ids(value)?,
                "ENV" => meta.env.extend(variable(value)),
                _ => meta.volumes.push(value.to_owned()),
            }
        }
        meta.access = Access::from_lists(users, groups);
        Ok(meta)
    }
}

/// A line that begins with a known key and a colon. Blanks before it do not hide it: they do not in the original.
fn known_line(raw: &str) -> Option<((&'static str, Times), &str)> {
    let (name, value) = raw.split_once(':')?;
    let key = KEYS.into_iter().find(|(key, _)| *key == name.trim())?;
    Some((key, value.trim_matches([' ', '\t', '\r'])))
}

/// A list; one that is not quoted is a single word, and an empty value is no list at all.
fn list(value: &str) -> Result<Option<Vec<String>>, QuoteFault> {
    if value.is_empty() {
        return Ok(None);
    }
    if value.starts_with('[') {
        return quoted::parse_list(value).map(Some);
    }
    Ok(Some(vec![value.to_owned()]))
}

/// A variable; without `=` or a name it is none. An empty value is one, as in Docker.
pub(super) fn variable(text: &str) -> Option<Assignment> {
    let (name, value) = text.split_once('=')?;
    (!name.is_empty()).then(|| Assignment::new(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_an_original_gateway_is_read() {
        let meta = Meta::read_native(
            "FORMAT: squashfs\nENTRY: ['/bin/sh', u'-c']\nCMD: [\"it's\"]\nWORKDIR: /w\nUSERACL: 1000, 2000\nENV: A=1=2\nENV: B=\nENV: C=end\\\nENV: D=d\n",
        )
        .unwrap();
        assert_eq!(meta.format, Some(ImageFormat::Squashfs));
        assert_eq!(meta.entry.unwrap(), ["/bin/sh", "-c"]);
        assert_eq!(meta.cmd.unwrap(), ["it's"]);
        assert_eq!(meta.access, Access::restricted(vec![1000, 2000], vec![]));
        let env: Vec<String> = meta.env.iter().map(ToString::to_string).collect();
        assert_eq!(env, ["A=1=2", "B=", "C=end\\", "D=d"]);
    }

    #[test]
    fn a_second_acl_is_refused() {
        let text = "USERACL: 1000\nENV: X=a\nUSERACL: 1000,2000\n";
        let fault = Meta::read_native(text).unwrap_err();
        assert_eq!(fault.kind, MetaFaultKind::Duplicate("USERACL"));
        assert_eq!(fault.line, 3);
    }

    #[test]
    fn a_variable_with_a_line_break_cannot_widen_the_access() {
        for text in [
            "USERACL: 1000\nENV: X=a\nGROUPACL: 100\n",
            "WORKDIR: /w\nGROUPACL: 100\nUSERACL: 1000\n",
            "GROUPACL: 50\nENV: X=a\n USERACL: 5\n",
        ] {
            let kind = Meta::read_native(text).unwrap_err().kind;
            assert!(matches!(kind, MetaFaultKind::OutOfPlace(_)), "{text}");
        }
    }

    #[test]
    fn a_slip_never_opens_an_image() {
        for text in ["USERACL: 1000x\n", "GROUPACL: ,\n", "USERACL: root\n"] {
            assert!(Meta::read_native(text).is_err(), "{text}");
        }
        assert!(Meta::read_native("FORMAT: zip\n").is_err());
        assert!(Meta::read_native("CMD: ['a\n").is_err());
        assert!(Meta::read_native(b"ENV: A=\xff\n").is_err());
    }

    #[test]
    fn lines_of_a_value_with_line_breaks_are_skipped() {
        let meta = Meta::read_native("ENV: F=() { \n echo x: y\n}\nENV: G=1\n").unwrap();
        assert_eq!(meta.env.len(), 2);
    }
}
