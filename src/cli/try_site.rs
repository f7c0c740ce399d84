//! `shifter-site try`: a whole site in a scratch directory.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Instant;

use super::console::Console;
use super::exit::{Exit, Failure};
use super::layers::LayerArgs;
use super::{Outcome, find};
use crate::check::{self, Strictness};
use crate::diagnostic::Format;
use crate::profile::Input;
use crate::sandbox::{self, Place, Report, TryError, Wish};

/// Try a profile: check it, render it, run its gateway and a container, and leave nothing behind.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site try site-profiles/laptop.toml
  shifter-site try site-profiles/laptop.toml --module mpich -- env
  shifter-site try site-profiles/laptop.toml --on-machine

The profile must be for the native runtime, or be made so with `--target native`.
Exit code: that of the command; 1 when a step before it fails.")]
pub(super) struct Args {
    #[command(flatten)]
    profile: find::ProfileArgs,
    /// Load these modules in the container, as `shifter --module` does.
    #[arg(long, value_name = "NAMES")]
    module: Option<String>,
    /// Run the command beside the container, on the scratch machine: a shell when none is given.
    #[arg(long)]
    on_machine: bool,
    /// The command to run in the container. Default: a tour of it.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    /// The second process of a try, on the scratch directory that the first one made.
    #[arg(long, hide = true, value_name = "DIR")]
    inside: Option<PathBuf>,
    #[command(flatten)]
    layers: LayerArgs,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let profile = args.profile.path()?;
    let options = args.layers.options(Input::File(profile.clone()));
    let wish = Wish {
        profile,
        set: options.set.clone(),
        class: args.layers.class.clone(),
        place: if args.on_machine { Place::Machine } else { Place::Container },
        modules: args.module.clone(),
        command: args.command.clone(),
    };
    if let Some(scratch) = &args.inside {
        return sandbox::inside(scratch, &wish).map(|status| ended(&status)).map_err(|error| failed(&error));
    }
    let told = Report::begin("A whole site in a scratch directory. Nothing of it is left when this ends.");
    let begun = Instant::now();
    let checked = [check::check(&options, args.layers.class.as_deref(), &Strictness::default())?];
    let report = check::report(&checked);
    if checked[0].fails() {
        console.say(&Format::Human.write(&report, console.style()))?;
        return Ok(Exit::Failed);
    }
    told.done("check", begun, &format!("{}: {}", wish.profile.display(), report.summary().trim_end()));
    sandbox::run(&wish).map(|status| ended(&status)).map_err(|error| failed(&error))
}

/// The container's own exit code is ours, as with `env` and `nice`; a signal counts as a shell counts it.
fn ended(status: &ExitStatus) -> Exit {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    match code.and_then(|code| u8::try_from(code).ok()) {
        Some(0) => Exit::Clean,
        Some(code) => Exit::OfCommand(code),
        None => Exit::Failed,
    }
}

/// An error with all its causes in one text.
fn failed(error: &TryError) -> Failure {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    Failure::Try(text)
}
