//! What came of an import, for people and as JSON. Nothing here holds a secret.

use super::{Imported, Law};
use crate::diagnostic::source::Source;
use serde::Serialize;
use std::fmt::Write as _;

/// Something that the profile does not say, although a file did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lost {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What, and why.
    pub what: String,
}

impl Lost {
    pub(super) fn new(source: &Source, line: usize, what: impl Into<String>) -> Self {
        Self { file: source.name.clone(), line, what: source.scrub(&what.into()) }
    }
}

/// What an import is, as JSON.
#[derive(Serialize)]
struct Document<'a> {
    target: String,
    also_accepted_by: Vec<String>,
    accepted: bool,
    profiles: Vec<&'a str>,
    secrets: Vec<&'a str>,
    scripts: Vec<&'a str>,
    private: Vec<String>,
    laws: &'a [Law],
    lost: &'a [Lost],
    decided: &'a [String],
    findings: serde_json::Value,
}

impl Imported {
    /// What came of it as text, below the findings.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "target {}{}", self.target, self.ties_in_words());
        for law in &self.laws {
            let _ = writeln!(text, "{law}");
        }
        for choice in &self.decided {
            let _ = writeln!(text, "decided: {choice}");
        }
        if !self.lost.is_empty() {
            let _ = writeln!(text, "not in the profile:");
            for lost in &self.lost {
                let line = if lost.line == 0 { String::new() } else { format!(":{}", lost.line) };
                let _ = writeln!(text, "  {}{line}: {}", lost.file, lost.what);
            }
        }
        text.push_str(NOT_KEPT);
        text
    }

    /// The safe repairs of the imported files, as differences. Passwords are covered.
    #[must_use]
    pub fn repairs(&self) -> String {
        let mut text = String::new();
        for (name, old, new) in &self.shown_repairs {
            let repaired = format!("{name} (repaired)");
            let difference = similar::TextDiff::from_lines(old, new);
            let _ = write!(text, "{}", difference.unified_diff().context_radius(2).header(name, &repaired));
        }
        text
    }

    fn ties_in_words(&self) -> String {
        let others: Vec<String> = self.ties.iter().map(ToString::to_string).collect();
        match others.as_slice() {
            [] => String::new(),
            others => format!(" (the lowest; its keys are also those of {}: see --target)", others.join(", ")),
        }
    }

    /// The same as JSON, with the findings as `check --format json` gives them.
    #[must_use]
    pub fn json(&self, findings: &str) -> String {
        let document = Document {
            target: self.target.to_string(),
            also_accepted_by: self.ties.iter().map(ToString::to_string).collect(),
            accepted: self.accepted,
            profiles: self.profiles.iter().map(|(name, _)| name.as_str()).collect(),
            secrets: self.secrets.names().collect(),
            scripts: self.scripts.iter().map(|(name, _)| name.as_str()).collect(),
            private: self.private.iter().map(|private| private.key.to_string()).collect(),
            laws: &self.laws,
            lost: &self.lost,
            decided: &self.decided,
            findings: serde_json::from_str(findings).unwrap_or_default(),
        };
        let mut text = serde_json::to_string_pretty(&document).expect("every key is a string");
        text.push('\n');
        text
    }
}

/// What no import keeps.
const NOT_KEPT: &str = "not kept: the order of single keys, white space, comments that stand over no key\n";
