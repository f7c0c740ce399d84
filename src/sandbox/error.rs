//! Why a scratch machine could not be built, or what was tried on it failed.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A step of `shifter-site try` that failed.
#[derive(Debug, Error)]
pub enum TryError {
    /// A file of the scratch machine could not be handled.
    #[error("cannot {act} `{}`", path.display())]
    Io {
        /// What was done: `read`, `write`, `copy`.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// A namespace is not to be had.
    #[error(
        "cannot make a {what} namespace: {errno} (is `user.max_user_namespaces` 0? run as root, or ask your administrator)"
    )]
    Namespace {
        /// Which kind.
        what: &'static str,
        /// What the kernel said.
        errno: nix::Error,
    },
    /// Capabilities could not be kept or given up.
    #[error("cannot set the capabilities of this process")]
    Rights {
        /// What the kernel said.
        source: std::io::Error,
    },
    /// A mount failed.
    #[error("cannot mount at `{}`: {errno}", target.display())]
    Mount {
        /// Where.
        target: PathBuf,
        /// What the kernel said.
        errno: nix::Error,
    },
    /// A path with `..`, or with symlinks that lead in a circle.
    #[error("cannot follow `{}`: write it without `..`", path.display())]
    Crooked {
        /// The path.
        path: PathBuf,
    },
    /// The host has no shell to make an image of.
    #[error("cannot find `sh` in /usr/bin or /bin to make an image of")]
    NoShell,
    /// The user to start containers as cannot be looked up.
    #[error("cannot look up user {uid}: {errno}")]
    NoSuchPerson {
        /// The number.
        uid: u32,
        /// What the name service said.
        errno: nix::Error,
    },
    /// A program of ours is not beside `shifter-site`.
    #[error("cannot find `{program}` beside `{}`: build it with `cargo build --workspace`", folder.display())]
    NoProgram {
        /// Its name.
        program: &'static str,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The profile has findings that stop the render.
    #[error("the profile has errors; `shifter-site check` shows them")]
    Profile,
    /// The profile asks for something the scratch machine cannot have.
    #[error("{reason}")]
    Unfit {
        /// What, and what would be right.
        reason: String,
    },
    /// The gateway did not come up.
    #[error("the gateway did not answer on `{}` within {seconds} seconds\n{log}", socket.display())]
    GatewaySilent {
        /// Its socket.
        socket: PathBuf,
        /// How long it was waited for.
        seconds: u64,
        /// What it logged.
        log: String,
    },
    /// A program of ours failed.
    #[error("`{command}` failed: {status}\n{output}")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it printed.
        output: String,
    },
}

impl TryError {
    /// An [`TryError::Io`].
    pub(super) fn io(act: &'static str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { act, path: path.as_ref().to_owned(), source }
    }
}
