//! User and group ids of a node. Its own files come first: a name service may have to ask the network.

use super::Root;
use nix::unistd::{Gid, Group, Uid, User};
use std::collections::HashMap;
use std::path::Path;

/// The accounts of `/etc/passwd` and `/etc/group` of the node.
pub(super) struct Accounts {
    users: HashMap<String, u32>,
    groups: HashMap<String, u32>,
    /// Whether those of the running system's name services are the node's too.
    may_ask: bool,
}

impl Accounts {
    pub(super) fn new(root: &Root) -> Self {
        let read = |path: &str| root.read(Path::new(path)).map(|bytes| ids(&bytes)).unwrap_or_default();
        Self { users: read("/etc/passwd"), groups: read("/etc/group"), may_ask: root.is_own() }
    }

    /// The id of a user.
    pub(super) fn user(&self, name: &str) -> Option<u32> {
        let asked = || User::from_name(name).ok().flatten().map(|user| user.uid.as_raw());
        known("root", &self.users, name).or_else(|| asked().filter(|_| self.may_ask))
    }

    /// The id of a group.
    pub(super) fn group(&self, name: &str) -> Option<u32> {
        let asked = || Group::from_name(name).ok().flatten().map(|group| group.gid.as_raw());
        known("root", &self.groups, name).or_else(|| asked().filter(|_| self.may_ask))
    }

    /// The name of a user, for people.
    pub(super) fn user_name(&self, id: u32) -> String {
        let asked = || User::from_uid(Uid::from_raw(id)).ok().flatten().map(|user| user.name);
        name_of(&self.users, id).or_else(|| asked().filter(|_| self.may_ask)).unwrap_or_else(|| id.to_string())
    }

    /// The name of a group, for people.
    pub(super) fn group_name(&self, id: u32) -> String {
        let asked = || Group::from_gid(Gid::from_raw(id)).ok().flatten().map(|group| group.name);
        name_of(&self.groups, id).or_else(|| asked().filter(|_| self.may_ask)).unwrap_or_else(|| id.to_string())
    }
}

/// Name and id: the first and the third field of passwd(5) and group(5).
fn ids(bytes: &[u8]) -> HashMap<String, u32> {
    let text = String::from_utf8_lossy(bytes);
    let entry = |line: &str| {
        let mut fields = line.split(':');
        Some((fields.next()?.to_owned(), fields.nth(1)?.parse().ok()?))
    };
    text.lines().filter_map(entry).collect()
}

/// The id of `name`. That of the superuser needs no file.
fn known(superuser: &str, all: &HashMap<String, u32>, name: &str) -> Option<u32> {
    if name == superuser { Some(0) } else { all.get(name).copied().or_else(|| name.parse().ok()) }
}

fn name_of(all: &HashMap<String, u32>, id: u32) -> Option<String> {
    if id == 0 {
        return Some("root".to_owned());
    }
    all.iter().filter(|(_, known)| **known == id).map(|(name, _)| name.clone()).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_the_files_of_the_node() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("etc")).unwrap();
        std::fs::write(dir.path().join("etc/passwd"), "shifter:x:712:713::/:/bin/false\nbroken\n").unwrap();
        std::fs::write(dir.path().join("etc/group"), "images:x:713:a,b\n").unwrap();
        let accounts = Accounts::new(&Root::new(Some(dir.path())));
        assert_eq!((accounts.user("shifter"), accounts.group("images")), (Some(712), Some(713)));
        assert_eq!((accounts.user("root"), accounts.user("nobody-here")), (Some(0), None));
        assert_eq!((accounts.user_name(712), accounts.group_name(9)), ("shifter".to_owned(), "9".to_owned()));
    }
}
