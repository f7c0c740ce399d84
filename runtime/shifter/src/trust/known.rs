//! The short way to a file of root's: by names, where names are enough.
//!
//! A directory that is root's, that nobody else can write to, and that lies in such a directory all the way up from `/`, is
//! the same whenever it is asked for: only root could put another one in its place. So it is looked at once in the life of
//! a process, by its name, and what lies in it is reached by its name as well, with no link followed anywhere
//! (openat2(2), `RESOLVE_NO_SYMLINKS`), and judged by what was opened.
//!
//! Whatever is not as simple (a link on the way, a directory of somebody else's, anything at fault) is left to the walk
//! from descriptor to descriptor, which says what is wrong and where. A script of root's may mount over what was looked
//! at, and another mount table has other directories: [`forget`] is for those.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use shifter_sys::open::{self, Facts, For, Kind};
use shifter_sys::{later, node};

use super::{ROOT_ALONE, Rule, check, check_acl};

thread_local! {
    static KNOWN: RefCell<BTreeSet<PathBuf>> = const { RefCell::new(BTreeSet::new()) };
}

/// Nothing is known any more.
pub(crate) fn forget() {
    KNOWN.take();
}

/// Whether a directory and all above it are root's alone, and no link.
pub(super) fn is_roots_alone(directory: &Path) -> bool {
    is_plain(directory) && all_are_roots(directory)
}

/// No `..`, no `.`, from the root.
fn is_plain(path: &Path) -> bool {
    path.is_absolute() && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)))
}

/// From the root down: what a name leads to is fixed once all above it is.
fn all_are_roots(directory: &Path) -> bool {
    if KNOWN.with_borrow(|known| known.contains(directory)) {
        return true;
    }
    directory.parent().is_none_or(all_are_roots) && look(directory).is_some()
}

/// Looks at a directory whose parent is known.
fn look(directory: &Path) -> Option<Facts> {
    let facts = open::facts_of(directory).ok()?;
    let is_roots = facts.kind == Kind::Directory
        && check(&facts, ROOT_ALONE, false).is_ok()
        && check_acl(&facts, || directory.to_owned()).is_ok();
    if !is_roots {
        return None;
    }
    KNOWN.with_borrow_mut(|known| known.insert(directory.to_owned()));
    Some(facts)
}

/// A directory that is root's alone as it is now; `None` leaves it to the walk.
pub(super) fn directory(path: &Path) -> Option<Facts> {
    (is_plain(path) && path.parent().is_none_or(all_are_roots)).then(|| look(path))?
}

/// Opens a file for reading, or a directory as a place; `None` leaves it to the walk.
pub(super) fn open(path: &Path, wanted: Kind, rule: Rule) -> Option<(OwnedFd, Facts)> {
    let parent = path.parent()?;
    if !is_roots_alone(parent) {
        return None;
    }
    let purpose = if wanted == Kind::Regular { For::Reading } else { For::Place };
    let file = open::host_plain(path, purpose).ok()?;
    let is_trusted = |facts: &Facts| {
        facts.kind == wanted && check(facts, rule, true).is_ok() && check_acl(facts, || open::magic_link(&file)).is_ok()
    };
    match open::facts(&file).ok().filter(is_trusted) {
        Some(facts) => Some((file, facts)),
        None => {
            later::close(file);
            None
        }
    }
}

/// Where a link of root's leads that lies in a directory of root's alone; `None` for any other.
pub(super) fn target(link: &Path) -> Option<PathBuf> {
    let parent = link.parent().filter(|parent| is_roots_alone(parent))?;
    let facts = open::facts_of(link).ok()?;
    if facts.kind != Kind::Symlink || facts.uid != 0 || !is_plain(link) {
        return None;
    }
    let target = PathBuf::from(node::link_at(link).ok()?);
    if target.is_absolute() {
        return is_plain(&target).then_some(target);
    }
    // The directories above have no links, so `..` at the beginning means what it says; behind a name it may not.
    let mut from = parent.to_owned();
    let mut rest = target.as_path();
    while let Ok(behind) = rest.strip_prefix("..") {
        from.pop();
        rest = behind;
    }
    let whole = from.join(rest);
    is_plain(&whole).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_directories_of_root_are_known() {
        assert!(is_roots_alone(Path::new("/usr/bin")) && is_roots_alone(Path::new("/")));
        for other in ["/tmp", "/tmp/x", "/proc/self", "/etc/passwd", "etc", "/etc/../etc", "/no/such"] {
            assert!(!is_roots_alone(Path::new(other)), "{other}");
        }
        assert!(open(Path::new("/tmp/x"), Kind::Regular, ROOT_ALONE).is_none());
        assert!(open(Path::new("/etc"), Kind::Regular, ROOT_ALONE).is_none());
        assert!(open(Path::new("/etc/passwd"), Kind::Regular, ROOT_ALONE).is_some());
    }

    #[test]
    fn a_link_is_followed_by_name_only_where_its_name_is_enough() {
        let magic = Path::new("/proc/self/cwd");
        assert_eq!(target(magic), None, "below a link");
        assert_eq!(target(Path::new("/etc/passwd")), None);
    }
}
