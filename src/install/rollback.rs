//! Back to a generation that is kept, and forgetting old ones.

use super::clock::now;
use super::desired::{Desired, Wanted};
use super::generation::{Before, Cause, Content, Generation, Kept};
use super::{InstallError, Store};
use crate::change::Kind;

/// What going back means.
#[derive(Debug)]
pub struct Rollback {
    /// What to record: the generation that is put back.
    pub cause: Cause,
    /// The files as they were then.
    pub desired: Desired,
    /// Directories made since, innermost first: they go when they are empty.
    pub unmade: Vec<String>,
}

/// What it takes to go back to generation `to`; without a number, to the one before what is in place now. 0 is what was
/// there before the first.
///
/// # Errors
/// When there is no such generation.
pub fn rollback(store: &Store, to: Option<u32>) -> Result<Rollback, InstallError> {
    let all = store.generations()?;
    let asked = to.and_then(|to| all.iter().find(|generation| generation.number == to));
    let none = |number: u32| InstallError::NoGeneration { number, kept: kept(&all) };
    let last = all.last().ok_or_else(|| none(to.unwrap_or(0)))?;
    let class = asked.unwrap_or(last).class.clone();
    let own: Vec<&Generation> = all.iter().filter(|generation| generation.class == class).collect();
    let (first, current) = own.first().zip(own.last()).ok_or_else(|| none(to.unwrap_or(0)))?;
    let before = || own.iter().rev().find(|generation| generation.number < current.meaning()).map_or(0, |g| g.number);
    let number = to.unwrap_or_else(before);
    let target = own.iter().find(|generation| generation.number == number);
    let knows_the_beginning = first.previous.is_none();
    if target.is_none() && (number != 0 || !knows_the_beginning) {
        return Err(none(number));
    }
    let since: Vec<&&Generation> = own.iter().filter(|generation| generation.number > number).collect();
    let mut files = Vec::new();
    if let Some(target) = target {
        for kept in &target.files {
            files.push(wanted(kept, store.stored(target.number, &kept.content.stored)?));
        }
    }
    for current in &current.files {
        if files.iter().any(|file: &Wanted| file.install == current.install) {
            continue;
        }
        let found = since.iter().find_map(|generation| {
            let before =
                generation.before.iter().find(|before| before.install == current.install && !before.is_ours)?;
            Some((generation.number, before.was.clone()?))
        });
        if let Some((number, was)) = found {
            files.push(restored(current, &was, store.stored(number, &was.stored)?));
        }
    }
    let desired = Desired {
        source: target.map_or_else(|| current.source.clone(), |target| target.source.clone()),
        site: current.site.clone(),
        target: target.and_then(|target| target.target.clone()),
        class,
        config_id: target.and_then(|target| target.config_id.clone()),
        files,
        left_out: Vec::new(),
    };
    let unmade = since.iter().rev().flat_map(|generation| generation.made.iter().rev().cloned()).collect();
    let to = target.map_or(0, |target| target.meaning());
    Ok(Rollback { cause: Cause::Rollback { to }, desired, unmade })
}

/// The numbers of those that are kept, in words: `kept are 1, 4 to 6`.
fn kept(all: &[Generation]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for number in all.iter().map(|generation| generation.number) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let words =
        |(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first} to {last}") };
    match runs.as_slice() {
        [] => "nothing was applied here".to_owned(),
        [(only, last)] if only == last => format!("kept is {only} alone"),
        runs => format!("kept are {}", runs.iter().map(words).collect::<Vec<_>>().join(", ")),
    }
}

fn wanted(kept: &Kept, bytes: Vec<u8>) -> Wanted {
    Wanted {
        install: kept.install.clone(),
        bytes,
        owner: kept.owner.clone(),
        group: kept.group.clone(),
        ids: kept.content.ids(),
        mode: kept.content.mode,
        label: kept.content.label.clone(),
        secret: kept.secret,
        kind: kept.kind,
        names_others: kept.names_others,
        reload: kept.reload.clone(),
        is_ours: true,
    }
}

/// A file as it was before it was first applied. It may hold a secret that nobody said it holds.
fn restored(kept: &Kept, was: &Content, bytes: Vec<u8>) -> Wanted {
    let kind = if kept.secret && kept.kind == Kind::Text { Kind::Secret } else { kept.kind };
    Wanted { ids: was.ids(), mode: was.mode, label: was.label.clone(), kind, is_ours: false, ..wanted(kept, bytes) }
}

/// Forgets generations: those beyond the newest `keep` of each class, and of these only what is older than
/// `older_than` seconds where that is given. The newest of each class always stays, and with it the first, to which there
/// is always a way back, and every one that keeps what a file that is still in place was before it was ours. To be
/// called with the lock held.
///
/// # Errors
/// When the system refuses.
pub fn collect(store: &Store, keep: usize, older_than: Option<u64>) -> Result<Vec<u32>, InstallError> {
    let all = store.generations()?;
    let mut forgotten = Vec::new();
    for generation in &all {
        let newer: Vec<&Generation> =
            all.iter().filter(|g| g.class == generation.class && g.number > generation.number).collect();
        let age = now().saturating_sub(generation.time);
        let is_needed = newer.last().is_none_or(|newest| is_the_only_way_back(generation, newest));
        if !is_needed && newer.len() >= keep.max(1) && older_than.is_none_or(|limit| age > limit) {
            store.forget(generation.number)?;
            forgotten.push(generation.number);
        }
    }
    Ok(forgotten)
}

/// Whether `generation` is the first of its class, or keeps the original of a file that `newest` has in place.
fn is_the_only_way_back(generation: &Generation, newest: &Generation) -> bool {
    let in_place = |before: &Before| newest.files.iter().any(|file| file.install == before.install);
    let keeps_an_original = |before: &Before| !before.is_ours && before.was.is_some() && in_place(before);
    generation.previous.is_none() || generation.before.iter().any(keeps_an_original)
}
