//! Three ways: what should be, what is, and what was applied last.

use super::desired::{Desired, Wanted};
use super::difference::{Difference, FileDifference, Pair, Status, Verdict};
use super::generation::{Generation, Kept};
use super::{Accounts, InstallError, Store};
use crate::change;
use crate::digest::sha256;
use crate::tree::{Installed, Look, Tree};

/// What differs, and the bytes it was found in.
#[derive(Debug)]
pub struct Compared {
    /// What differs.
    pub difference: Difference,
    /// Every file that is wanted or was applied last.
    pub items: Vec<Item>,
    /// The generation of the class that was applied last.
    pub last: Option<Generation>,
}

/// One file, three ways.
#[derive(Debug)]
pub struct Item {
    /// Where it is installed.
    pub path: String,
    /// As it should be; none when it is to go.
    pub wanted: Option<Wanted>,
    /// As it is.
    pub installed: Option<Installed>,
    /// As it was applied last.
    pub base: Option<Base>,
    /// Whether it differs.
    pub differs: bool,
}

/// A file as it was applied last.
#[derive(Clone, Debug)]
pub struct Base {
    /// What is recorded of it.
    pub kept: Kept,
    /// What it held.
    pub bytes: Vec<u8>,
}

impl Base {
    fn is(&self, installed: &Installed) -> bool {
        let content = &self.kept.content;
        self.bytes == installed.bytes
            && content.mode == installed.mode
            && content.ids().is_none_or(|ids| ids == installed.ids)
    }

    fn is_wanted(&self, wanted: &Wanted) -> bool {
        let content = &self.kept.content;
        self.bytes == wanted.bytes && content.mode == wanted.mode && content.ids() == wanted.ids
    }
}

/// Compares what should be below `tree` with what is, and with the generations in `store`.
///
/// # Errors
/// When the system refuses; what is wrong with a single file stands in the difference.
pub fn compare(
    tree: &Tree,
    store: Option<&Store>,
    desired: &Desired,
    accounts: &Accounts,
) -> Result<Compared, InstallError> {
    let generations = store.map(Store::generations).transpose()?.unwrap_or_default();
    let last = generations.iter().rfind(|generation| generation.class == desired.class).cloned();
    let mut items = Vec::new();
    let mut files = Vec::new();
    let wanted = desired.files.iter().map(|wanted| (wanted.install.as_str(), Some(wanted)));
    let gone = last.iter().flat_map(|last| &last.files).map(|kept| (kept.install.as_str(), None));
    let gone = gone.filter(|(path, _)| !desired.files.iter().any(|wanted| wanted.install == *path));
    for (path, wanted) in wanted.chain(gone) {
        let (installed, obstacle) = match tree.look(path)? {
            Look::Absent => (None, None),
            Look::File(file) => (Some(file), None),
            Look::Obstacle(error) => (None, Some(error.to_string())),
        };
        let obstacle = obstacle.or_else(|| claimed(path, wanted, &generations, desired));
        let base = match (&last, store) {
            (Some(last), Some(store)) => base(store, last, path)?,
            _ => None,
        };
        let item = Item { path: path.to_owned(), wanted: wanted.cloned(), installed, base, differs: false };
        let found = difference(&item, obstacle, accounts);
        items.push(Item { differs: found.is_some(), ..item });
        files.extend(found);
    }
    let difference = Difference {
        schema: 1,
        root: tree.path().display().to_string(),
        class: desired.class.clone(),
        generation: last.as_ref().map(|last| last.number),
        files,
    };
    Ok(Compared { difference, items, last })
}

fn base(store: &Store, last: &Generation, path: &str) -> Result<Option<Base>, InstallError> {
    let Some(kept) = last.files.iter().find(|kept| kept.install == path) else { return Ok(None) };
    let bytes = store.stored(last.number, &kept.content.stored)?;
    Ok(Some(Base { kept: kept.clone(), bytes }))
}

/// What another class of the same root says about a path that it has in place with other words.
fn claimed(path: &str, wanted: Option<&Wanted>, generations: &[Generation], desired: &Desired) -> Option<String> {
    let wanted = wanted?;
    let other = generations.iter().rfind(|generation| {
        generation.class != desired.class
            && generation.files.iter().any(|kept| kept.install == path)
            && is_newest_of_its_class(generation, generations)
    })?;
    if generations.iter().any(|g| g.class == desired.class && g.files.iter().any(|kept| kept.install == path)) {
        return None;
    }
    let class = other.class.as_deref().unwrap_or("(none)");
    Some(format!(
        "`{}` was installed for class `{class}` (generation {}): one root has one class, or add `--take-over`",
        wanted.install, other.number
    ))
}

fn is_newest_of_its_class(generation: &Generation, generations: &[Generation]) -> bool {
    generations.iter().rfind(|other| other.class == generation.class).is_some_and(|other| other == generation)
}

fn difference(item: &Item, obstacle: Option<String>, accounts: &Accounts) -> Option<FileDifference> {
    let Item { path, wanted, installed, base, .. } = item;
    let status = match (wanted, installed) {
        (Some(_), None) => Status::Missing,
        (None, Some(_)) => Status::Extra,
        (Some(wanted), Some(installed)) if !wanted.is(installed) => Status::Differs,
        _ if obstacle.is_some() && wanted.is_some() => Status::Differs,
        _ => return None,
    };
    let kind = wanted.as_ref().map(|wanted| wanted.kind).or(base.as_ref().map(|base| base.kept.kind))?;
    let they = base.as_ref().map(|base| !installed.as_ref().is_some_and(|installed| base.is(installed)));
    let you = base.as_ref().map(|base| !wanted.as_ref().is_some_and(|wanted| base.is_wanted(wanted)));
    let verdict = match (you, they) {
        (Some(true), Some(true)) => Verdict::Both,
        (Some(_), Some(false)) => Verdict::You,
        (Some(false), Some(true)) => Verdict::They,
        _ => Verdict::First,
    };
    let between = |old: Option<&[u8]>, new: Option<&[u8]>| match (old, new) {
        (Some(old), Some(new)) => change::of(kind, old, new),
        _ => Vec::new(),
    };
    let old = installed.as_ref().map(|installed| installed.bytes.as_slice());
    let new = wanted.as_ref().map(|wanted| wanted.bytes.as_slice());
    let applied = base.as_ref().map(|base| base.bytes.as_slice());
    let edited = old.is_some() && applied.is_some() && old != applied && old != new;
    let pair = |from: String, to: String| (from != to).then_some(Pair { from, to });
    let both = installed.as_ref().zip(wanted.as_ref());
    Some(FileDifference {
        path: path.clone(),
        status,
        verdict,
        edited,
        changes: between(old, new),
        theirs: if edited { between(applied, old) } else { Vec::new() },
        owner: both.and_then(|(installed, wanted)| {
            let ids = wanted.ids.filter(|ids| *ids != installed.ids)?;
            pair(accounts.names(installed.ids), accounts.names(ids))
        }),
        mode: both
            .and_then(|(installed, wanted)| pair(format!("{:04o}", installed.mode), format!("{:04o}", wanted.mode))),
        obstacle,
        reload: wanted.as_ref().map_or_else(String::new, |wanted| wanted.reload.clone()),
        secret: wanted
            .as_ref()
            .map_or_else(|| base.as_ref().is_some_and(|base| base.kept.secret), |wanted| wanted.secret),
        kind,
        installed: installed.as_ref().map(|installed| {
            let (inode, seconds, nanoseconds) = installed.stamp;
            format!("{inode}@{seconds}.{nanoseconds:09}")
        }),
        wanted: wanted.as_ref().filter(|wanted| !wanted.secret).map(|wanted| sha256(&wanted.bytes)),
    })
}
