//! Opening what the site wants mounted or copied, by names that others than root may have a say in.
//!
//! `siteFs` names trees of users' (`/scratch/users`), so a directory of anybody's on the way is no fault, and moving one
//! elsewhere gains nobody anything. A link is: whoever can lay one could lead root to a place that he cannot reach
//! himself. So links are followed only where nobody but root can have put them ([`open`]). What the site gives out as
//! its own (`copyPath`, `optUdiImage`, `etcPath`, patterns, devices) must also not be possible to exchange for
//! something else ([`open_own`]).
//!
//! Most paths have no link: one openat2(2) with `RESOLVE_NO_SYMLINKS` opens them. Of the others most are a link of root's in
//! a directory of root's alone (`/etc/localtime`), which leads to one that has none. The walk over each component is left to
//! the rest.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use shifter_sys::open::{self, Facts, For, Kind, Within};
use shifter_sys::{CallError, Errno, node};

use super::{Distrust, GROUP_WRITE, MOST_LINKS, STICKY, TrustError, WORLD_WRITE, check_acl, components, known};

/// Opens a place of the host; no link that somebody who is not root could have laid is followed.
///
/// # Errors
/// Names such a link and who could have laid it; [`Distrust::Call`] with `ENOENT` if nothing is there.
pub fn open(path: &Path, wanted: For) -> Result<OwnedFd, TrustError> {
    let result = match open::host_plain(path, wanted) {
        Err(error) if error.errno == Errno::LOOP => match known::target(path) {
            Some(target) => open::host_plain(&target, wanted),
            None => Err(error),
        },
        result => result,
    };
    match result {
        Err(error) if error.errno == Errno::LOOP => walk(path, wanted, Rule::Links),
        result => result.map_err(|error| TrustError { path: path.to_owned(), reason: Distrust::Call(error) }),
    }
}

/// Opens something of the site's own: nobody but root can put anything else in the place of any part of the path.
/// What is there may belong to anybody.
///
/// # Errors
/// Names the first directory that somebody else can change; [`Distrust::Call`] with `ENOENT` if nothing is there.
pub fn open_own(path: &Path, wanted: For) -> Result<OwnedFd, TrustError> {
    let failed = |error| TrustError { path: path.to_owned(), reason: Distrust::Call(error) };
    if path.parent().is_some_and(known::is_roots_alone) {
        match open::host_plain(path, wanted) {
            Err(error) if error.errno == Errno::LOOP => {}
            result => return result.map_err(failed),
        }
    }
    let mut ancestors: Vec<&Path> = path.ancestors().collect();
    ancestors.reverse();
    let mut parent: Option<(&Path, Facts)> = None;
    // ORDER: from the root down: what a name leads to is fixed once all above it is.
    for here in ancestors {
        let facts = open::facts_of(here).map_err(failed)?;
        if facts.kind == Kind::Symlink {
            return walk(path, wanted, Rule::Everything);
        }
        if let Some((parent, of_parent)) = parent {
            let place = check_named_place(|| parent.to_owned(), &of_parent, &facts);
            place.map_err(|reason| TrustError { path: parent.to_owned(), reason })?;
        }
        parent = Some((here, facts));
    }
    open::host_plain(path, wanted).map_err(failed)
}

/// What must be root's to say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Where links lead.
    Links,
    /// What every name on the way stands for.
    Everything,
}

/// A directory on the way.
struct Passed {
    path: PathBuf,
    directory: OwnedFd,
    facts: Facts,
    /// Where somebody else could have put another directory on the way here, and who.
    doubt: Option<TrustError>,
}

fn walk(path: &Path, wanted: For, rule: Rule) -> Result<OwnedFd, TrustError> {
    let at = |path: &Path, reason| TrustError { path: path.to_owned(), reason };
    if !path.is_absolute() {
        return Err(at(path, Distrust::NotAbsolute));
    }
    let at_root = |error| at(Path::new("/"), Distrust::Call(error));
    let directory = open::host_plain(Path::new("/"), For::Place).map_err(at_root)?;
    let facts = open::facts(&directory).map_err(at_root)?;
    let mut trail = vec![Passed { path: "/".into(), directory, facts, doubt: None }];
    let mut to_go = components(path);
    let mut links = 0;
    while let Some(name) = to_go.pop() {
        if name == ".." {
            if trail.len() > 1 {
                trail.pop();
            }
            continue;
        }
        let parent = trail.last().expect("the trail begins with the root and never loses it");
        let here = parent.path.join(&name);
        let call = |error: CallError| at(path, Distrust::Call(error));
        let fd = open::below(&parent.directory, Path::new(&name), Within::PlainBelow, For::Itself).map_err(call)?;
        let facts = open::facts(&fd).map_err(call)?;
        let place = || check_named_place(|| open::magic_link(&parent.directory), &parent.facts, &facts);
        let here_only = || place().err().map(|reason| at(&parent.path, reason));
        let doubt = parent.doubt.clone().or_else(here_only);
        match (doubt.as_ref(), facts.kind) {
            (Some(place), _) if rule == Rule::Everything => return Err(place.clone()),
            (Some(place), Kind::Symlink) => return Err(at(&here, Distrust::Link(Box::new(place.clone())))),
            (None, Kind::Symlink) if facts.uid != 0 => {
                return Err(at(&here, Distrust::Owner { uid: facts.uid, trusted: 0 }));
            }
            _ => {}
        }
        if facts.kind == Kind::Symlink {
            links += 1;
            if links > MOST_LINKS {
                return Err(at(path, Distrust::TooManyLinks));
            }
            let target = PathBuf::from(node::link_target(&fd).map_err(call)?);
            if target.is_absolute() {
                trail.truncate(1);
            }
            to_go.extend(components(&target));
        } else if to_go.is_empty() {
            return open::below(&parent.directory, Path::new(&name), Within::PlainBelow, wanted).map_err(call);
        } else {
            trail.push(Passed { path: here, directory: fd, facts, doubt });
        }
    }
    let last = trail.pop().expect("the trail begins with the root and never loses it");
    open::below(&last.directory, Path::new("."), Within::PlainBelow, wanted)
        .map_err(|error| at(path, Distrust::Call(error)))
}

/// As [`check_place`], and what an access control list of the directory says, which is asked by a name.
fn check_named_place(name: impl FnOnce() -> PathBuf, directory: &Facts, what: &Facts) -> Result<(), Distrust> {
    check_place(directory, what)?;
    if directory.mode & STICKY == 0 { check_acl(directory, name) } else { Ok(()) }
}

/// Whether only root can have put this into the directory. In a sticky one nobody can rename or remove what is root's
/// (unlink(2), `EPERM`), but a second name of a link of root's can be made there (link(2)).
fn check_place(directory: &Facts, what: &Facts) -> Result<(), Distrust> {
    if directory.uid != 0 {
        return Err(Distrust::Owner { uid: directory.uid, trusted: 0 });
    }
    if directory.mode & STICKY != 0 && what.uid == 0 && what.kind != Kind::Symlink {
        return Ok(());
    }
    if directory.mode & WORLD_WRITE != 0 {
        return Err(Distrust::WorldWritable);
    }
    if directory.mode & GROUP_WRITE != 0 && directory.gid != 0 {
        return Err(Distrust::GroupWritable(directory.gid));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shifter_sys::open::Identity;

    fn facts(kind: Kind, mode: u32, uid: u32) -> Facts {
        Facts { kind, mode, uid, gid: 50, size: 0, mount_id: 1, is_mount_root: false, identity: Identity::default() }
    }

    #[test]
    fn a_place_is_roots_if_nobody_else_can_rename_there() {
        let verdict = |mode, uid, of: &Facts| check_place(&facts(Kind::Directory, mode, uid), of).is_ok();
        let (of_root, of_alice) = (facts(Kind::Directory, 0o755, 0), facts(Kind::Directory, 0o755, 1000));
        assert!(verdict(0o755, 0, &of_root) && verdict(0o755, 0, &of_alice) && verdict(0o1777, 0, &of_root));
        assert!(!verdict(0o777, 0, &of_root) && !verdict(0o775, 0, &of_root) && !verdict(0o755, 1000, &of_root));
        assert!(!verdict(0o1777, 0, &of_alice), "its owner can rename it");
        assert!(!verdict(0o1777, 0, &facts(Kind::Symlink, 0o777, 0)), "a second name of a link of root's");
    }

    #[test]
    fn places_of_the_system_are_opened_with_and_without_links() {
        for path in ["/etc/passwd", "/proc/self/../../etc", "/dev/null", "/", "/usr/bin/../bin/sh", "/bin/sh"] {
            assert!(open(Path::new(path), For::Place).is_ok(), "{path}");
        }
        for path in ["/etc/passwd", "/bin/sh", "/dev/null", "/", "/bin/../etc"] {
            assert!(open_own(Path::new(path), For::Place).is_ok(), "{path}");
        }
        let missing = open(Path::new("/no/such"), For::Place).unwrap_err();
        assert!(matches!(missing.reason, Distrust::Call(CallError { errno: Errno::NOENT, .. })));
    }
}
