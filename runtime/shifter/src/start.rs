//! A start as a story, from the command line to the command.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;

use shifter_formats::record::{Outcome, Phase};
use shifter_formats::udiroot::SelectionError;
use shifter_sys::CallError;

use crate::account::AccountError;
use crate::attach::{self, Joined};
use crate::config::ConfigError;
use crate::deny::DenyError;
use crate::enact::{Enactor, StepError};
use crate::hooks::HookFacts;
use crate::image::ImageError;
use crate::launch::{self, Launch, LaunchError};
use crate::plan::{self, Facts, Purpose};
use crate::policy::PolicyError;
use crate::prepare::{Permitted, Prepared};
use crate::privilege::{IdentityError, Raised};
use crate::record::{self, Journal};
use crate::request::RequestError;
use crate::request::options::{self, Options, OptionsError};
use crate::rootless::NamespaceError;
use crate::say::say;
use crate::setup::SetupError;
use crate::why;

mod called;
mod show;

use called::{Aside, Called};
pub use show::PrintError;

/// Why there was no start.
#[derive(Debug)]
pub enum StartError {
    /// The command line is none.
    Options(OptionsError),
    /// Not for this caller.
    Identity(IdentityError),
    /// No configuration.
    Config(ConfigError),
    /// Nothing that could be started was asked for.
    Request(RequestError),
    /// The modules do not go together.
    Modules(SelectionError),
    /// Forbidden for the moment.
    Deny(DenyError),
    /// No image.
    Image(ImageError),
    /// No name for the caller.
    Account(AccountError),
    /// Not allowed.
    Policy(PolicyError),
    /// It could not be built.
    Build(StepError),
    /// No container was set up for a job.
    Setup(SetupError),
    /// It was built, and the command could not be run.
    Launch(LaunchError),
    /// What was asked for cannot be printed.
    Print(PrintError),
    /// No mount table of our own.
    Namespace(NamespaceError),
    /// A call.
    Call(CallError),
}

macro_rules! from_each {
    ($($error:ty => $variant:ident),* $(,)?) => {
        $(impl From<$error> for StartError {
            fn from(error: $error) -> StartError {
                StartError::$variant(error)
            }
        })*

        impl fmt::Display for StartError {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(StartError::$variant(error) => error.fmt(f),)*
                }
            }
        }

        impl std::error::Error for StartError {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                match self {
                    $(StartError::$variant(error) => error.source(),)*
                }
            }
        }
    };
}

from_each! {
    OptionsError => Options,
    IdentityError => Identity,
    ConfigError => Config,
    RequestError => Request,
    SelectionError => Modules,
    DenyError => Deny,
    ImageError => Image,
    AccountError => Account,
    PolicyError => Policy,
    StepError => Build,
    SetupError => Setup,
    LaunchError => Launch,
    PrintError => Print,
    NamespaceError => Namespace,
    CallError => Call,
}

/// The command `shifter`. Returns what to end with, if the process did not become something else.
#[must_use]
pub fn main() -> i32 {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Ok(Options { show: Some(show), .. }) = options::parse(words.iter().cloned()) {
        return show::show(show, words).map_or_else(|error| failed(&error), |()| 0);
    }
    if let Ok(Options { why: Some(asked), .. }) = options::parse(words.iter().cloned()) {
        return why::main(&asked);
    }
    match start(words) {
        Ok(never) => match never {},
        Err(error) => failed(&error),
    }
}

/// Tells why, and gives what to end with.
fn failed(error: &StartError) -> i32 {
    tell(error);
    status(error)
}

fn status(error: &StartError) -> i32 {
    match error {
        StartError::Launch(error) => error.status(),
        _ => 1,
    }
}

fn start(words: Vec<OsString>) -> Result<Infallible, StartError> {
    let (raised, mut aside) = called::enter()?;
    let mut journal = Journal::open(&raised, aside.log.take(), &aside.environment);
    let result = recorded(raised, aside, words, &mut journal);
    if let Err(error) = &result {
        journal.went_wrong(record::outcome(error), status(error), error);
    }
    result
}

/// The start itself. That there was none is written by [`start`].
fn recorded(
    raised: Raised,
    aside: Aside,
    words: Vec<OsString>,
    journal: &mut Journal,
) -> Result<Infallible, StartError> {
    let Called { options, inherited, conf, request, .. } = Called::read(&raised, aside, words)?;
    let permitted = Permitted::new(&raised, &conf, &request, &options.command, journal)?;
    if options.verbose && raised.is_rootless() {
        say("without privilege, in a user namespace; `--explain` tells what is lost by that");
    }
    let Prepared { modules, image, mut opened, user, accounts } = permitted.prepare(&raised, journal)?;

    let hooks = HookFacts {
        conf: &conf,
        modules: &modules,
        asked: &request.image,
        image: &image.identifier,
        user: &user.name,
        uid: raised.caller().uid,
        gid: raised.caller().gid,
    };
    let facts = Facts {
        conf: &conf,
        modules: &modules,
        volumes: &request.volumes,
        home: request.home.as_ref(),
        mode: raised.caller().mode,
        user: &user,
        accounts: &accounts,
        image: &image.identifier,
        hooks,
        built: Some(&journal.built()),
        purpose: Purpose::Start,
    };
    // ORDER: the node's own places are out of reach once the container is entered.
    if let Some(mark) = opened.mark.take() {
        mark.leave(&raised);
    }
    let joined = attach::join(&raised, &facts, &opened)?;
    if options.verbose {
        say(joined);
    }
    if joined == Joined::Yes {
        opened.put_away();
    } else {
        let steps = plan::plan(&facts)?;
        journal.ends(Phase::Plan);
        Enactor::new(&raised, opened, &conf.deny).run(&steps, |step| {
            if options.verbose {
                say(format_args!("{step}"));
            }
        })?;
    }
    journal.ends(Phase::Build);
    journal.went_well(Outcome::Started);
    let dropped = raised.drop_forever();
    let launch = Launch {
        options: &options,
        request: &request,
        conf: &conf,
        modules: &modules,
        image: &image,
        inherited: &inherited,
    };
    Ok(launch::become_command(dropped, &launch, &hooks)?)
}

/// One line for the failure and one for each cause.
pub(crate) fn tell(error: &StartError) {
    for line in error.to_string().lines() {
        say(format_args!("{line}"));
    }
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        for line in error.to_string().lines() {
            say(format_args!("  because: {line}"));
        }
        cause = error.source();
    }
}
