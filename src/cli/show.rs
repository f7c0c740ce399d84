//! `shifter-site show`: the effective profile, or the file system that a container will see.

use std::path::PathBuf;

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    find, form,
    layers::LayerArgs,
};
use crate::check::{self, Checked, Strictness};
use crate::profile::Input;
use crate::show::{self, layout::Origin};

/// Show the effective profile: all layers folded, and with --class what the class has otherwise.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  shifter-site show edison.toml
  shifter-site show cori.toml --class login --origins
  shifter-site show cori.toml --format json
  shifter-site show mounts cori.toml --class compute --modules mpich

Secrets are never shown: a profile holds references to them, and a secret written into it is covered."
)]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    profile: find::ProfileArgs,
    /// The form of the profile.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
    /// Say behind each value which layer set it.
    #[arg(long)]
    origins: bool,
    #[command(flatten)]
    layers: LayerArgs,
}

/// What else can be shown.
#[derive(Debug, clap::Subcommand)]
enum What {
    Mounts(MountArgs),
}

/// Draw the file system that a container will see: every place, its source, its options, the line that made it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site show mounts laptop.toml
  shifter-site show mounts el9-slingshot.toml --class compute --modules mpich/8.1.30,gpu
  shifter-site show mounts cori.toml --class login --format json")]
struct MountArgs {
    #[command(flatten)]
    profile: find::ProfileArgs,
    /// The modules to load, as for `shifter --module`. Default: the site's default modules.
    #[arg(long, value_name = "NAMES")]
    modules: Option<String>,
    /// The form of the list.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: form::Form,
    #[command(flatten)]
    layers: LayerArgs,
}

/// A form of the profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// TOML that means the same as the profile with all its layers.
    #[default]
    Toml,
    /// JSON, as the schema of profiles describes it.
    Json,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    if let Some(What::Mounts(args)) = &args.what {
        return mounts(args, console);
    }
    if args.origins && args.format == Form::Json {
        return Err(Failure::Usage(
            "--origins are comments, which JSON has not: ask `shifter-site why KEY --format json`".to_owned(),
        ));
    }
    let Some(checked) = checked(args.profile.path()?, &args.layers, console)? else {
        return Ok(Exit::Failed);
    };
    let loaded = args.layers.class.as_ref().and_then(|class| checked.classes.get(class)).unwrap_or(&checked.loaded);
    let root = show::effective(loaded);
    let sources = loaded.origins.sources();
    let text = match args.format {
        Form::Toml => {
            let origin = if args.origins { Origin::Shown } else { Origin::Hidden };
            show::layout::toml(&root, sources, origin)
        }
        Form::Json => format!("{:#}\n", show::value::json(&root, sources)),
    };
    console.say(&text)?;
    Ok(Exit::Clean)
}

fn mounts(args: &MountArgs, console: &Console) -> Outcome {
    let Some(checked) = checked(args.profile.path()?, &args.layers, console)? else {
        return Ok(Exit::Failed);
    };
    let found = show::mounts::mounts(&checked, args.layers.class.as_deref(), args.modules.as_deref())
        .map_err(|error| Failure::Several(error.to_string()))?;
    console.say(&match args.format {
        form::Form::Human => show::mounts::tree(&found),
        form::Form::Json => form::json(&found),
    })?;
    Ok(Exit::Clean)
}

/// The profile, when it can be shown: one that cannot be read means nothing, and its findings are said instead.
fn checked(file: PathBuf, layers: &LayerArgs, console: &Console) -> Result<Option<Checked>, Failure> {
    let options = layers.options(Input::File(file));
    let checked = check::check(&options, layers.class.as_deref(), &Strictness::default())?;
    if checked.loaded.loss.is_none() {
        return Ok(Some(checked));
    }
    let report = check::report(std::slice::from_ref(&checked));
    console.note(&crate::diagnostic::human::write(&report, console.error_style()));
    Ok(None)
}
