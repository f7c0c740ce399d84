//! `shifter-site diff --from`: what differs between two versions of a profile.

use std::path::{Path, PathBuf};

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    form,
    layers::LayerArgs,
};
use crate::check;
use crate::diagnostic::human;
use crate::profile::Input;
use crate::versions::{self, Version, revision::Revision};

/// Which versions are compared.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct VersionArgs {
    /// Compare versions instead of what is installed: a git revision of the profile, or another profile.
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["out", "unified", "root", "host", "no_owner"])]
    pub(super) from: Option<String>,
    /// The newer version: a git revision or a profile. Default: the profile as it is.
    #[arg(long, value_name = "VERSION", requires = "from")]
    to: Option<String>,
}

/// How a difference is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// In words.
    #[default]
    Human,
    /// As JSON.
    Json,
    /// As Markdown for a merge request; with --from.
    Markdown,
    /// As GitLab's Code Quality report; with --from.
    Gitlab,
}

/// One side: the files of a revision live as long as this.
struct Side {
    version: Version,
    revision: Option<Revision>,
}

pub(super) fn run(
    args: &VersionArgs,
    from: &str,
    file: &Path,
    layers: &LayerArgs,
    format: Form,
    exit_zero: bool,
    console: &Console,
) -> Outcome {
    let old = side(from, file, layers)?;
    let new = match &args.to {
        Some(to) => side(to, file, layers)?,
        None => of_file(file, layers)?,
    };
    for Side { version, revision } in [&old, &new] {
        if !version.is_sound() {
            let report = check::report(std::slice::from_ref(&version.checked));
            let mut text = human::write(&report, console.error_style());
            if let Some(revision) = revision {
                text = text.replace(&format!("{}/", revision.directory().display()), &format!("{}:", version.name));
            }
            console.note(&text);
            console.note(&format!("shifter-site: `{}` cannot be compared before it can be rendered\n", version.name));
            return Ok(Exit::Failed);
        }
    }
    let found = versions::compare(&file.display().to_string(), &old.version, &new.version);
    console.say(&match format {
        Form::Human => versions::human(&found),
        Form::Markdown => versions::markdown(&found),
        Form::Gitlab => format!("{:#}\n", versions::gitlab(&found)),
        Form::Json => form::json(&found),
    })?;
    Ok(if found.is_empty() || exit_zero { Exit::Clean } else { Exit::Differs })
}

/// A version by its name: a profile that is there, else a revision.
fn side(name: &str, file: &Path, layers: &LayerArgs) -> Result<Side, Failure> {
    let other = PathBuf::from(name);
    if other.is_file() {
        return of_file(&other, layers);
    }
    let revision = Revision::open(file, name).map_err(|error| Failure::Several(error.to_string()))?;
    let options = layers.options(Input::File(revision.profile.clone()));
    let version = Version::load(name, &options, layers.class.as_deref())?;
    Ok(Side { version, revision: Some(revision) })
}

fn of_file(file: &Path, layers: &LayerArgs) -> Result<Side, Failure> {
    let options = layers.options(Input::File(file.to_owned()));
    let version = Version::load(&file.display().to_string(), &options, layers.class.as_deref())?;
    Ok(Side { version, revision: None })
}
