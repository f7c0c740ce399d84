//! Which image a name means now: asked of the gateway by `shifterimg`, as the user who submits.
//!
//! It is started with its words as they are; no shell sees them. Its reply is taken for an identity only if it is one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use shifter_formats::image::Descriptor;

use crate::run::{self, Ran, RunError};

/// How long an identity may be: that of an original gateway need not be a digest.
const LONGEST: usize = 255;
/// The statuses of `shifterimg`.
const NO_SUCH_IMAGE: i32 = 1;
const NO_GATEWAY: i32 = 3;

/// What the gateway has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The image, by its identity.
    Image(String),
    /// None of that name, or none for this user; what was said.
    Nothing(String),
}

/// Why it is not known.
#[derive(Debug)]
pub enum LookupError {
    /// `shifterimg` cannot be run.
    Run(RunError),
    /// No gateway answered; what was said.
    NoGateway(String),
    /// Anything else; what was said.
    Failed(String),
    /// The pull takes longer than the site waits.
    TooLong(Duration),
    /// It said that it has the image, and named none.
    Reply(String),
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => error.fmt(f),
            Self::NoGateway(said) => write!(f, "no image gateway answers: {said}"),
            Self::Failed(said) => f.write_str(said),
            Self::TooLong(longest) => write!(
                f,
                "the pull has taken more than {} seconds and goes on; submit again when `shifterimg images` shows it",
                longest.as_secs()
            ),
            Self::Reply(reply) => write!(f, "shifterimg answered `{reply}`, which is no identity of an image"),
        }
    }
}

impl std::error::Error for LookupError {}

/// `shifterimg` of an installation.
#[derive(Clone, Debug)]
pub struct Client {
    /// Where it lies.
    pub program: PathBuf,
    /// The configuration that it is to read instead of the installation's.
    pub config: Option<PathBuf>,
}

impl Client {
    fn command(&self, word: &str, image: &Descriptor) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        command.args([word, &image.to_string()]);
        command
    }

    fn run(&self, word: &str, image: &Descriptor, longest: Option<Duration>) -> Result<Ran, LookupError> {
        run::run(self.command(word, image), longest).map_err(LookupError::Run)
    }

    /// The image's identity, if it is there.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn look_up(&self, image: &Descriptor) -> Result<Found, LookupError> {
        let ran = self.run("lookup", image, None)?;
        match ran.status.and_then(|status| status.code()) {
            Some(0) => identity(&ran.out).map(Found::Image),
            Some(NO_SUCH_IMAGE) => Ok(Found::Nothing(ran.reason())),
            Some(NO_GATEWAY) => Err(LookupError::NoGateway(ran.reason())),
            _ => Err(LookupError::Failed(ran.reason())),
        }
    }

    /// Has it pulled, and waits for the end, but not for ever.
    ///
    /// # Errors
    /// When it could not be pulled in that time.
    pub fn pull(&self, image: &Descriptor, longest: Duration) -> Result<(), LookupError> {
        let ran = self.run("pull", image, Some(longest))?;
        match ran.status {
            None => Err(LookupError::TooLong(longest)),
            Some(status) if status.success() => Ok(()),
            Some(status) if status.code() == Some(NO_GATEWAY) => Err(LookupError::NoGateway(ran.reason())),
            Some(_) => Err(LookupError::Failed(ran.reason())),
        }
    }

    /// Has it pulled, and does not wait.
    ///
    /// # Errors
    /// When the gateway does not begin.
    pub fn begin_pull(&self, image: &Descriptor) -> Result<(), LookupError> {
        let ran = self.run("pullnb", image, None)?;
        match ran.status.and_then(|status| status.code()) {
            Some(0) => Ok(()),
            Some(NO_GATEWAY) => Err(LookupError::NoGateway(ran.reason())),
            _ => Err(LookupError::Failed(ran.reason())),
        }
    }
}

fn identity(reply: &str) -> Result<String, LookupError> {
    let id = reply.trim_end();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_identity = (1..=LONGEST).contains(&id.len()) && id.bytes().all(is_plain) && id != "MISSING";
    is_identity.then(|| id.to_owned()).ok_or_else(|| LookupError::Reply(id.chars().take(80).collect()))
}

/// The client of the installation at `root`.
#[must_use]
pub fn client(program: PathBuf, config: Option<&Path>) -> Client {
    Client { program, config: config.map(Path::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_identity_is_taken_for_one() {
        assert_eq!(identity(&format!("{}\n", "a1".repeat(32))).expect("an identity"), "a1".repeat(32));
        for bad in ["", "\n", "MISSING\n", "a/../b", "ENV:x", "a\nb", "a b", &"a".repeat(256)] {
            assert!(matches!(identity(bad), Err(LookupError::Reply(_))), "{bad:?}");
        }
    }
}
