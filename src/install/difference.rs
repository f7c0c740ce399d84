//! What differs between what should be installed and what is. Text, JSON and exit code come from this value.

use crate::change::{Change, Kind};
use serde::{Deserialize, Serialize};

/// Everything that differs below one root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The version of this format. 1.
    pub schema: u32,
    /// The root.
    pub root: String,
    /// The class.
    pub class: Option<String>,
    /// The generation of this class that was applied last.
    pub generation: Option<u32>,
    /// The files that differ, in the order of rendering, those that go last.
    pub files: Vec<FileDifference>,
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDifference {
    /// Where it is installed.
    pub path: String,
    /// In which way.
    pub status: Status,
    /// Who changed it since it was applied.
    pub verdict: Verdict,
    /// Whether somebody changed its content where it is installed: it is then not overwritten unasked.
    pub edited: bool,
    /// What applying would change in it.
    pub changes: Vec<Change>,
    /// What was changed where it is installed, when somebody did.
    pub theirs: Vec<Change>,
    /// Its owner and group, when they differ.
    pub owner: Option<Pair>,
    /// Its mode, when it differs.
    pub mode: Option<Pair>,
    /// What keeps it from being installed.
    pub obstacle: Option<String>,
    /// What makes a running program take it up.
    pub reload: String,
    /// Whether it holds a secret.
    pub secret: bool,
    /// How it is compared.
    pub kind: Kind,
    /// The installed version, by inode and time of change; none when it is not there.
    pub installed: Option<String>,
    /// The SHA-256 of what it should be; none where it goes, and for a file with a secret.
    pub wanted: Option<String>,
}

/// In which way a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is not there.
    Missing,
    /// It was applied and is no longer rendered.
    Extra,
    /// It is there, and is not as it should be.
    Differs,
}

/// Who made the difference, seen from the generation that was applied last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was never applied.
    First,
    /// The profile changed.
    You,
    /// The installed file changed.
    They,
    /// Both did, in different ways.
    Both,
}

/// What is, and what should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// What is.
    pub from: String,
    /// What should be.
    pub to: String,
}

impl Difference {
    /// Whether anything differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
