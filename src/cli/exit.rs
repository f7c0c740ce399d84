//! How the program ends. The same for every verb.

use std::{io, path::PathBuf, process::ExitCode};

use crate::{baseline::BaselineError, init::InitError, profile::LoadError, repair::save::SaveError};

/// The exit codes, for `--help`.
pub(super) const TABLE: &str = "\
Exit codes:
  0   done, or clean
  1   findings at or above --fail-on, or the command failed
  2   there are differences (only verbs that compare)
  64  wrong usage
  70  internal error
  74  a file cannot be read or written
  77  not permitted";

/// An exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or nothing found.
    Clean,
    /// 1: findings at or above the limit, or the command failed.
    Failed,
    /// 2: there are differences.
    Differs,
    /// 64: wrong usage (`EX_USAGE`).
    Usage,
    /// 70: internal error (`EX_SOFTWARE`).
    Internal,
    /// 74: input or output (`EX_IOERR`).
    Io,
    /// 77: not permitted (`EX_NOPERM`).
    NotPermitted,
    /// What a command ended with that `try` ran.
    OfCommand(u8),
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Failed => 1,
            Self::Differs => 2,
            Self::Usage => 64,
            Self::Internal => 70,
            Self::Io => 74,
            Self::NotPermitted => 77,
            Self::OfCommand(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a verb could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments make no sense together.
    #[error("{0}")]
    Usage(String),
    /// A profile cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A file cannot be read or written.
    #[error("cannot {verb} `{}`: {source}", path.display())]
    File {
        /// `read` or `write`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A changed profile cannot be written.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// A file of known findings cannot be used.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// Several things stand in the way, each said on a line of its own.
    #[error("{0}")]
    Several(String),
    /// Only somebody else may do this.
    #[error("{0}")]
    NotPermitted(String),
    /// The program is wrong about its own work.
    #[error("internal error: {0}")]
    Defect(String),
    /// Standard output or input failed.
    #[error("cannot {verb} standard {stream}: {source}")]
    Stream {
        /// `read` or `write`.
        verb: &'static str,
        /// `input` or `output`.
        stream: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A step of a try failed.
    #[error("{0}")]
    Try(String),
    /// A new profile lacks an answer.
    #[error(transparent)]
    Init(#[from] InitError),
}

impl Failure {
    /// One failure of several errors, with what helps against them.
    pub(crate) fn of_all(what: &str, errors: &[impl std::fmt::Display], help: Option<&str>) -> Self {
        let mut lines: Vec<String> = errors.iter().map(|error| format!("  {error}")).collect();
        lines.dedup();
        lines.extend(help.map(|help| format!("help: {help}")));
        Self::Several(format!("{what}:\n{}", lines.join("\n")))
    }

    /// The exit code that goes with it.
    #[must_use]
    pub(crate) fn exit(&self) -> Exit {
        let io = |error: &io::Error| match error.kind() {
            io::ErrorKind::PermissionDenied => Exit::NotPermitted,
            _ => Exit::Io,
        };
        match self {
            Self::Save(SaveError::Io { source, .. }) | Self::Baseline(BaselineError::Read { source, .. }) => io(source),
            Self::Baseline(BaselineError::Form { .. }) => Exit::Failed,
            Self::Save(SaveError::ReadOnly { .. }) => Exit::NotPermitted,
            Self::Save(SaveError::Changed { .. }) => Exit::Io,
            Self::Usage(_) | Self::Load(LoadError::Override(_) | LoadError::Class(_)) => Exit::Usage,
            // Nobody is there to be asked: as where `apply` asks.
            Self::Init(InitError::Missing(_)) => Exit::Usage,
            Self::Several(_) | Self::Try(_) | Self::Init(_) => Exit::Failed,
            Self::NotPermitted(_) => Exit::NotPermitted,
            Self::Defect(_) => Exit::Internal,
            Self::Load(LoadError::Read { source, .. }) | Self::File { source, .. } | Self::Stream { source, .. } => {
                io(source)
            }
        }
    }
}
