//! Why nothing useful was printed, and the exit status that says so.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// A failed run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No such image, or none that this user may use. Exit status 1.
    #[error("{0}: image not found")]
    NotFound(String),
    /// The pull ended in FAILURE. Exit status 1.
    #[error("{image}: {reason}")]
    Pull {
        /// What was pulled.
        image: String,
        /// The gateway's reason.
        reason: String,
    },
    /// A gateway understood what was asked, and this user may not, or it cannot be now. Exit status 1.
    #[error("{0}")]
    Refused(String),
    /// The command line is wrong. Exit status 2.
    #[error("{0}")]
    Usage(String),
    /// A gateway understood what was asked, and it is wrong. Exit status 2.
    #[error("{0}")]
    Request(String),
    /// The configuration is wrong. Exit status 2.
    #[error("{}: {what}", path.display())]
    Conf {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Every gateway refused, failed or did not answer. Exit status 3.
    #[error("{0}")]
    Gateway(String),
    /// A gateway's queue is full. Exit status 3.
    #[error("{why}")]
    Busy {
        /// The gateway's words.
        why: String,
        /// When to ask again.
        pause: Duration,
    },
    /// Nobody reads the output any more. Exit status 1.
    #[error("the output was closed")]
    Closed,
}

impl Failure {
    /// The exit status.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::NotFound(_) | Self::Pull { .. } | Self::Refused(_) | Self::Closed => 1,
            Self::Usage(_) | Self::Request(_) | Self::Conf { .. } => 2,
            Self::Gateway(_) | Self::Busy { .. } => 3,
        })
    }
}
