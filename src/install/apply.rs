//! Putting what differs in place, as one generation.

use super::clock::now;
use super::compare::{Compared, Item};
use super::desired::{Desired, Wanted};
use super::difference::Status;
use super::generation::{Before, Cause, Content, Generation, Kept};
use super::recover::{finish_staged, revert, take_back};
use super::transition::{self, Journal, Stage, Step};
use super::{InstallError, Reload, Store};
use crate::tree::{Look, Tree};

/// What to put in place, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which files.
    pub selection: Selection,
    /// What happens to edits made where files are installed.
    pub edits: Edits,
    /// Whether files of another class may be taken over.
    pub take_over: bool,
    /// Whether everything is looked at again at the end.
    pub verify: bool,
    /// What is recorded as the cause.
    pub cause: Cause,
    /// Directories to take away when they are empty at the end, innermost first.
    pub unmade: Vec<String>,
}

/// Which files are put in place.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these paths and what lies below them; all when empty.
    pub only: Vec<String>,
}

impl Selection {
    /// Refuses paths at and below which nothing is installed: they are misspelt.
    ///
    /// # Errors
    /// The first of these.
    pub fn holds_something(&self, compared: &Compared) -> Result<(), InstallError> {
        let is_empty = |only: &&String| {
            let selection = Self { only: vec![(*only).clone()] };
            !compared.items.iter().any(|item| selection.has(&item.path))
        };
        self.only.iter().find(is_empty).map_or(Ok(()), |only| Err(InstallError::NothingThere(only.clone())))
    }

    fn has(&self, path: &str) -> bool {
        let below = |only: &String| {
            path.strip_prefix(only.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.only.is_empty() || self.only.iter().any(below)
    }
}

/// What happens to edits made where files are installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edits {
    /// Nothing is done while there are some.
    Refused,
    /// They are replaced; the generation keeps them.
    Overwritten,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The generation; none when nothing was to do, not even to record.
    pub number: Option<u32>,
    /// Paths that were written.
    pub written: Vec<String>,
    /// Paths that were taken away.
    pub removed: Vec<String>,
    /// What makes running programs take it up.
    pub reloads: Vec<Reload>,
}

/// Puts what differs in place. To be called with the lock held and after [`super::recover`].
///
/// # Errors
/// When something stands in the way: then nothing has changed, or everything is as before.
pub fn apply(
    tree: &Tree,
    store: &Store,
    desired: &Desired,
    compared: &Compared,
    request: &Request,
) -> Result<Applied, InstallError> {
    refuse(compared, request)?;
    let has = |item: &&Item| request.selection.has(&item.path);
    let touched: Vec<&Item> = compared.items.iter().filter(has).filter(|item| item.differs).collect();
    let (mut generation, contents, steps) = draft(store, desired, compared, request, &touched)?;
    let is_recorded = compared.last.as_ref().is_some_and(|last| is_the_same(last, &generation, store, &contents));
    if touched.is_empty() && is_recorded {
        return Ok(Applied::default());
    }
    for step in steps.iter().filter(|step| step.to.is_some()) {
        let missing = transition::missing_dirs(tree, &step.install)?;
        generation.made.extend(missing.into_iter().filter(|dir| !generation.made.contains(dir)).collect::<Vec<_>>());
    }
    let made = generation.made.clone();
    let back = generation.before.iter().map(Before::step).collect();
    let mut journal = Journal {
        schema: 1,
        number: generation.number,
        stage: Stage::Staging,
        forward: steps,
        back,
        made,
        unmade: request.unmade.clone(),
    };
    store.set_journal(&journal)?;
    let staged = (|| {
        store.write(&generation, &contents)?;
        let ready = transition::stage(tree, store, generation.number, &journal.forward)?;
        journal.stage = Stage::Committing;
        store.set_journal(&journal)?;
        Ok(ready)
    })();
    let ready = match staged {
        Ok(ready) => ready,
        Err(error) => {
            // What cannot be taken back now, the next run takes back: the journal says so.
            drop(take_back(tree, store, &journal));
            return Err(error);
        }
    };
    if let Err(error) = finish_staged(tree, store, &journal, &ready) {
        let why = error.to_string();
        return Err(match revert(tree, store, &journal) {
            Ok(()) => InstallError::Reverted { why },
            Err(back) => InstallError::HalfWay { why, back: back.to_string() },
        });
    }
    if request.verify {
        verify(tree, &touched)?;
    }
    let path = |item: &&Item| item.path.clone();
    let (written, removed): (Vec<&Item>, Vec<&Item>) = touched.iter().partition(|item| item.wanted.is_some());
    Ok(Applied {
        number: Some(generation.number),
        written: written.iter().map(path).collect(),
        removed: removed.iter().map(path).collect(),
        reloads: Reload::of(written.iter().filter_map(|item| item.wanted.as_ref())),
    })
}

/// Refuses what must not be done.
fn refuse(compared: &Compared, request: &Request) -> Result<(), InstallError> {
    request.selection.holds_something(compared)?;
    let files = || compared.difference.files.iter().filter(|file| request.selection.has(&file.path));
    let is_claim = |text: &String| request.take_over && text.ends_with("`--take-over`");
    let obstacles: Vec<String> =
        files().filter_map(|file| file.obstacle.clone()).filter(|text| !is_claim(text)).collect();
    if !obstacles.is_empty() {
        return Err(InstallError::Obstacles(obstacles));
    }
    let edited: Vec<String> = files()
        .filter(|file| file.edited && request.edits == Edits::Refused)
        .map(|file| {
            let theirs: Vec<String> = file.theirs.iter().take(3).map(ToString::to_string).collect();
            let more = if file.theirs.len() > 3 { ", ..." } else { "" };
            format!("{}: {}{more}", file.path, theirs.join(", "))
        })
        .collect();
    if !edited.is_empty() {
        return Err(InstallError::Edited(edited));
    }
    let absent: Vec<&str> = compared
        .difference
        .files
        .iter()
        .filter(|file| file.status == Status::Missing && !request.selection.has(&file.path))
        .map(|file| file.path.as_str())
        .collect();
    let naming = compared.items.iter().filter(|item| request.selection.has(&item.path));
    for wanted in naming.filter_map(|item| item.wanted.as_ref()).filter(|wanted| wanted.names_others) {
        let text = String::from_utf8_lossy(&wanted.bytes);
        if let Some(named) = absent.iter().find(|path| text.contains(**path)) {
            let (names, named) = (wanted.install.clone(), (*named).to_owned());
            return Err(InstallError::NamesMissing { names, named });
        }
    }
    Ok(())
}

type Draft<'a> = (Generation, Vec<(String, &'a [u8])>, Vec<Step>);

/// The generation as it will be, the bytes it keeps, and the way there.
fn draft<'a>(
    store: &Store,
    desired: &Desired,
    compared: &'a Compared,
    request: &Request,
    touched: &[&'a Item],
) -> Result<Draft<'a>, InstallError> {
    let number = store.generations()?.last().map_or(0, |generation| generation.number) + 1;
    let mut generation = Generation {
        schema: 1,
        number,
        previous: compared.last.as_ref().map(|last| last.number),
        time: now(),
        cause: request.cause,
        source: desired.source.clone(),
        site: desired.site.clone(),
        target: desired.target.clone(),
        class: desired.class.clone(),
        config_id: desired.config_id.clone(),
        files: Vec::new(),
        before: Vec::new(),
        made: Vec::new(),
    };
    let mut contents: Vec<(String, &[u8])> = Vec::new();
    let mut steps = Vec::new();
    for item in &compared.items {
        let is_touched = touched.iter().any(|one| one.path == item.path);
        let stored = format!("file-{:04}", contents.len());
        if let Some(wanted) = item.wanted.as_ref().filter(|_| request.selection.has(&item.path)) {
            contents.push((stored.clone(), &wanted.bytes));
            let content = wanted.content(stored);
            if is_touched {
                steps.push(Step::new(&item.path, Some(content.clone()), wanted.names_others));
            }
            if wanted.is_ours {
                generation.files.push(kept(wanted, content));
            }
        } else if let Some(base) = item.base.as_ref().filter(|_| !request.selection.has(&item.path)) {
            contents.push((stored.clone(), &base.bytes));
            let content = Content { stored, ..base.kept.content.clone() };
            generation.files.push(Kept { content, ..base.kept.clone() });
        } else if is_touched {
            let names_others = item.base.as_ref().is_some_and(|base| base.kept.names_others);
            steps.push(Step::new(&item.path, None, names_others));
        }
        if is_touched {
            let stored = format!("before-{:04}", contents.len());
            generation.before.push(before(item, stored.clone()));
            contents.extend(item.installed.as_ref().map(|installed| (stored, installed.bytes.as_slice())));
        }
    }
    Ok((generation, contents, steps))
}

fn kept(wanted: &Wanted, content: Content) -> Kept {
    Kept {
        install: wanted.install.clone(),
        content,
        owner: wanted.owner.clone(),
        group: wanted.group.clone(),
        secret: wanted.secret,
        kind: wanted.kind,
        names_others: wanted.names_others,
        reload: wanted.reload.clone(),
    }
}

fn before(item: &Item, stored: String) -> Before {
    let was = item.installed.as_ref().map(|installed| Content {
        stored,
        uid: Some(installed.ids.uid),
        gid: Some(installed.ids.gid),
        mode: installed.mode,
        label: installed.label.clone(),
    });
    let names_others = match (&item.wanted, &item.base) {
        (Some(wanted), _) => wanted.names_others,
        (None, base) => base.as_ref().is_some_and(|base| base.kept.names_others),
    };
    Before { install: item.path.clone(), was, is_ours: item.base.is_some(), names_others }
}

/// Whether a generation that changes nothing would record nothing new either.
fn is_the_same(last: &Generation, next: &Generation, store: &Store, contents: &[(String, &[u8])]) -> bool {
    last.files.len() == next.files.len()
        && last.files.iter().zip(&next.files).all(|(old, new)| {
            let bytes = contents.iter().find(|(stored, _)| *stored == new.content.stored).map(|(_, bytes)| *bytes);
            let unnamed = |kept: &Kept| Kept {
                content: Content { stored: String::new(), ..kept.content.clone() },
                ..kept.clone()
            };
            unnamed(old) == unnamed(new) && store.stored(last.number, &old.content.stored).ok().as_deref() == bytes
        })
}

/// Looks at everything again.
fn verify(tree: &Tree, touched: &[&Item]) -> Result<(), InstallError> {
    let mut wrong = Vec::new();
    for item in touched {
        let is_right = match (tree.look(&item.path)?, &item.wanted) {
            (Look::File(file), Some(wanted)) => wanted.is(&file),
            (Look::Absent, None) => true,
            _ => false,
        };
        if !is_right {
            wrong.push(item.path.clone());
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(InstallError::NotAsWanted(wrong)) }
}
