//! `shifter-site capacity`: what a profile asks of nodes, gateway and storage.

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    find,
    form::{self, Form},
    layers::LayerArgs,
};
use crate::capacity::{self, Told};
use crate::check::{self, Strictness};
use crate::profile::Input;
use crate::profile::section::scalar::Size;

/// Compute what the largest job asks of nodes and gateway, and images of storage.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site capacity bluewaters.toml
  shifter-site capacity cori.toml --class compute --copy /usr/lib/shifter/opt/mpich-7.7.0=200MiB
  shifter-site capacity el9-slingshot.toml --images-per-day 300GiB --format json

Every figure names its formula and inputs; what nobody tells is said to be unknown and never guessed.")]
pub(super) struct Args {
    #[command(flatten)]
    profile: find::ProfileArgs,
    /// How large a directory is that the original copies into each container.
    #[arg(long, value_name = "PATH=SIZE")]
    copy: Vec<String>,
    /// How much of new images users pull a day.
    #[arg(long, value_name = "SIZE")]
    images_per_day: Option<String>,
    /// The form of the figures.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
    #[command(flatten)]
    layers: LayerArgs,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let told = Told {
        copies: args.copy.iter().map(|text| copy(text)).collect::<Result<_, _>>()?,
        images_per_day: args.images_per_day.as_deref().map(size).transpose()?,
    };
    let file = args.profile.path()?;
    let options = args.layers.options(Input::File(file));
    let checked = check::check(&options, args.layers.class.as_deref(), &Strictness::default())?;
    let found = capacity::capacity(&checked, args.layers.class.as_deref(), &told);
    if found.is_empty() {
        let report = check::report(std::slice::from_ref(&checked));
        console.note(&crate::diagnostic::human::write(&report, console.error_style()));
        console.note("shifter-site: there is no class with containers whose figures could be computed\n");
        return Ok(Exit::Failed);
    }
    if checked.has_errors() {
        console.note("shifter-site: the profile has errors, see `shifter-site check`\n");
    }
    console.say(&match args.format {
        Form::Human => capacity::text(&found),
        Form::Json => form::json(&found),
    })?;
    Ok(Exit::Clean)
}

fn copy(text: &str) -> Result<(String, u64), Failure> {
    let (path, bytes) = text
        .split_once('=')
        .ok_or_else(|| Failure::Usage(format!("`--copy {text}` has no `=`: write `--copy /opt/x=200MiB`")))?;
    Ok((path.to_owned(), size(bytes)?))
}

fn size(text: &str) -> Result<u64, Failure> {
    let size: Size = text.parse().map_err(|error| Failure::Usage(format!("`{text}`: {error}")))?;
    Ok(size.bytes())
}
