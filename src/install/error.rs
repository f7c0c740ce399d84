//! Why files were not installed.

use crate::tree::TreeError;
use std::path::PathBuf;

/// Why files were not installed. Unless a variant says otherwise, nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The system refused, or the way to a file is not safe.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Only root may do this.
    #[error("{0}")]
    NotPermitted(String),
    /// Another run holds the lock.
    #[error("another run{by} is at work here: it holds the lock `{}`", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
        /// Its process, as ` (process 7)`, or nothing.
        by: String,
    },
    /// Users and groups that the machine does not have.
    #[error(
        "{}\nhelp: add the account, name another with `[install.FILE]`, or leave owners to the caller with `--no-owner`",
        listed("the files cannot be given to whom they belong", .0)
    )]
    Accounts(Vec<String>),
    /// Things that lie where files belong, or directories that are not safe.
    #[error("{}", listed("these files cannot be installed safely", .0))]
    Obstacles(Vec<String>),
    /// Files that somebody edited where they are installed.
    #[error(
        "{}\nhelp: take the edits into the profile, or replace them with `--overwrite-edits`; they are kept in the generation",
        listed("INST001 edited-in-place: these files were edited since they were applied", .0)
    )]
    Edited(Vec<String>),
    /// Two rendered files for one place.
    #[error("`{first}` and `{second}` are both installed at `{install}`: choose a class with `--class`")]
    SamePlace {
        /// The place.
        install: String,
        /// A rendered file.
        first: String,
        /// Another.
        second: String,
    },
    /// A configuration file without what it names.
    #[error("`{names}` names `{named}`, which is not installed: leave out `--only`, or add `--only {named}`")]
    NamesMissing {
        /// The configuration file.
        names: String,
        /// What it names.
        named: String,
    },
    /// A configuration file that names a script which is nowhere.
    #[error("`{names}` names `{named}`, which is neither rendered nor there: say where it lies with `hooks`")]
    NamesNothing {
        /// The configuration file.
        names: String,
        /// What it names.
        named: String,
    },
    /// A path that `--only` gives and that nothing is about.
    #[error("nothing is installed at or below `{0}`")]
    NothingThere(String),
    /// A file that its reader would refuse: a mistake of this tool.
    #[error("{0}")]
    ReadBack(String),
    /// A record below the state directory that this tool did not write so.
    #[error("`{}` is damaged: {why}", path.display())]
    Damaged {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A generation that is not kept.
    #[error("there is no generation {number} to go back to: {kept}")]
    NoGeneration {
        /// Its number.
        number: u32,
        /// Those there are, in words.
        kept: String,
    },
    /// A plan of another machine state.
    #[error("{}", listed("the plan no longer holds: make a new one with `shifter-site diff --out`", .0))]
    PlanIsOld(Vec<String>),
    /// Putting the files in place failed, and what was there before is back.
    #[error("{why}; everything is as it was before")]
    Reverted {
        /// What failed.
        why: String,
    },
    /// Putting the files in place failed, and so did going back. The next run goes on.
    #[error("{why}; going back failed too: {back}; run `shifter-site apply` again once that is mended")]
    HalfWay {
        /// What failed.
        why: String,
        /// What failed then.
        back: String,
    },
    /// What was installed is not what it should be when it is looked at again.
    #[error("{}", listed("these files changed while they were installed", .0))]
    NotAsWanted(Vec<String>),
}

/// A headline and its lines.
fn listed(headline: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("\n  {line}")).collect();
    format!("{headline}:{lines}")
}
