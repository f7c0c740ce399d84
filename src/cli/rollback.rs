//! `shifter-site rollback`: put an earlier generation back.

use std::path::PathBuf;

use super::{
    Outcome,
    apply::{self, HowArgs},
    console::Console,
    exit::Exit,
    world,
};
use crate::install::{self, Accounts, InstallError, Store};

/// Put the files of an earlier generation back, as a new generation.
///
/// Needs no profile. It is done as `apply` does it: at every instant each file is whole, and a run that is killed is
/// finished or taken back by the next.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site rollback                 to the generation before what is in place
  shifter-site rollback 3 --dry-run
  shifter-site rollback 0               to what was there before the first")]
pub(super) struct Args {
    /// The generation. Default: the one before what is in place.
    #[arg(value_name = "GENERATION")]
    generation: Option<u32>,
    /// The directory that is the nodes' `/`.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    how: HowArgs,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let tree = world::tree(args.root.as_deref())?;
    apply::may_reload(&args.how, &tree)?;
    let accounts = Accounts::of(&tree).map_err(InstallError::from)?;
    if args.how.dry_run {
        let nothing = || InstallError::NoGeneration { number: 0, kept: "nothing was applied here".to_owned() };
        let store = Store::open(&tree)?.ok_or_else(nothing)?;
        let back = install::rollback(&store, args.generation)?;
        let compared = install::compare(&tree, Some(&store), &back.desired, &accounts)?;
        console.say(&install::words(&compared.difference, back.cause))?;
        return Ok(world::dry(!compared.difference.is_empty()));
    }
    let (store, _lock) = apply::begin(&tree, &args.how, console)?;
    let back = install::rollback(&store, args.generation)?;
    install::may(&back.desired)?;
    let compared = install::compare(&tree, Some(&store), &back.desired, &accounts)?;
    if !apply::agreed(&compared, back.cause, &args.how, console)? {
        return Ok(Exit::Failed);
    }
    let request = args.how.request(back.cause, Vec::new(), false, back.unmade);
    let applied = install::apply(&tree, &store, &back.desired, &compared, &request)?;
    apply::told(&applied, &[], &args.how, console)
}
