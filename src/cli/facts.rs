//! `shifter-site facts`: what a node really is, as JSON.

use std::path::PathBuf;
use std::time::Duration;

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    node,
};
use crate::facts;

/// Find what a node really is: kernel, mounts, owners and modes of the paths a profile names, tools, services.
///
/// Prints JSON without secrets, which `check --facts` reads. What does not answer in time, or cannot be told, stands
/// under `unknown` with the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site facts --profile /etc/shifter/site.toml --output /shared/facts/$(hostname -s).json
  srun --ntasks-per-node=1 shifter-site facts --profile site.toml --output-dir facts
  shifter-site facts --profile site.toml --class compute --root /images/compute.img")]
pub(super) struct Args {
    /// The profile whose paths are looked at. Without one: the kernel, the tools and the services alone.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The profile, by an option.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    node: node::NodeArgs,
    /// Ask the gateway's endpoints whether they answer.
    #[arg(long)]
    probe_gateway: bool,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE", conflicts_with = "output_dir")]
    output: Option<PathBuf>,
    /// Write to HOST.json in a directory, made if it is not there: for many nodes at once.
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let file = args.file.as_ref().or(args.profile.as_ref());
    let described = file.map(|file| args.node.describe(file)).transpose()?;
    let wanted = args.node.wanted(described, Duration::from_secs(args.node.timeout));
    let found = facts::gather(&facts::Wanted { probe_gateway: args.probe_gateway, ..wanted })?;
    let text = found.text();
    match (&args.output, &args.output_dir) {
        (Some(file), _) => console.save(file, &text)?,
        (_, Some(directory)) => {
            std::fs::create_dir_all(directory).map_err(|source| Failure::File {
                verb: "make the directory",
                path: directory.clone(),
                source,
            })?;
            console.save(&directory.join(format!("{}.json", found.host)), &text)?;
        }
        _ => console.say(&text)?,
    }
    Ok(Exit::Clean)
}
