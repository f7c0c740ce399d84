//! `shifter-site apply`: put what is rendered in place.

use std::{path::PathBuf, process::Command};

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    world,
};
use crate::{
    install::{self, Applied, Cause, Compared, Edits, Reload, Request, Selection, Store},
    tree::Tree,
    versioned::{self, Installed},
};

/// Install what the profile renders, as one generation that can be gone back to.
///
/// Everything is staged and read back first; then files are renamed into place, what others name before those that name
/// it. A run that is killed leaves every file whole, and the next run finishes it or takes it back. Files that somebody
/// edited since they were applied are not overwritten unasked. A second run changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site apply bluewaters.toml --dry-run
  shifter-site apply bluewaters.toml --root /rr/current --class compute --yes
  shifter-site apply plan.json --yes
  shifter-site apply --only /etc/shifter/udiRoot.conf")]
pub(super) struct Args {
    #[command(flatten)]
    world: world::WorldArgs,
    #[command(flatten)]
    how: HowArgs,
    /// Install only this path, or what lies below it; may be given again.
    #[arg(long, value_name = "PATH")]
    only: Vec<String>,
    /// Take over files that were installed for another class of the same root.
    #[arg(long)]
    take_over: bool,
    /// Generations to keep.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: u32,
}

/// How files are put in place: the same for `apply` and `rollback`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct HowArgs {
    /// Only say what would be done; ends with 2 when something would.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Replace files that were edited since they were applied; the generation keeps the edits.
    #[arg(long)]
    pub(super) overwrite_edits: bool,
    /// Do not look at the installed files again at the end.
    #[arg(long)]
    pub(super) no_verify: bool,
    /// Whether programs that run are made to take it up.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(super) reload: ReloadHow,
    /// The lock to hold, instead of the one beside the generations.
    #[arg(long, value_name = "FILE")]
    pub(super) lock_file: Option<PathBuf>,
}

/// Whether programs that run are made to take up what was installed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ReloadHow {
    /// What to do is said.
    #[default]
    Print,
    /// It is done.
    Run,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let Some(world) = world::World::open(&args.world, console)? else { return Ok(Exit::Failed) };
    let tree = &world.tree;
    may_reload(&args.how, tree)?;
    let request = args.how.request(Cause::Apply, args.only.clone(), args.take_over, Vec::new());
    if args.how.dry_run {
        let compared = world.compare(console)?;
        if let Some(plan) = &world.saved {
            plan.still_holds(&compared.difference)?;
        }
        request.selection.holds_something(&compared)?;
        console.say(&install::words(&compared.difference, Cause::Apply))?;
        return Ok(world::dry(!compared.difference.is_empty()));
    }
    install::may(&world.desired)?;
    let (store, _lock) = begin(tree, &args.how, console)?;
    let compared = install::compare(tree, Some(&store), &world.desired, &world.accounts)?;
    if let Some(plan) = &world.saved {
        plan.still_holds(&compared.difference)?;
    }
    request.selection.holds_something(&compared)?;
    if !agreed(&compared, Cause::Apply, &args.how, console)? {
        return Ok(Exit::Failed);
    }
    // ORDER: what udiRoot.conf names must be there before it is.
    for wanted in &world.trees {
        if let Installed::Made(place) = versioned::install(wanted, tree.path())? {
            console.say(&format!("installed {}\n", place.display()))?;
        }
    }
    let applied = install::apply(tree, &store, &world.desired, &compared, &request)?;
    let forgotten = install::collect(&store, args.keep as usize, None)?;
    told(&applied, &forgotten, &args.how, console)
}

impl HowArgs {
    pub(super) fn request(&self, cause: Cause, only: Vec<String>, take_over: bool, unmade: Vec<String>) -> Request {
        Request {
            selection: Selection { only },
            edits: if self.overwrite_edits { Edits::Overwritten } else { Edits::Refused },
            take_over,
            verify: !self.no_verify,
            cause,
            unmade,
        }
    }
}

/// Takes the lock, and finishes or takes back what an earlier run left.
pub(super) fn begin(tree: &Tree, how: &HowArgs, console: &Console) -> Result<(Store, install::Lock), Failure> {
    let store = Store::make(tree)?;
    let lock = store.lock(how.lock_file.as_deref())?;
    if let Some(recovery) = install::recover(tree, &store)? {
        console.note(&format!("shifter-site: {recovery}\n"));
    }
    Ok((store, lock))
}

/// Says what differs, and asks where that is wanted.
pub(super) fn agreed(compared: &Compared, cause: Cause, how: &HowArgs, console: &Console) -> Result<bool, Failure> {
    console.say(&install::words(&compared.difference, cause))?;
    if compared.difference.is_empty() || how.yes {
        return Ok(true);
    }
    let agreed = console.ask("Put this in place? [y/N] ")?.ok_or_else(|| {
        Failure::Usage("nobody can be asked here: add `--yes` to install, or `--dry-run` to look".to_owned())
    })?;
    if !agreed {
        console.say("Nothing was changed.\n")?;
    }
    Ok(agreed)
}

/// Refuses to make programs of this machine take up what was installed for another.
pub(super) fn may_reload(how: &HowArgs, tree: &Tree) -> Result<(), Failure> {
    if how.reload == ReloadHow::Run && !tree.is_host() {
        return Err(Failure::Usage(format!(
            "`--reload run` is for `/`: nothing runs below `{}`",
            tree.path().display()
        )));
    }
    Ok(())
}

/// Says what was done, and sees to the programs that run.
pub(super) fn told(applied: &Applied, forgotten: &[u32], how: &HowArgs, console: &Console) -> Outcome {
    let Some(number) = applied.number else { return Ok(Exit::Clean) };
    let count = |count: usize, words: &str| if count == 0 { String::new() } else { format!(", {count} {words}") };
    let (written, removed) = (applied.written.len(), applied.removed.len());
    let nothing = if written + removed == 0 { ": everything was in place already" } else { "" };
    let text = format!("Generation {number}{nothing}{}{}.\n", count(written, "written"), count(removed, "taken away"));
    console.say(&text)?;
    if !forgotten.is_empty() {
        let numbers: Vec<String> = forgotten.iter().map(ToString::to_string).collect();
        console.say(&format!("Forgotten: generation {}.\n", numbers.join(", ")))?;
    }
    let mut exit = Exit::Clean;
    for reload in &applied.reloads {
        match (how.reload, reload.command()) {
            (ReloadHow::Run, Some(command)) => {
                console.say(&format!("running: {reload}\n"))?;
                if let Err(why) = carry_out(&command) {
                    console.note(&format!("shifter-site: `{reload}` failed: {why}\n"));
                    exit = Exit::Failed;
                }
            }
            _ => say_reload(reload, console)?,
        }
    }
    Ok(exit)
}

fn say_reload(reload: &Reload, console: &Console) -> Result<(), Failure> {
    console.say(&format!("to do: {reload}\n"))
}

fn carry_out(command: &[String]) -> Result<(), String> {
    let status = Command::new(&command[0]).args(&command[1..]).status().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}
