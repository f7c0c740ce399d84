//! Which files of the host may tell root what to do.
//!
//! A path is walked one component at a time from `/`, each opened without following links and checked after it was
//! opened: every directory and link belongs to root and nobody else can change it. So what was checked is what is
//! used, and no one but root can put something else under the same name later. For that reason directories that are root's
//! alone are looked at once and then reached by their names ([`known`]); the walk is for all that is less simple.

use std::ffi::OsString;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use shifter_sys::open::{self, Facts, For, Kind, Within};
use shifter_sys::{CallError, node};

mod known;
pub mod source;

pub(crate) use known::forget;

/// As many links as the kernel follows (path_resolution(7)).
const MOST_LINKS: u32 = 40;
const GROUP_WRITE: u32 = 0o020;
const WORLD_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Why a file is not to be trusted, with the part of its path that is at fault.
#[derive(Clone, Debug)]
pub struct TrustError {
    /// The path or the leading part of it.
    pub path: PathBuf,
    /// What is wrong there.
    pub reason: Distrust,
}

/// What is wrong with a file.
#[derive(Clone, Debug)]
pub enum Distrust {
    /// It belongs to somebody who is not root.
    Owner {
        /// To whom.
        uid: u32,
        /// Who else it may belong to; 0 for nobody else.
        trusted: u32,
    },
    /// A group may write to it.
    GroupWritable(u32),
    /// Everybody may write to it.
    WorldWritable,
    /// Who may write to it stands in an access control list.
    AccessList,
    /// It is not a regular file.
    NotRegular,
    /// The path is not absolute.
    NotAbsolute,
    /// It is a link that somebody could have laid who can change the directory of this.
    Link(Box<TrustError>),
    /// Links lead round in a circle.
    TooManyLinks,
    /// It cannot be opened.
    Call(CallError),
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: ", self.path.display())?;
        match &self.reason {
            Distrust::Owner { uid, trusted: 0 } => write!(f, "owned by uid {uid}, not by root"),
            Distrust::Owner { uid, trusted } => write!(f, "owned by uid {uid}, not by root or uid {trusted}"),
            Distrust::GroupWritable(gid) => write!(f, "writable by group {gid}"),
            Distrust::WorldWritable => f.write_str("writable by everybody"),
            Distrust::AccessList => f.write_str("writable by those whom its access control list names (getfacl)"),
            Distrust::NotRegular => f.write_str("not a regular file"),
            Distrust::NotAbsolute => f.write_str("not an absolute path"),
            Distrust::Link(place) => {
                write!(f, "a symbolic link that others than root can change ({place}); name where it leads")
            }
            Distrust::TooManyLinks => f.write_str("more than 40 symbolic links"),
            Distrust::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TrustError {}

/// Opens a regular file for reading that only root can have written, by a path that only root can have laid.
///
/// # Errors
/// Names the first part of the path that somebody else can change.
pub fn open_file(path: &Path) -> Result<(OwnedFd, Facts), TrustError> {
    open(path, Kind::Regular, ROOT_ALONE)
}

/// Opens a directory as a place, by a path that only root can have laid.
///
/// # Errors
/// Names the first part of the path that somebody else can change.
pub fn open_directory(path: &Path) -> Result<(OwnedFd, Facts), TrustError> {
    open(path, Kind::Directory, ROOT_ALONE)
}

/// A directory that only root can have laid, as it is now; it is not kept open.
///
/// # Errors
/// Names the first part of the path that somebody else can change.
pub fn check_directory(path: &Path) -> Result<Facts, TrustError> {
    match known::directory(path) {
        Some(facts) => Ok(facts),
        None => walk(path, Kind::Directory, ROOT_ALONE).map(|(_, facts)| facts),
    }
}

/// Whether a directory and all above it were found to be root's alone before.
#[must_use]
pub fn is_roots_alone(path: &Path) -> bool {
    known::is_roots_alone(path)
}

/// Opens a directory as a place, by a path that only root and `owner` can have laid. Above it there may be directories
/// of everybody with the sticky bit: what root or `owner` has in them nobody else can rename (unlink(2), `EPERM`).
///
/// # Errors
/// Names the first part of the path that somebody else can change.
pub fn open_directory_of(path: &Path, owner: u32) -> Result<(OwnedFd, Facts), TrustError> {
    open(path, Kind::Directory, Rule { owner, sticky_is_safe: true, ..ROOT_ALONE })
}

/// Opens a directory of anybody's as a place, and says whose it is. Only root can have laid the path, so it was root who
/// let it be his. A sticky directory on the way is not enough: while nothing is there anybody could make it.
///
/// # Errors
/// Names the first part of the path that somebody else can change.
pub fn open_owned_directory(path: &Path) -> Result<(OwnedFd, Facts), TrustError> {
    open(path, Kind::Directory, Rule { last_is_anybodys: true, ..ROOT_ALONE })
}

/// Who may have laid a path.
#[derive(Clone, Copy)]
struct Rule {
    /// Beside root.
    owner: u32,
    /// Whether others may write to a directory on the way that has the sticky bit.
    sticky_is_safe: bool,
    /// Whether the directory at the end may belong to anybody.
    last_is_anybodys: bool,
}

const ROOT_ALONE: Rule = Rule { owner: 0, sticky_is_safe: false, last_is_anybodys: false };

fn open(path: &Path, wanted: Kind, rule: Rule) -> Result<(OwnedFd, Facts), TrustError> {
    known::open(path, wanted, rule).map_or_else(|| walk(path, wanted, rule), Ok)
}

fn walk(path: &Path, wanted: Kind, rule: Rule) -> Result<(OwnedFd, Facts), TrustError> {
    let at = |path: &Path, reason| TrustError { path: path.to_owned(), reason };
    if !path.is_absolute() {
        return Err(at(path, Distrust::NotAbsolute));
    }
    let mut to_go = components(path);
    let mut links = 0;
    let (root, facts) = open_root(rule)?;
    let mut trail = vec![(PathBuf::from("/"), root, facts)];
    while let Some(name) = to_go.pop() {
        if name == ".." {
            if trail.len() > 1 {
                trail.pop();
            }
            continue;
        }
        let (parent, directory, _) = trail.last().expect("the trail begins with the root and never loses it");
        let here = parent.join(&name);
        let fd = open::below(directory, Path::new(&name), Within::PlainBelow, For::Itself)
            .map_err(|error| at(&here, Distrust::Call(error)))?;
        let facts = open::facts(&fd).map_err(|error| at(&here, Distrust::Call(error)))?;
        let is_last = to_go.is_empty();
        let checked = check(&facts, rule, is_last).and_then(|()| check_acl(&facts, || open::magic_link(&fd)));
        checked.map_err(|reason| at(&here, reason))?;
        match facts.kind {
            Kind::Symlink => {
                links += 1;
                if links > MOST_LINKS {
                    return Err(at(path, Distrust::TooManyLinks));
                }
                let target = PathBuf::from(node::link_target(&fd).map_err(|error| at(&here, Distrust::Call(error)))?);
                if target.is_absolute() {
                    trail.truncate(1);
                }
                to_go.extend(components(&target));
            }
            Kind::Directory => trail.push((here, fd, facts)),
            Kind::Regular if is_last && wanted == Kind::Regular => {
                let file = open::below(directory, Path::new(&name), Within::PlainBelow, For::Reading);
                let file = file.map_err(|error| at(&here, Distrust::Call(error)))?;
                let facts = open::facts(&file).map_err(|error| at(&here, Distrust::Call(error)))?;
                check(&facts, rule, true).map_err(|reason| at(&here, reason))?;
                return if facts.kind == Kind::Regular {
                    Ok((file, facts))
                } else {
                    Err(at(&here, Distrust::NotRegular))
                };
            }
            _ if is_last => return Err(at(&here, Distrust::NotRegular)),
            _ => {
                return Err(at(
                    &here,
                    Distrust::Call(CallError { call: "openat2", errno: shifter_sys::Errno::NOTDIR }),
                ));
            }
        }
    }
    match trail.pop() {
        Some((_, directory, facts)) if wanted == Kind::Directory => Ok((directory, facts)),
        _ => Err(at(path, Distrust::NotRegular)),
    }
}

/// The names of a path, the last one first.
fn components(path: &Path) -> Vec<OsString> {
    path.components()
        .rev()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

fn open_root(rule: Rule) -> Result<(OwnedFd, Facts), TrustError> {
    let at_root = |reason| TrustError { path: "/".into(), reason };
    let root = open::host(Path::new("/"), For::Place).map_err(|error| at_root(Distrust::Call(error)))?;
    let facts = open::facts(&root).map_err(|error| at_root(Distrust::Call(error)))?;
    check(&facts, rule, false).and_then(|()| check_acl(&facts, || "/".into())).map_err(at_root)?;
    Ok((root, facts))
}

/// Where there is an access control list, the bits of the group are the most that anybody named in it has (acl(5)), and
/// say nothing of group 0.
fn check_acl(facts: &Facts, name: impl FnOnce() -> PathBuf) -> Result<(), Distrust> {
    let may_hide_others = facts.kind == Kind::Directory && facts.mode & GROUP_WRITE != 0 && facts.gid == 0;
    if may_hide_others && node::has_acl(&name()).map_err(Distrust::Call)? { Err(Distrust::AccessList) } else { Ok(()) }
}

/// A file must be root's and writable by root alone. A directory may be writable by group 0 too, which some systems'
/// packages leave so; a link has no mode.
fn check(facts: &Facts, rule: Rule, is_last: bool) -> Result<(), Distrust> {
    let is_anybodys = rule.last_is_anybodys && is_last && facts.kind == Kind::Directory;
    if facts.uid != 0 && facts.uid != rule.owner && !is_anybodys {
        return Err(Distrust::Owner { uid: facts.uid, trusted: rule.owner });
    }
    if facts.kind == Kind::Symlink {
        return Ok(());
    }
    if rule.sticky_is_safe && !is_last && facts.kind == Kind::Directory && facts.mode & STICKY != 0 {
        return Ok(());
    }
    if facts.mode & WORLD_WRITE != 0 {
        return Err(Distrust::WorldWritable);
    }
    let group_is_roots = facts.gid == 0 && facts.kind == Kind::Directory;
    if facts.mode & GROUP_WRITE != 0 && !group_is_roots {
        return Err(Distrust::GroupWritable(facts.gid));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shifter_sys::open::Identity;

    fn facts(kind: Kind, mode: u32, uid: u32, gid: u32) -> Facts {
        Facts { kind, mode, uid, gid, size: 0, mount_id: 1, is_mount_root: false, identity: Identity::default() }
    }

    #[test]
    fn only_what_root_alone_can_change_is_trusted() {
        let verdict = |kind, mode, uid, gid| check(&facts(kind, mode, uid, gid), ROOT_ALONE, false).is_ok();
        assert!(verdict(Kind::Regular, 0o644, 0, 100));
        assert!(!verdict(Kind::Regular, 0o664, 0, 0), "a file may not be group writable at all");
        assert!(!verdict(Kind::Regular, 0o646, 0, 0));
        assert!(!verdict(Kind::Regular, 0o644, 1, 0));
        assert!(verdict(Kind::Directory, 0o775, 0, 0));
        assert!(!verdict(Kind::Directory, 0o775, 0, 100));
        assert!(!verdict(Kind::Directory, 0o1777, 0, 0), "not even with the sticky bit");
        assert!(verdict(Kind::Symlink, 0o777, 0, 0));
        assert!(!verdict(Kind::Symlink, 0o777, 1, 0));
    }

    #[test]
    fn an_owner_may_lay_a_path_through_a_sticky_directory() {
        let rule = Rule { owner: 980, sticky_is_safe: true, ..ROOT_ALONE };
        let verdict = |mode, uid, is_last| check(&facts(Kind::Directory, mode, uid, 50), rule, is_last).is_ok();
        assert!(verdict(0o755, 980, true) && verdict(0o755, 0, true) && verdict(0o1777, 0, false));
        assert!(!verdict(0o1777, 0, true), "the last one is where files are looked for");
        assert!(!verdict(0o777, 0, false) && !verdict(0o775, 980, false) && !verdict(0o755, 1000, false));
    }

    #[test]
    fn a_directory_of_anybody_is_only_the_last_one() {
        let rule = Rule { last_is_anybodys: true, ..ROOT_ALONE };
        let verdict = |kind, mode, is_last| check(&facts(kind, mode, 980, 50), rule, is_last).is_ok();
        assert!(verdict(Kind::Directory, 0o755, true) && !verdict(Kind::Directory, 0o755, false));
        assert!(!verdict(Kind::Symlink, 0o777, true) && !verdict(Kind::Directory, 0o775, true));
    }

    #[test]
    fn a_path_below_a_directory_of_everybody_is_refused_there() {
        let error = open_file(Path::new("/tmp/x/udiRoot.conf")).unwrap_err();
        assert_eq!(error.to_string(), "`/tmp`: writable by everybody");
    }

    #[test]
    fn a_relative_path_is_refused() {
        assert!(open_file(Path::new("etc/passwd")).unwrap_err().to_string().ends_with("not an absolute path"));
    }

    #[test]
    fn a_file_of_root_is_opened_through_links_of_root() {
        for path in ["/etc/passwd", "/proc/../etc/./passwd", "/bin/sh"] {
            assert!(open_file(Path::new(path)).is_ok(), "{path}");
        }
        assert!(open_file(Path::new("/etc")).unwrap_err().to_string().ends_with("not a regular file"));
    }
}
