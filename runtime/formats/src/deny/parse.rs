//! From bytes to entries, with every mistake.

use std::fmt;

use super::{Denied, Deny, DenyEntry, DenyFault, DenyFaultKind};
use crate::env::NamePattern;
use crate::image::ImageType;
use crate::nearest;
use crate::quoted::is_unsafe;
use crate::udiroot::ModuleName;

pub(super) const SHA256: &str = "sha256:";

const WORDS: [&str; 5] = ["digest", "image", "module", "volumes", "everything"];
const BLANKS: [char; 2] = [' ', '\t'];

impl Deny {
    /// Reads a file. Lines that are blank or begin with `#` say nothing.
    ///
    /// # Errors
    /// Every mistake, with its line.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<DenyFault>> {
        let mut entries = Vec::new();
        let mut faults = Vec::new();
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            match entry(line) {
                Ok(None) => {}
                Ok(Some((what, message))) => entries.push(DenyEntry { line: number, what, message }),
                Err(kind) => faults.push(DenyFault { line: number, kind }),
            }
        }
        if faults.is_empty() { Ok(Self { entries }) } else { Err(faults) }
    }
}

fn entry(line: &[u8]) -> Result<Option<(Denied, String)>, DenyFaultKind> {
    let line = std::str::from_utf8(line).map_err(|_| DenyFaultKind::NotText)?;
    if let Some(odd) = line.chars().find(|&c| c != '\t' && is_unsafe(c)) {
        return Err(DenyFaultKind::Character(odd));
    }
    let line = line.trim_matches(BLANKS);
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (word, rest) = next_word(line);
    let (what, message) = match word {
        "volumes" => (Denied::Volumes, rest),
        "everything" => (Denied::Everything, rest),
        "digest" | "image" | "module" => {
            let (value, message) = next_word(rest);
            let what = match word {
                "digest" => digest(value),
                "image" => image(value),
                _ => module(value),
            };
            (what?, message)
        }
        other => return Err(DenyFaultKind::Word(other.to_owned())),
    };
    if message.is_empty() {
        return Err(DenyFaultKind::NoMessage);
    }
    Ok(Some((what, message.to_owned())))
}

fn next_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(BLANKS).unwrap_or((text, ""));
    (word, rest.trim_start_matches(BLANKS))
}

fn digest(value: &str) -> Result<Denied, DenyFaultKind> {
    let digits = value.strip_prefix(SHA256).filter(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    });
    digits.map(|digits| Denied::Digest(digits.to_owned())).ok_or_else(|| DenyFaultKind::Digest(value.to_owned()))
}

/// A pattern begins with a type, or with a `*` that may stand for one. Otherwise it could never match.
fn image(value: &str) -> Result<Denied, DenyFaultKind> {
    let begins_with_type = value.starts_with('*')
        || value.split_once(':').is_some_and(|(kind, tag)| kind.parse::<ImageType>().is_ok() && !tag.is_empty());
    if begins_with_type {
        Ok(Denied::Image(NamePattern::new(value)))
    } else {
        Err(DenyFaultKind::Image(value.to_owned()))
    }
}

fn module(value: &str) -> Result<Denied, DenyFaultKind> {
    let name = ModuleName::parse(value).map_err(|_| DenyFaultKind::Module(value.to_owned()))?;
    Ok(Denied::Module { name: name.name, version: name.version })
}

impl fmt::Display for DenyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.kind {
            DenyFaultKind::Word(word) => {
                write!(f, "`{}` is none of {}", word.escape_default(), WORDS.join(", "))?;
                match nearest(word, WORDS) {
                    Some(close) => write!(f, "; did you mean `{close}`?"),
                    None => Ok(()),
                }
            }
            DenyFaultKind::Digest(value) => {
                write!(f, "`{}` is no digest; write `sha256:` and 64 digits 0-9a-f", value.escape_default())
            }
            DenyFaultKind::Image(value) => {
                write!(
                    f,
                    "`{}` matches no image; begin with its type, as in `docker:ubuntu:18.*`",
                    value.escape_default()
                )
            }
            DenyFaultKind::Module(value) => {
                write!(f, "`{}` is no module; write its name, or `mpich@8.1.30`", value.escape_default())
            }
            DenyFaultKind::NoMessage => f.write_str("say at the end of the line what users are told"),
            DenyFaultKind::Character(c) => write!(f, "{c:?} does not belong into a line of text"),
            DenyFaultKind::NotText => f.write_str("not UTF-8"),
        }
    }
}

impl std::error::Error for DenyFault {}
