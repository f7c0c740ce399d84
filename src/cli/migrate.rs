//! `shifter-site migrate`: a profile for another release.

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    find,
    form::Form,
};
use crate::{
    migrate::{self, MigrateError},
    profile::Input,
    repair::{Changed, save},
    target::Target,
};

/// Take a profile to another release of Shifter: what goes, what comes, what means something else.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site migrate site.toml --to 18.03            # what would change, in sentences and as a diff
  shifter-site migrate site.toml --to native --write
  shifter-site migrate - --to native <site.toml

Exits with 2 when the profile would change, with 0 when it is for this release already or was written, and with 1 when
errors are left that only the site can decide about.")]
pub(super) struct Args {
    #[command(flatten)]
    profile: find::ProfileArgs,
    /// The release.
    #[arg(long, value_parser = target, value_name = "VERSION")]
    to: Target,
    /// Print the difference alone, as a unified diff.
    #[arg(long, conflicts_with = "write")]
    diff: bool,
    /// Write the changed profile.
    #[arg(long)]
    write: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let file = args.profile.path()?;
    let is_stdin = file.as_os_str() == "-";
    if is_stdin && args.write {
        return Err(Failure::Usage("standard input cannot be written; take the diff instead".to_owned()));
    }
    let input = if is_stdin { Input::Text { path: None, bytes: console.input()? } } else { Input::File(file) };
    let migration = migrate::migrate(&migrate::options(input), args.to).map_err(|error| match error {
        MigrateError::Load(error) => Failure::Load(error),
        other => Failure::Several(other.to_string()),
    })?;
    let diff: String = migration.changed.iter().map(Changed::diff).collect();
    match (args.format, args.diff) {
        (Form::Json, _) => console.say(&migration.json())?,
        (Form::Human, true) => console.say(&diff)?,
        (Form::Human, false) => {
            let gap = if diff.is_empty() { "" } else { "\n" };
            console.say(&format!("{}{gap}{diff}", migration.text()))?;
        }
    }
    if args.write {
        save::save(&migration.changed)?;
    }
    Ok(match (migration.has_errors(), migration.differs() && !args.write) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Differs,
        (false, false) => Exit::Clean,
    })
}

fn target(word: &str) -> Result<Target, String> {
    let known = Target::ALL.map(|target| target.to_string());
    let found = Target::ALL.into_iter().find(|target| target.to_string() == word);
    found.ok_or_else(|| format!("write one of {}", known.join(", ")))
}
