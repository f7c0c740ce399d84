//! Reading an index entry: bounded, and in one way only.

use std::fmt;

use super::{IndexEntry, VERSION};
use crate::acl::{self, Access};
use crate::env::Assignment;
use crate::image::{ImageId, ImageType};
use crate::meta::ImageFormat;
use crate::quoted;

/// No entry is longer.
pub const LONGEST: usize = 1 << 20;

/// Why an entry was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub kind: IndexFaultKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexFaultKind {
    /// The entry is longer than [`LONGEST`].
    TooLong,
    /// It is no UTF-8.
    NotText,
    /// It does not begin with this version.
    Version,
    /// The line is no `KEY: value`, or the key is unknown.
    Line,
    /// The key's value cannot be read.
    Value(&'static str),
    /// The key is missing.
    Missing(&'static str),
    /// The entry is readable, but not as it would be written: a key out of order or twice, another spelling of a
    /// value, or text behind the end.
    NotCanonical,
}

impl fmt::Display for IndexFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.kind {
            IndexFaultKind::TooLong => f.write_str("the entry is longer than one MiB"),
            IndexFaultKind::NotText => f.write_str("the entry is no UTF-8 text"),
            IndexFaultKind::Version => write!(f, "the entry is not of version {VERSION}"),
            IndexFaultKind::Line => f.write_str("no line of an index entry"),
            IndexFaultKind::Value(key) => write!(f, "the value of {key} cannot be read"),
            IndexFaultKind::Missing(key) => write!(f, "{key} is missing"),
            IndexFaultKind::NotCanonical => f.write_str("the entry is not written as the gateway writes it"),
        }
    }
}

impl std::error::Error for IndexFault {}

/// What the lines said so far.
#[derive(Default)]
struct Draft {
    system: Option<String>,
    kind: Option<ImageType>,
    tag: Option<String>,
    id: Option<ImageId>,
    format: Option<ImageFormat>,
    digest: Option<String>,
    platform: Option<String>,
    users: Option<Vec<u32>>,
    groups: Option<Vec<u32>>,
    env: Vec<Assignment>,
    entry: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    workdir: Option<String>,
    user: Option<String>,
}

impl IndexEntry {
    /// Reads an entry.
    ///
    /// # Errors
    /// Refuses everything that [`IndexEntry`] would not print in exactly these bytes.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, IndexFault> {
        let bytes = bytes.as_ref();
        let whole = |kind| IndexFault { line: 1, kind };
        if bytes.len() > LONGEST {
            return Err(whole(IndexFaultKind::TooLong));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| whole(IndexFaultKind::NotText))?;
        let mut lines = (1..).zip(text.split_terminator('\n'));
        if lines.next().and_then(|(_, line)| line.strip_prefix("VERSION: ")) != Some(VERSION) {
            return Err(whole(IndexFaultKind::Version));
        }
        let mut draft = Draft::default();
        let mut last = 1;
        for (line, raw) in lines {
            last = line;
            draft.take(raw).map_err(|kind| IndexFault { line, kind })?;
        }
        let entry = draft.finish().map_err(|kind| IndexFault { line: last, kind })?;
        let printed = entry.to_string();
        if printed == text {
            return Ok(entry);
        }
        let line = (1..)
            .zip(printed.split('\n').zip(text.split('\n')))
            .find(|(_, (wanted, found))| wanted != found)
            .map_or(last, |(line, _)| line);
        Err(IndexFault { line, kind: IndexFaultKind::NotCanonical })
    }
}

impl Draft {
    fn take(&mut self, raw: &str) -> Result<(), IndexFaultKind> {
        use IndexFaultKind::Value;
        let (key, value) = raw.split_once(": ").ok_or(IndexFaultKind::Line)?;
        match key {
            "SYSTEM" => self.system = Some(text(value).ok_or(Value("SYSTEM"))?),
            "TYPE" => self.kind = Some(value.parse().map_err(|_| Value("TYPE"))?),
            "TAG" => self.tag = Some(text(value).ok_or(Value("TAG"))?),
            "ID" => self.id = Some(value.parse().map_err(|_| Value("ID"))?),
            "FORMAT" => self.format = Some(ImageFormat::parse(value).ok_or(Value("FORMAT"))?),
            "DIGEST" => self.digest = Some(text(value).ok_or(Value("DIGEST"))?),
            "PLATFORM" => self.platform = Some(text(value).ok_or(Value("PLATFORM"))?),
            "USERACL" => self.users = Some(acl::parse_ids(value).map_err(|_| Value("USERACL"))?),
            "GROUPACL" => self.groups = Some(acl::parse_ids(value).map_err(|_| Value("GROUPACL"))?),
            "ENV" => {
                let value = text(value).ok_or(Value("ENV"))?;
                let (name, value) = value.split_once('=').ok_or(Value("ENV"))?;
                self.env.push(Assignment::new(name, value));
            }
            "ENTRY" => self.entry = Some(quoted::parse_list(value).map_err(|_| Value("ENTRY"))?),
            "CMD" => self.cmd = Some(quoted::parse_list(value).map_err(|_| Value("CMD"))?),
            "WORKDIR" => self.workdir = Some(text(value).ok_or(Value("WORKDIR"))?),
            "USER" => self.user = Some(text(value).ok_or(Value("USER"))?),
            _ => return Err(IndexFaultKind::Line),
        }
        Ok(())
    }

    fn finish(self) -> Result<IndexEntry, IndexFaultKind> {
        use IndexFaultKind::Missing;
        let access = match (self.users, self.groups) {
            (None, None) => Access::Public,
            (Some(users), Some(groups)) => Access::restricted(users, groups),
            (None, Some(_)) => return Err(Missing("USERACL")),
            (Some(_), None) => return Err(Missing("GROUPACL")),
        };
        Ok(IndexEntry {
            system: self.system.ok_or(Missing("SYSTEM"))?,
            kind: self.kind.ok_or(Missing("TYPE"))?,
            tag: self.tag.ok_or(Missing("TAG"))?,
            id: self.id.ok_or(Missing("ID"))?,
            format: self.format.ok_or(Missing("FORMAT"))?,
            digest: self.digest.ok_or(Missing("DIGEST"))?,
            platform: self.platform.ok_or(Missing("PLATFORM"))?,
            access,
            env: self.env,
            entry: self.entry,
            cmd: self.cmd,
            workdir: self.workdir,
            user: self.user,
        })
    }
}

fn text(value: &str) -> Option<String> {
    if value.starts_with('"') { quoted::parse_string(value).ok() } else { Some(value.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::entry_name;

    fn entry() -> IndexEntry {
        IndexEntry {
            system: "perlmutter".into(),
            kind: ImageType::Docker,
            tag: "ubuntu:24.04".into(),
            id: "a".repeat(64).parse().unwrap(),
            format: ImageFormat::Squashfs,
            digest: format!("sha256:{}", "b".repeat(64)),
            platform: "linux/amd64".into(),
            access: Access::restricted(vec![1000], vec![]),
            env: vec![
                Assignment::new("PATH", "/bin"),
                Assignment::new("FUNC", "() {\n}"),
                Assignment::new("EMPTY", ""),
            ],
            entry: Some(vec!["/bin/sh".into(), "it's".into()]),
            cmd: None,
            workdir: Some("/w".into()),
            user: None,
        }
    }

    #[test]
    fn an_entry_is_written_in_one_way() {
        let text = entry().to_string();
        let expected = format!(
            "VERSION: 1\nSYSTEM: perlmutter\nTYPE: docker\nTAG: ubuntu:24.04\nID: {}\nFORMAT: squashfs\n\
             DIGEST: sha256:{}\nPLATFORM: linux/amd64\nUSERACL: 1000\nGROUPACL: \n\
             ENV: PATH=/bin\nENV: \"FUNC=() {{\\n}}\"\nENV: EMPTY=\nENTRY: [\"/bin/sh\", \"it's\"]\nWORKDIR: /w\n",
            "a".repeat(64),
            "b".repeat(64)
        );
        assert_eq!(text, expected);
        assert_eq!(IndexEntry::parse(&text), Ok(entry()));
    }

    #[test]
    fn anything_else_is_refused() {
        let text = entry().to_string();
        let changed = |from: &str, to: &str| IndexEntry::parse(text.replace(from, to)).unwrap_err().kind;
        assert_eq!(changed("VERSION: 1", "VERSION: 2"), IndexFaultKind::Version);
        assert_eq!(changed("WORKDIR: /w", "WORKDIR: \"/w\""), IndexFaultKind::NotCanonical);
        assert_eq!(changed("GROUPACL: \n", ""), IndexFaultKind::Missing("GROUPACL"));
        assert_eq!(changed("1000", "1000x"), IndexFaultKind::Value("USERACL"));
        assert_eq!(changed("1000", "01000"), IndexFaultKind::NotCanonical);
        assert_eq!(changed("WORKDIR", "OTHER"), IndexFaultKind::Line);
        assert_eq!(changed("TYPE: docker", "TYPE: docker\nTYPE: docker"), IndexFaultKind::NotCanonical);
        assert_eq!(changed("TYPE: docker\n", ""), IndexFaultKind::Missing("TYPE"));
        let unfinished = text.strip_suffix('\n').unwrap();
        assert_eq!(IndexEntry::parse(unfinished).unwrap_err().kind, IndexFaultKind::NotCanonical);
    }

    #[test]
    fn the_file_name_depends_on_system_type_and_tag() {
        let name = entry_name("s", ImageType::Docker, "t");
        assert_eq!(name, "d894bb9738fce7c9c45d83d9d2229f6da5461b4927a9d7fdc7549a7f9c5aa754");
        assert_ne!(name, entry_name("s", ImageType::Custom, "t"));
        assert_eq!(entry().by_id().file_name(), entry_name("perlmutter", ImageType::Id, &"a".repeat(64)));
    }
}
