//! `shifter-site capacity`: what a profile asks of nodes, gateway and storage.

use std::path::{Path, PathBuf};

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    find,
    form::{self, Form},
    layers::LayerArgs,
};
use crate::capacity::{self, Capacity, Constant, Model, Told, Wanted};
use crate::check::{self, Strictness};
use crate::profile::Input;
use crate::profile::section::scalar::Size;

/// Containers of one launch at most: more take longer and more memory than a question is worth.
const MOST_STARTS: u64 = 4_000_000;

/// Compute what the largest job asks of nodes and gateway, and images of storage; simulate launches.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site capacity bluewaters.toml
  shifter-site capacity cori.toml --class compute --copy /usr/lib/shifter/opt/mpich-7.7.0=200MiB
  shifter-site capacity el9-slingshot.toml --images-per-day 300GiB --format json
  shifter-site capacity bluewaters.toml --nodes 2048,4096,100000 --svg start.svg
  shifter-site capacity --assumptions

Every figure names its formula and inputs; what nobody tells is said to be unknown and never guessed.
With --nodes, launches of those sizes are simulated, with the installed software and with the native one (a native
site is compared with 18.03). `half s` and `last s` are seconds until the command runs in half the containers and
in the last; `queue` is the most questions that waited for one gateway, `directory` the most connections to the
directory service at the same time. --assumptions says what is taken for granted, with every number and its source.")]
pub(super) struct Args {
    #[command(flatten)]
    profile: find::ProfileArgs,
    /// How large a directory is that the original copies into each container.
    #[arg(long, value_name = "PATH=SIZE")]
    copy: Vec<String>,
    /// How much of new images users pull a day.
    #[arg(long, value_name = "SIZE")]
    images_per_day: Option<String>,
    /// Simulate launches on so many nodes.
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    nodes: Vec<u32>,
    /// Containers that start on each node at the same time. Default: scale.containers_per_node, else 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    containers: Option<u32>,
    /// Where the simulation's random numbers begin; the same seed gives the same figures.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Draw the simulated launches, of the sizes of --nodes or of usual ones.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Replace a number of the simulation.
    #[arg(long, value_name = "NAME=VALUE")]
    constant: Vec<String>,
    /// Say what the simulation takes for granted, and end.
    #[arg(long)]
    assumptions: bool,
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
    let constants = constants(&args.constant)?;
    let (model, _) = Model::of(&constants).map_err(|error| Failure::Usage(error.to_string()))?;
    if args.assumptions {
        console.say(&match args.format {
            Form::Human => capacity::assumptions(&constants, &model, args.seed),
            Form::Json => form::json(&constants),
        })?;
        return Ok(Exit::Clean);
    }
    let wanted = Wanted { nodes: sizes(args), per_node: args.containers, seed: args.seed, model };
    let file = args.profile.path()?;
    let options = args.layers.options(Input::File(file));
    let checked = check::check(&options, args.layers.class.as_deref(), &Strictness::default())?;
    let most = capacity::most_starts(&checked, args.layers.class.as_deref(), &wanted);
    if most > MOST_STARTS {
        return Err(Failure::Usage(format!(
            "{most} containers are too many to simulate, {MOST_STARTS} are not: ask for fewer `--nodes` or `--containers`"
        )));
    }
    let found = capacity::capacity(&checked, args.layers.class.as_deref(), &told, &wanted);
    if found.is_empty() {
        let report = check::report(std::slice::from_ref(&checked));
        console.note(&crate::diagnostic::human::write(&report, console.error_style()));
        console.note("shifter-site: there is no class with containers whose figures could be computed\n");
        return Ok(Exit::Failed);
    }
    if checked.has_errors() {
        console.note("shifter-site: the profile has errors, see `shifter-site check`\n");
    }
    if let Some(file) = &args.svg {
        draw(file, &found)?;
    }
    console.say(&match args.format {
        Form::Human => capacity::text(&found),
        Form::Json => form::json(&found),
    })?;
    Ok(Exit::Clean)
}

/// The sizes that are asked for; those of a usual curve where there is none and one is to be drawn.
fn sizes(args: &Args) -> Vec<u32> {
    if args.nodes.is_empty() && args.svg.is_some() { capacity::SIZES.to_vec() } else { args.nodes.clone() }
}

/// One image for each class; with several, the class's name goes before the ending.
fn draw(file: &Path, found: &[Capacity]) -> Result<(), Failure> {
    for one in found {
        let place = match &one.class {
            Some(class) if found.len() > 1 => {
                let ending = file.extension().map(|ending| ending.display().to_string()).unwrap_or_default();
                file.with_extension(format!("{class}.{ending}").trim_end_matches('.'))
            }
            _ => file.to_owned(),
        };
        std::fs::write(&place, capacity::plot(&one.launches)).map_err(|source| Failure::File {
            verb: "write",
            path: place,
            source,
        })?;
    }
    Ok(())
}

fn constants(told: &[String]) -> Result<Vec<Constant>, Failure> {
    let told = told.iter().map(|text| {
        let (name, value) =
            text.split_once('=').and_then(|(name, value)| Some((name, value.parse().ok()?))).ok_or_else(|| {
                Failure::Usage(format!(
                    "`--constant {text}` is not `NAME=VALUE` with a number: write `--constant store.read=8`"
                ))
            })?;
        Ok((name.to_owned(), value))
    });
    let told = told.collect::<Result<Vec<_>, Failure>>()?;
    capacity::constants(&told).map_err(|error| Failure::Usage(error.to_string()))
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
