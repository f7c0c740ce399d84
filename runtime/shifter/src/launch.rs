//! The last steps, in the container and as the caller: where the command starts, with what environment, and which.
//!
//! All of it needs a [`Dropped`] process, and [`become_command`] takes it by value: there is no way to run something of
//! the user's before privilege is gone.

use std::convert::Infallible;
use std::ffi::{CString, OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use shifter_formats::udiroot::{Conf, Loaded};
use shifter_sys::process::Ended;
use shifter_sys::{CallError, Errno, environ, identity, mount, seccomp, signal};

use crate::hooks::HookFacts;
use crate::image::ImageFacts;
use crate::privilege::Dropped;
use crate::request::options::{Options, Workdir};
use crate::request::{Environment, Request};
use crate::say::say;

pub mod command;
mod elf;
mod env_file;
pub mod environment;
mod hook;
mod search;
mod unfit;

pub use command::CommandError;
pub use env_file::EnvFileError;
pub use unfit::Unfit;

/// No file of variables is longer.
const LARGEST_ENV_FILE: u64 = 8 << 20;

/// What the caller's process had and the command gets back.
#[derive(Clone, Debug)]
pub struct Inherited {
    /// Its environment.
    pub environment: Environment,
    /// Its working directory; none if it was removed.
    pub directory: Option<PathBuf>,
    /// Its umask.
    pub umask: u32,
}

/// Why there is no command.
#[derive(Debug)]
pub enum LaunchError {
    /// Which command to run cannot be said.
    Command(CommandError),
    /// The file of variables is wrong.
    EnvFile(EnvFileError),
    /// A module's hook failed.
    Hook(PathBuf, Ended),
    /// A call.
    Call(CallError),
    /// The command cannot be started; its name, what the kernel says, and why if it was found.
    Exec(OsString, CallError, Option<Unfit>),
}

impl LaunchError {
    /// What the program ends with: 127 and 126 as a shell says that a command was not found or cannot be run.
    #[must_use]
    pub fn status(&self) -> i32 {
        match self {
            LaunchError::Exec(_, error, None) if [Errno::NOENT, Errno::NOTDIR].contains(&error.errno) => 127,
            LaunchError::Exec(..) => 126,
            _ => 1,
        }
    }
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LaunchError::Command(error) => error.fmt(f),
            LaunchError::EnvFile(error) => error.fmt(f),
            LaunchError::Hook(script, ended) => write!(f, "the module's hook `{}` {ended}", script.display()),
            LaunchError::Call(error) => error.fmt(f),
            LaunchError::Exec(program, error, None) => write!(f, "{}: {}", program.display(), error.errno),
            LaunchError::Exec(program, _, Some(unfit)) => write!(f, "cannot start {}: {unfit}", program.display()),
        }
    }
}

impl std::error::Error for LaunchError {}

impl From<CallError> for LaunchError {
    fn from(error: CallError) -> LaunchError {
        LaunchError::Call(error)
    }
}

/// What a launch needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The command line.
    pub options: &'a Options,
    /// What was asked for.
    pub request: &'a Request,
    /// The site's configuration.
    pub conf: &'a Conf,
    /// The modules loaded.
    pub modules: &'a [Loaded<'a>],
    /// What the image says.
    pub image: &'a ImageFacts,
    /// What the caller had.
    pub inherited: &'a Inherited,
}

/// Turns the process into the command, after the modules' hooks have run. Returns only if that failed.
///
/// # Errors
/// Says what was wrong, and by [`LaunchError::status`] with what to end.
pub fn become_command(dropped: Dropped, launch: &Launch<'_>, hooks: &HookFacts<'_>) -> Result<Infallible, LaunchError> {
    launch.enter_workdir()?;
    let file = match &launch.options.env_file {
        Some(path) => env_file::read(path).map_err(LaunchError::EnvFile)?,
        None => Environment::new(),
    };
    let environment = environment::build(launch, &file);
    hook::run_all(hooks)?;
    let words = command::words(launch.options, launch.image).map_err(LaunchError::Command)?;
    if launch.conf.user_namespaces == Some(shifter_formats::udiroot::UserNamespaces::Deny) {
        seccomp::deny_user_namespaces()?;
    }
    signal::restore()?;
    let _our_own = identity::set_umask(launch.inherited.umask);
    drop(dropped);
    let search::NotStarted { error, unfit } = search::exec(&words, &environment);
    Err(LaunchError::Exec(words.into_iter().next().unwrap_or_default(), error, unfit))
}

impl Launch<'_> {
    /// The variables of `--env-file` as that path leads outside of the container, for `--explain`, which enters none.
    #[must_use]
    pub fn env_file_outside(&self, _dropped: &Dropped) -> Option<Result<Environment, EnvFileError>> {
        let path = self.options.env_file.as_ref()?;
        let directory = self.workdir().ok().flatten().unwrap_or_default();
        Some(env_file::read(&Path::new("/").join(directory).join(path)))
    }

    fn workdir(&self) -> Result<Option<PathBuf>, LaunchError> {
        Ok(match &self.options.workdir {
            Workdir::Path(path) => Some(path.clone()),
            Workdir::Image => {
                let of_image = self.image.workdir.clone().filter(|path| !path.as_os_str().is_empty());
                Some(of_image.ok_or(LaunchError::Command(CommandError::NoWorkdir))?)
            }
            Workdir::Caller => self.inherited.directory.clone(),
        })
    }

    /// The caller's own place is entered if the container has it; an image's or a named one is asked for, but a start
    /// does not fail for it.
    fn enter_workdir(&self) -> Result<(), LaunchError> {
        let Some(wanted) = self.workdir()? else { return Ok(()) };
        if let Err(error) = mount::change_dir(&wanted) {
            say(format_args!("cannot enter `{}` in the container ({}); staying in /", wanted.display(), error.errno));
        }
        Ok(())
    }
}

/// Words come from execve(2) or from text without NUL; a NUL would end the word here.
fn c_string(word: &OsStr) -> CString {
    let bytes = word.as_bytes();
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    CString::new(&bytes[..end]).unwrap_or_default()
}

fn c_environment(environment: &Environment) -> Vec<CString> {
    environment.iter().map(|(name, value)| c_string(&environ::entry(name, value))).collect()
}
