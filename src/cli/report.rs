//! `shifter-site report`: what many nodes say of themselves, in a few lines.

use std::path::PathBuf;

use super::{Outcome, console::Console, exit::Failure, form::Form, verify::exit};
use crate::report::{self, Fleet, Gathered};

/// Fold the results of `verify --format json` of many nodes into groups that say the same.
///
/// Exits 0 when all nodes are as one manifest says, 2 when some differ, 1 when of some nobody knows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site report /shared/verify                  # a directory with one file a node
  pdsh -w 'nid[00001-03072]' -N shifter-site verify --format json | shifter-site report -")]
pub(super) struct Args {
    /// Directories of *.json files, files with one or many results, or `-` for standard input.
    #[arg(value_name = "DIR", required = true)]
    paths: Vec<PathBuf>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let mut gathered = Gathered::default();
    for path in &args.paths {
        if path.as_os_str() == "-" {
            gathered.add("standard input", &console.input()?);
        } else {
            let failed = |source| Failure::File { verb: "read", path: path.clone(), source };
            gathered.join(report::gather(path).map_err(failed)?);
        }
    }
    let fleet = Fleet::fold(gathered);
    let text = match args.format {
        Form::Human => report::human(&fleet),
        Form::Json => serde_json::to_string_pretty(&fleet).expect("texts, numbers and lists are JSON") + "\n",
    };
    console.say(&text)?;
    Ok(exit(fleet.state()))
}
