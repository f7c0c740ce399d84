//! `shifter-site gc`: forget what nobody goes back to.

use std::path::PathBuf;

use super::{Outcome, console::Console, exit::Exit, world};
use crate::{
    install::{self, Store},
    profile::section::scalar::Duration,
};

/// Forget old generations. What is in place always stays.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site gc                             keeps the newest 10 of each class
  shifter-site gc --keep 3 --older-than 90d   of what is beyond the newest 3, what is older than 90 days")]
pub(super) struct Args {
    /// The directory that is the nodes' `/`.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Generations to keep, of each class.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    /// Forget only what is older; without `--keep`, all that is older but the newest.
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Option<u64>,
    /// The lock to hold, instead of the one beside the generations.
    #[arg(long, value_name = "FILE")]
    lock_file: Option<PathBuf>,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let tree = world::tree(args.root.as_deref())?;
    let mut forgotten = Vec::new();
    if let Some(store) = Store::open(&tree)? {
        let _lock = store.lock(args.lock_file.as_deref())?;
        if let Some(recovery) = install::recover(&tree, &store)? {
            console.note(&format!("shifter-site: {recovery}\n"));
        }
        let keep = args.keep.unwrap_or(if args.older_than.is_some() { 1 } else { 10 });
        forgotten = install::collect(&store, keep as usize, args.older_than)?;
    }
    let numbers: Vec<String> = forgotten.iter().map(ToString::to_string).collect();
    console.say(&match numbers.as_slice() {
        [] => "Nothing to forget.\n".to_owned(),
        numbers => format!("Forgotten: generation {}.\n", numbers.join(", ")),
    })?;
    Ok(Exit::Clean)
}

fn age(text: &str) -> Result<u64, String> {
    text.parse::<Duration>().map(|age| age.seconds())
}
