//! After a run that ended early: to its end, or back.

use super::InstallError;
use super::store::Store;
use super::transition::{self, Journal, Ready, Stage};
use crate::tree::Tree;
use std::fmt;

/// What was done about a run that ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// It had changed nothing; what it had staged is gone.
    TakenBack {
        /// The generation it was making.
        number: u32,
    },
    /// It was finished.
    Finished {
        /// The generation it was making.
        number: u32,
    },
    /// It could not be finished; what was there before is back.
    Reverted {
        /// The generation it was making.
        number: u32,
        /// What failed.
        why: String,
    },
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TakenBack { number } => {
                write!(f, "a run that was making generation {number} ended early and had changed nothing: taken back")
            }
            Self::Finished { number } => {
                write!(f, "a run that was putting generation {number} in place ended early: finished it")
            }
            Self::Reverted { number, why } => write!(
                f,
                "a run that was putting generation {number} in place ended early, and finishing it failed ({why}): \
                 went back to what was there before"
            ),
        }
    }
}

/// Which generation a run was making that ended early, if one did. Changes nothing.
///
/// # Errors
/// When the journal cannot be read.
pub fn interrupted(store: &Store) -> Result<Option<u32>, InstallError> {
    Ok(store.journal()?.map(|journal| journal.number))
}

/// Finishes a run that ended early or takes it back. To be called with the lock held.
///
/// # Errors
/// When neither can be done; the journal stays, and the next run tries again.
pub fn recover(tree: &Tree, store: &Store) -> Result<Option<Recovery>, InstallError> {
    let Some(journal) = store.journal()? else { return Ok(None) };
    let number = journal.number;
    if journal.stage == Stage::Staging {
        take_back(tree, store, &journal)?;
        return Ok(Some(Recovery::TakenBack { number }));
    }
    match finish(tree, store, &journal) {
        Ok(()) => Ok(Some(Recovery::Finished { number })),
        Err(error) => {
            let why = error.to_string();
            match revert(tree, store, &journal) {
                Ok(()) => Ok(Some(Recovery::Reverted { number, why })),
                Err(back) => Err(InstallError::HalfWay { why, back: back.to_string() }),
            }
        }
    }
}

/// Takes away all traces of a run that has changed nothing in place.
pub(super) fn take_back(tree: &Tree, store: &Store, journal: &Journal) -> Result<(), InstallError> {
    transition::sweep(tree, journal.number, &journal.forward)?;
    transition::take_away_dirs(tree, journal.made.iter().rev())?;
    store.forget(journal.number)?;
    store.clear_journal()
}

/// Goes the way there to its end.
pub(super) fn finish(tree: &Tree, store: &Store, journal: &Journal) -> Result<(), InstallError> {
    let ready = transition::stage(tree, store, journal.number, &journal.forward)?;
    finish_staged(tree, store, journal, &ready)
}

/// The same, with the files staged already.
pub(super) fn finish_staged(tree: &Tree, store: &Store, journal: &Journal, ready: &Ready) -> Result<(), InstallError> {
    transition::commit(tree, ready, &journal.forward)?;
    transition::take_away_dirs(tree, journal.unmade.iter())?;
    store.clear_journal()
}

/// Goes the way back to its beginning.
pub(super) fn revert(tree: &Tree, store: &Store, journal: &Journal) -> Result<(), InstallError> {
    let ready = transition::stage(tree, store, journal.number, &journal.back)?;
    transition::commit(tree, &ready, &journal.back)?;
    // ORDER: first that nothing is in place, then that the generation is forgotten: without its bytes there is no way.
    store.set_journal(&Journal { stage: Stage::Staging, ..journal.clone() })?;
    take_back(tree, store, journal)
}
