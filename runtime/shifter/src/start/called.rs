//! What a call of `shifter` brings with it, and the site's configuration it is held against.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use shifter_formats::udiroot::Conf;
use shifter_sys::open::{self, For};
use shifter_sys::{environ, identity, process};

use super::StartError;
use crate::config;
use crate::launch::Inherited;
use crate::privilege::Raised;
use crate::record::Log;
use crate::request::options::{self, Options};
use crate::request::{Environment, Request, Variables, interpreter};

/// What of the caller's is set aside before anything else.
#[derive(Debug)]
pub(super) struct Aside {
    /// His environment.
    pub(super) environment: Environment,
    umask: u32,
    /// The way to the system log, as far as he has one.
    pub(super) log: Option<Log>,
}

/// Sets the caller's environment and umask aside and takes the rights of a start.
///
/// # Errors
/// For a caller for whom nothing is started.
pub(super) fn enter() -> Result<(Raised, Aside), StartError> {
    // ORDER: nothing of the caller's is read by name before his environment and umask are set aside.
    let environment = environ::take()?;
    let umask = identity::set_umask(0o022);
    let (raised, log) = Raised::acquire_after(Log::connect)?;
    Ok((raised, Aside { environment, umask, log }))
}

/// A call, taken apart.
#[derive(Debug)]
pub(super) struct Called {
    /// The command line.
    pub(super) options: Options,
    /// The variables that stand in for parts of it.
    pub(super) variables: Variables,
    /// What the command gets back.
    pub(super) inherited: Inherited,
    /// The site's configuration.
    pub(super) conf: Conf,
    /// What is asked for.
    pub(super) request: Request,
}

impl Called {
    /// Reads the words after the program's name, the environment and `udiRoot.conf`.
    ///
    /// # Errors
    /// For a configuration or a request with which nothing can be started.
    pub(super) fn read(raised: &Raised, aside: Aside, words: Vec<OsString>) -> Result<Called, StartError> {
        let Aside { environment, umask, log: _ } = aside;
        let words = interpreter::split(words, |script| raised.as_user(|_user| first_line(script)));
        let options = options::parse(words)?;
        let variables = Variables::find(&environment);
        let directory = process::working_directory().ok();
        let inherited = Inherited { environment, directory, umask };

        let named = options.config.clone().or_else(|| named_by_variable(raised, &variables));
        let conf = config::load(raised, named.as_deref(), &inherited.environment)?;
        let request = Request::new(&options, &variables, &conf)?;
        Ok(Called { options, variables, inherited, conf, request })
    }
}

/// A set-id start does not even look at the variable.
fn named_by_variable(raised: &Raised, variables: &Variables) -> Option<PathBuf> {
    variables.config.as_ref().filter(|_| raised.is_rootless()).map(PathBuf::from)
}

/// The beginning of a script, if the caller can read it.
fn first_line(script: &OsStr) -> Option<Vec<u8>> {
    let file = open::host(Path::new(script), For::Reading).ok()?;
    let mut line = Vec::new();
    std::fs::File::from(file).take(4096).read_to_end(&mut line).ok()?;
    Some(line)
}
