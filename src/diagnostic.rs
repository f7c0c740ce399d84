//! What is wrong with a profile, as data.
//!
//! A [`Finding`] names its rule, says in one sentence what is wrong and labels *key paths*: no
//! rule and no decoder knows of lines. The profile's origins turn key paths into
//! files, lines and columns; the writers of this folder turn the result into text.
//!
//! Nothing here reads or writes a file, and nothing here may hold the value of a secret.

mod fix;
mod format;
mod key_path;
mod located;
mod nearest;
mod report;
mod rule_id;

pub mod concise;
pub mod github;
pub mod gitlab;
pub mod human;
pub mod json;
pub mod junit;
pub mod sarif;
pub mod select;
pub mod source;
pub mod structural;
pub mod suppress;

pub use fix::{Edit, Fix, Safety, Written};
pub use format::{Format, Style};
pub use key_path::{KeyPath, KeyPathError};
pub use located::{Located, Place};
pub use nearest::nearest;
pub use report::{Counts, Report, Scope};
pub use rule_id::{Category, RuleId, Severity};
pub use select::Selection;

use std::ops::Range;

/// One thing that is wrong, or worth knowing, about a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Stable code: group and three digits, `SITE002`. Never used again for something else.
    pub code: &'static str,
    /// Stable kebab-case name of the bad pattern, `unknown-key`.
    pub name: &'static str,
    /// How bad it is; `--fail-on` decides from which severity on a run fails.
    pub severity: Severity,
    /// What it harms.
    pub category: Category,
    /// One sentence, lower case, no full stop: what is wrong.
    pub message: String,
    /// What to do about it, as the reader would type it.
    pub help: Option<String>,
    /// Where. The first primary label is the anchor: findings are sorted and suppressed there.
    pub labels: Vec<Label>,
    /// Background that is no advice: a source, a consequence, the line rendered from it.
    pub notes: Vec<String>,
    /// What `--fix` may do. Several fixes are alternatives, best first.
    pub fixes: Vec<Fix>,
}

/// A place in the effective profile and what to say there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The key path in the effective profile. The empty path is the whole profile.
    pub path: KeyPath,
    /// Which part of the entry is meant.
    pub aim: Aim,
    /// Text beside the marked part; may be empty.
    pub text: String,
    /// Whether this is the place of the mistake rather than a place that bears on it.
    pub primary: bool,
    /// The exact file when the winning layer of `path` is not the one meant.
    pub pin: Option<Pin>,
}

/// Which part of `key = value` a label marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aim {
    /// The value.
    #[default]
    Value,
    /// The key, or the table header that makes it.
    Key,
}

/// A label tied to one source file, as for a syntax error or a layer that is later overridden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Index into the sources of the run that produced the finding.
    pub source: usize,
    /// Byte range in that file; without one the label's path is looked up in that file alone.
    pub span: Option<Range<usize>>,
}

impl Finding {
    /// A finding of `rule` with its usual severity and no place yet.
    #[must_use]
    pub fn new(rule: &RuleId, message: impl Into<String>) -> Self {
        Self {
            code: rule.code,
            name: rule.name,
            severity: rule.severity,
            category: rule.category,
            message: message.into(),
            help: None,
            labels: Vec::new(),
            notes: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Marks the value at `path` as the place of the mistake.
    #[must_use]
    pub fn at(self, path: impl Into<KeyPath>, text: impl Into<String>) -> Self {
        self.label(Label::primary(path, text))
    }

    /// Marks the key (or table header) at `path` as the place of the mistake.
    #[must_use]
    pub fn at_key(self, path: impl Into<KeyPath>, text: impl Into<String>) -> Self {
        self.label(Label::primary(path, text).aimed(Aim::Key))
    }

    /// Marks a second place that bears on the mistake.
    #[must_use]
    pub fn also(self, path: impl Into<KeyPath>, text: impl Into<String>) -> Self {
        self.label(Label::secondary(path, text))
    }

    /// Adds a label.
    #[must_use]
    pub fn label(mut self, label: Label) -> Self {
        self.labels.push(label);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds background.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Offers a fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// The label at which the finding is sorted and suppressed.
    #[must_use]
    pub fn anchor(&self) -> Option<&Label> {
        self.labels.iter().find(|label| label.primary).or_else(|| self.labels.first())
    }
}

impl Label {
    /// A label on the value at `path`, the place of the mistake.
    #[must_use]
    pub fn primary(path: impl Into<KeyPath>, text: impl Into<String>) -> Self {
        Self { path: path.into(), aim: Aim::Value, text: text.into(), primary: true, pin: None }
    }

    /// A label on the value at `path`, a place that bears on the mistake.
    #[must_use]
    pub fn secondary(path: impl Into<KeyPath>, text: impl Into<String>) -> Self {
        Self { primary: false, ..Self::primary(path, text) }
    }

    /// The same label on another part of the entry.
    #[must_use]
    pub fn aimed(mut self, aim: Aim) -> Self {
        self.aim = aim;
        self
    }

    /// The same label in one source file, whatever layer wins.
    #[must_use]
    pub fn pinned(mut self, source: usize, span: Option<Range<usize>>) -> Self {
        self.pin = Some(Pin { source, span });
        self
    }
}
