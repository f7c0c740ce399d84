//! What `shifter` prints instead of a start.

use std::ffi::OsString;
use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;

use shifter_sys::environ;

use super::StartError;
use super::called::{self, Called};
use crate::config;
use crate::explain::{self, Explained};
use crate::launch::Launch;
use crate::offer;
use crate::policy;
use crate::prepare::{Permitted, Prepared};
use crate::privilege::{Mode, Raised};
use crate::record::Journal;
use crate::request::Variables;
use crate::request::options::{self, Form, Show};
use crate::rootless;

const HELP: &str = include_str!("../help.txt");

/// Why nothing is printed: standard output does not take it.
#[derive(Debug)]
pub struct PrintError(std::io::Error);

impl fmt::Display for PrintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write to standard output: {}", self.0)
    }
}

impl std::error::Error for PrintError {}

pub(super) fn show(show: Show, words: Vec<OsString>) -> Result<(), StartError> {
    let text = match show {
        Show::Help => HELP.to_owned(),
        Show::Version => format!("shifter {}\n", env!("CARGO_PKG_VERSION")),
        Show::Explain(form) => explain(words, form)?,
        Show::Modules(form) => modules(words, form)?,
    };
    let mut output = std::io::stdout();
    Ok(output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(PrintError)?)
}

/// Nothing here needs a right: all of them go first.
fn modules(words: Vec<OsString>, form: Form) -> Result<String, StartError> {
    let dropped = Raised::acquire()?.drop_forever();
    let options = options::parse(words)?;
    let environment = environ::take()?;
    let variables = Variables::find(&environment);
    let variable = variables.config.filter(|_| dropped.caller().mode == Mode::UserNamespace).map(PathBuf::from);
    let named = options.config.or(variable);
    Ok(offer::print(&config::load_as_user(&dropped, named.as_deref(), &environment)?, form))
}

/// As a start goes, up to where it would make anything: the image's own words are read with the rights of its owner, as
/// they are for a start, and only if the caller may use it. What is printed is put together without privilege.
fn explain(words: Vec<OsString>, form: Form) -> Result<String, StartError> {
    let (raised, aside) = called::enter()?;
    let Called { options, variables, inherited, conf, request } = Called::read(&raised, aside, words)?;
    let mut journal = Journal::unwritten();
    let permitted = Permitted::new(&raised, &conf, &request, &options.command, &mut journal)?;
    policy::check_volumes(&request.volumes, &conf)?;
    let Prepared { modules, image, opened, user, .. } = permitted.prepare(&raised, &mut journal)?;
    drop(opened);
    let lost: &[&str] = if raised.is_rootless() { &rootless::LOSSES } else { &[] };
    let dropped = raised.drop_forever();
    let launch = Launch {
        options: &options,
        request: &request,
        conf: &conf,
        modules: &modules,
        image: &image,
        inherited: &inherited,
    };
    let env_file = launch.env_file_outside(&dropped);
    let (launch, env_file) = (&launch, env_file.as_ref());
    Ok(explain::print(&Explained { launch, variables: &variables, user: &user, env_file, lost }, form))
}
