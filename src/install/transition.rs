//! From one set of files to another, in an order that is right at every instant.
//!
//! [`Journal`] says what is going on before it goes on. While it says [`Stage::Staging`], nothing in place has changed, and
//! going back means to take staged files away. Once it says [`Stage::Committing`], every byte that is needed lies in the
//! generation's directory, and going on is always possible: each [`Step`] can be done twice.

use super::InstallError;
use super::generation::Content;
use super::store::Store;
use crate::tree::{Look, Staged, Tree};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;

/// What a run is about to do, in the state directory until it is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    /// The version of this format. 1.
    pub(super) schema: u32,
    /// The generation that is being made.
    pub(super) number: u32,
    /// How far it is.
    pub(super) stage: Stage,
    /// The way there.
    pub(super) forward: Vec<Step>,
    /// The way back.
    pub(super) back: Vec<Step>,
    /// Directories that it makes, outermost first.
    pub(super) made: Vec<String>,
    /// Directories to take away at the end, where they are empty, innermost first.
    pub(super) unmade: Vec<String>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stage {
    /// Files are written beside their places.
    Staging,
    /// Files are put in place.
    Committing,
}

/// What becomes of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    /// Where it is installed.
    pub(super) install: String,
    /// What it becomes; none takes it away.
    pub(super) to: Option<Content>,
    /// Whether it names other files.
    pub(super) names_others: bool,
}

impl Step {
    pub(super) fn new(install: &str, to: Option<Content>, names_others: bool) -> Self {
        Self { install: install.to_owned(), to, names_others }
    }
}

/// Files that lie beside their places.
#[derive(Debug)]
pub(super) struct Ready {
    staged: Vec<(Staged, bool)>,
}

/// Writes every file of `steps` beside its place, unless it is in place already.
pub(super) fn stage(tree: &Tree, store: &Store, number: u32, steps: &[Step]) -> Result<Ready, InstallError> {
    let mut ready = Ready { staged: Vec::new() };
    let staged = steps.iter().try_for_each(|step| {
        if let Some(staged) = stage_one(tree, store, number, step)? {
            ready.staged.push((staged, step.names_others));
        }
        Ok(())
    });
    match staged {
        Ok(()) => Ok(ready),
        Err(error) => {
            for (staged, _) in &ready.staged {
                // The error that brought us here is the one to report.
                drop(staged.discard());
            }
            Err(error)
        }
    }
}

fn stage_one(tree: &Tree, store: &Store, number: u32, step: &Step) -> Result<Option<Staged>, InstallError> {
    let Some(content) = &step.to else { return Ok(None) };
    let bytes = store.stored(number, &content.stored)?;
    let place = tree.make_parent_of(&step.install, &mut Vec::new())?;
    let tag = number.to_string();
    // What an earlier attempt may have left.
    place.dir.remove(&place.beside(&tag))?;
    let there = place.look()?;
    let is_there = there.as_ref().is_some_and(|there| {
        there.bytes == bytes && there.mode == content.mode && content.ids().is_none_or(|ids| there.ids == ids)
    });
    if is_there {
        return Ok(None);
    }
    let label = content.label.clone().or_else(|| there.and_then(|there| there.label));
    Ok(Some(place.stage(&tag, &bytes, content.ids(), content.mode, label.as_deref())?))
}

/// Puts staged files in place and takes away what goes.
pub(super) fn commit(tree: &Tree, ready: &Ready, steps: &[Step]) -> Result<(), InstallError> {
    // ORDER: what is named must be there before it is named, and must go after it is no longer named.
    for names_others in [false, true] {
        for (staged, _) in ready.staged.iter().filter(|(_, last)| *last == names_others) {
            staged.put()?;
        }
    }
    for names_others in [true, false] {
        for step in steps.iter().filter(|step| step.to.is_none() && step.names_others == names_others) {
            take_away(tree, &step.install)?;
        }
    }
    Ok(())
}

fn take_away(tree: &Tree, install: &str) -> Result<(), InstallError> {
    if let Some(place) = tree.parent_of(install)?
        && matches!(tree.look(install)?, Look::File(_))
    {
        place.dir.remove(&place.name)?;
    }
    Ok(())
}

/// Takes away what staging may have left beside the places of `steps`.
pub(super) fn sweep(tree: &Tree, number: u32, steps: &[Step]) -> Result<(), InstallError> {
    for step in steps {
        if let Some(place) = tree.parent_of(&step.install)? {
            place.dir.remove(&place.beside(&number.to_string()))?;
        }
    }
    Ok(())
}

/// Takes away directories that are empty, in the order given.
pub(super) fn take_away_dirs<'a>(tree: &Tree, dirs: impl Iterator<Item = &'a String>) -> Result<(), InstallError> {
    for dir in dirs {
        let Some((above, name)) = dir.rsplit_once('/') else { continue };
        let above = if above.is_empty() { "/" } else { above };
        if let Some(above) = tree.dir_on_the_way(above)? {
            above.remove_empty_dir(OsStr::new(name))?;
        }
    }
    Ok(())
}

/// The directories on the way to `install` that are not there, outermost first.
pub(super) fn missing_dirs(tree: &Tree, install: &str) -> Result<Vec<String>, InstallError> {
    let mut missing = Vec::new();
    for (at, _) in install.match_indices('/').skip(1) {
        let dir = &install[..at];
        if !missing.is_empty() || tree.dir_on_the_way(dir)?.is_none() {
            missing.push(dir.to_owned());
        }
    }
    Ok(missing)
}
