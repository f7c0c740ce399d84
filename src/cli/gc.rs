//! `shifter-site gc`: forget what nobody goes back to.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use super::{Outcome, console::Console, exit::Exit, world};
use crate::{
    install::{self, Store},
    profile::section::scalar,
    versioned::{self, Collection, Fate},
};

/// How long a directory stays that containers may hold open: a start may still be on its way to it.
const YOUNG: Duration = Duration::from_secs(3600);

/// Forget old generations and what only they need. What is in place always stays, and so does the way back to what was
/// there before the first.
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
    /// Forget only what is older; without `--keep`, all that is older but the newest and the first.
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Option<u64>,
    /// The lock to hold, instead of the one beside the generations.
    #[arg(long, value_name = "FILE")]
    lock_file: Option<PathBuf>,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let tree = world::tree(args.root.as_deref())?;
    let (mut forgotten, mut versions) = (Vec::new(), Vec::new());
    if let Some(store) = Store::open(&tree)? {
        let _lock = store.lock(args.lock_file.as_deref())?;
        if let Some(recovery) = install::recover(&tree, &store)? {
            console.note(&format!("shifter-site: {recovery}\n"));
        }
        // What only a forgotten generation names is looked at too.
        let before = versioned::named(&store)?;
        let keep = args.keep.unwrap_or(if args.older_than.is_some() { 1 } else { 10 });
        forgotten = install::collect(&store, keep as usize, args.older_than)?;
        versions = versioned::collect(&Collection {
            root: tree.path(),
            trees: before.trees,
            named: versioned::named(&store)?.versions,
            older_than: args.older_than.map_or(YOUNG, Duration::from_secs),
            now: SystemTime::now(),
            dry_run: false,
        })?;
    }
    let numbers: Vec<String> = forgotten.iter().map(ToString::to_string).collect();
    console.say(&match numbers.as_slice() {
        [] => "Nothing to forget.\n".to_owned(),
        numbers => format!("Forgotten: generation {}.\n", numbers.join(", ")),
    })?;
    for version in &versions {
        let place = version.place.display();
        match &version.fate {
            Fate::Removed => console.say(&format!("Removed: {place}.\n"))?,
            Fate::Held(holder) => console.say(&format!("Kept: {place} is in use by process {}.\n", holder.pid))?,
            Fate::Named | Fate::Young => {}
        }
    }
    Ok(Exit::Clean)
}

fn age(text: &str) -> Result<u64, String> {
    text.parse::<scalar::Duration>().map(|age| age.seconds())
}
