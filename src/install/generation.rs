//! What a run put in place, and what it replaced: enough to compare with, to go back to, and to go back from.

use super::transition::Step;
use crate::change;
use crate::tree::Ids;
use serde::{Deserialize, Serialize};

/// The record of one run that changed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// The version of this format. 1.
    pub schema: u32,
    /// Its number; the first is 1.
    pub number: u32,
    /// The generation of the same class before it; none for the first.
    pub previous: Option<u32>,
    /// When, in seconds since 1970.
    pub time: u64,
    /// What made it.
    pub cause: Cause,
    /// The profile.
    pub source: String,
    /// The system.
    pub site: Option<String>,
    /// The installed software.
    pub target: Option<String>,
    /// The class.
    pub class: Option<String>,
    /// The id of the configuration, where the target has one.
    pub config_id: Option<String>,
    /// Every file that is in place after it.
    pub files: Vec<Kept>,
    /// What each file it touched was before.
    pub before: Vec<Before>,
    /// Directories it made, outermost first.
    pub made: Vec<String>,
}

/// What made a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A profile was applied.
    Apply,
    /// An earlier one was put back.
    Rollback {
        /// Which; 0 is what was there before the first.
        to: u32,
    },
}

/// A file of a generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Where it is installed.
    pub install: String,
    /// What it is.
    pub content: Content,
    /// Its owner by name.
    pub owner: String,
    /// Its group by name.
    pub group: String,
    /// Whether it holds a secret.
    pub secret: bool,
    /// How it is compared.
    pub kind: change::Kind,
    /// Whether it names other files, so that it comes last.
    pub names_others: bool,
    /// What makes a running program take it up.
    pub reload: String,
}

/// Bytes that are kept in the directory of the generation, and what goes with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The file that holds the bytes, in the directory of the generation.
    pub stored: String,
    /// Owner and group; none where they were left to the caller.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
    /// The mode.
    pub mode: u32,
    /// The SELinux label, where there was one.
    pub label: Option<Vec<u8>>,
}

impl Content {
    /// Owner and group, where they are set.
    #[must_use]
    pub fn ids(&self) -> Option<Ids> {
        Some(Ids { uid: self.uid?, gid: self.gid? })
    }
}

/// What a file was before a run touched it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Where it is installed.
    pub install: String,
    /// What was there; none when nothing was.
    pub was: Option<Content>,
    /// Whether the generation before had put it there.
    pub is_ours: bool,
    /// Whether it names other files.
    pub names_others: bool,
}

impl Before {
    /// The way back for this file.
    pub(super) fn step(&self) -> Step {
        Step { install: self.install.clone(), to: self.was.clone(), names_others: self.names_others }
    }
}

impl Generation {
    /// The generation whose files these are: another where this one put it back.
    #[must_use]
    pub fn meaning(&self) -> u32 {
        match self.cause {
            Cause::Apply => self.number,
            Cause::Rollback { to } => to,
        }
    }
}
