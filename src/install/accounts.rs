//! Users and groups of the machine that files are installed on.

use crate::tree::{Ids, Tree, TreeError};
use nix::unistd::{Gid, Group, Uid, User};
use std::collections::BTreeMap;

/// Where names of users and groups are looked up.
#[derive(Debug)]
pub enum Accounts {
    /// On this machine, through libc, with everything nsswitch.conf names.
    Host,
    /// In `/etc/passwd` and `/etc/group` of another root. Nothing else of it can be asked, and this machine's own
    /// accounts say nothing about it.
    Files {
        /// Users.
        users: BTreeMap<String, u32>,
        /// Groups.
        groups: BTreeMap<String, u32>,
    },
}

impl Accounts {
    /// The accounts of a tree.
    ///
    /// # Errors
    /// When its files cannot be read. Files that are not there name nobody but root.
    pub fn of(tree: &Tree) -> Result<Self, TreeError> {
        if tree.is_host() {
            return Ok(Self::Host);
        }
        Ok(Self::Files { users: read(tree, "/etc/passwd")?, groups: read(tree, "/etc/group")? })
    }

    /// The numbers of an owner and a group.
    ///
    /// # Errors
    /// In words, what the machine does not have.
    pub fn ids(&self, owner: &str, group: &str) -> Result<Ids, String> {
        match (self.user(owner), self.group(group)) {
            (Some(uid), Some(gid)) => Ok(Ids { uid, gid }),
            (None, Some(_)) => Err(format!("no user `{owner}`")),
            (Some(_), None) => Err(format!("no group `{group}`")),
            (None, None) => Err(format!("neither a user `{owner}` nor a group `{group}`")),
        }
    }

    /// `USER:GROUP`, as numbers where they have no name.
    #[must_use]
    pub fn names(&self, ids: Ids) -> String {
        let name = |all: &BTreeMap<String, u32>, id: u32| {
            all.iter().find(|(_, known)| **known == id).map(|(name, _)| name.clone())
        };
        let (user, group) = match self {
            Self::Host => (
                User::from_uid(Uid::from_raw(ids.uid)).ok().flatten().map(|user| user.name),
                Group::from_gid(Gid::from_raw(ids.gid)).ok().flatten().map(|group| group.name),
            ),
            Self::Files { users, groups } => (name(users, ids.uid), name(groups, ids.gid)),
        };
        let root = |id: u32| if id == 0 { "root".to_owned() } else { id.to_string() };
        format!("{}:{}", user.unwrap_or_else(|| root(ids.uid)), group.unwrap_or_else(|| root(ids.gid)))
    }

    fn user(&self, name: &str) -> Option<u32> {
        let known = match self {
            Self::Host => User::from_name(name).ok().flatten().map(|user| user.uid.as_raw()),
            Self::Files { users, .. } => users.get(name).copied(),
        };
        known.or_else(|| number(name))
    }

    fn group(&self, name: &str) -> Option<u32> {
        let known = match self {
            Self::Host => Group::from_name(name).ok().flatten().map(|group| group.gid.as_raw()),
            Self::Files { groups, .. } => groups.get(name).copied(),
        };
        known.or_else(|| number(name))
    }
}

/// Names that need no account: numbers, and root, which every system calls 0.
fn number(name: &str) -> Option<u32> {
    if name == "root" { Some(0) } else { name.parse().ok() }
}

/// `NAME:x:NUMBER:...` by line (passwd(5), group(5)).
fn read(tree: &Tree, path: &str) -> Result<BTreeMap<String, u32>, TreeError> {
    let Some(place) = tree.parent_of(path)? else { return Ok(BTreeMap::new()) };
    let name = place.name.to_string_lossy().into_owned();
    let bytes = place.dir.read(&name)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let entry = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        Some((name, fields.nth(1)?.parse().ok()?))
    };
    Ok(text.lines().filter_map(entry).collect())
}
