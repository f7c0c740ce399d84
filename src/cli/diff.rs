//! `shifter-site diff`: what applying would change, or what differs between two versions of a profile.

use std::path::PathBuf;

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    form,
    versions::{self, Form},
    world,
};
use crate::install::{self, Cause};

/// Compare what the profile renders with what is installed.
///
/// Each file is compared three ways, with the generation that was applied last: you changed it (the profile), they
/// changed it (where it is installed), or both. Differences are said in the words of the file's reader; secrets only as
/// changed. With --from, two versions of the profile are compared instead, class by class. Ends with 2 when something
/// differs.
#[derive(Debug, clap::Args)]
#[command(
    visible_alias = "plan",
    after_help = "Examples:
  shifter-site diff bluewaters.toml
  shifter-site diff -u --root /rr/current --class compute
  shifter-site diff --out plan.json; shifter-site apply plan.json
  shifter-site diff cori.toml --from origin/main
  shifter-site diff cori.toml --from v1 --to HEAD --format markdown
  shifter-site diff --from old.toml --to new.toml"
)]
pub(super) struct Args {
    #[command(flatten)]
    world: world::WorldArgs,
    #[command(flatten)]
    versions: versions::VersionArgs,
    /// Show lines, as diff(1) -u does.
    #[arg(long, short)]
    unified: bool,
    /// How to write it.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
    /// The same as `--format json`.
    #[arg(long, conflicts_with_all = ["format", "unified"])]
    json: bool,
    /// Save it as a plan, which `apply` carries out exactly or not at all. It holds no secret.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// End with 0 also when something differs.
    #[arg(long)]
    exit_zero: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let format = if args.json { Form::Json } else { args.format };
    if let Some(from) = &args.versions.from {
        let file = args.world.profile_of_versions(from)?;
        let layers = args.world.layers();
        return versions::run(&args.versions, from, &file, layers, format, args.exit_zero, console);
    }
    if !matches!(format, Form::Human | Form::Json) {
        return Err(Failure::Usage("this form is for versions: add `--from VERSION`".to_owned()));
    }
    let Some(world) = world::World::open(&args.world, console)? else { return Ok(Exit::Failed) };
    if world.saved.is_some() {
        return Err(Failure::Usage("`diff` takes a profile; `apply` takes a plan".to_owned()));
    }
    let compared = world.compare(console)?;
    if let Some(path) = &args.out {
        console.save(path, &world.plan(&compared)?.print())?;
    }
    match format {
        Form::Json => console.say(&form::json(&compared.difference))?,
        Form::Human if args.unified => console.say(&install::unified(&compared))?,
        _ => console.say(&install::words(&compared.difference, Cause::Apply))?,
    }
    Ok(world::dry(!compared.difference.is_empty() && !args.exit_zero))
}
