//! Users and groups by the system's libc, and so by whatever NSS modules the host has.
//!
//! Those modules are other people's code: call this only in a child that has given up every right.

use nix::unistd::{Gid, Group, Uid, User};

use crate::call::{CallError, Named};

/// A line of passwd(5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Login group.
    pub gid: u32,
    /// The name in full and the like.
    pub gecos: String,
    /// Home directory.
    pub home: String,
    /// Login shell.
    pub shell: String,
}

impl From<User> for Account {
    fn from(user: User) -> Account {
        Account {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            gecos: user.gecos.to_string_lossy().into_owned(),
            home: user.dir.to_string_lossy().into_owned(),
            shell: user.shell.to_string_lossy().into_owned(),
        }
    }
}

/// getpwuid_r(3).
///
/// # Errors
/// When a source of users cannot be asked.
pub fn by_uid(uid: u32) -> Result<Option<Account>, CallError> {
    Ok(User::from_uid(Uid::from_raw(uid)).named("getpwuid_r")?.map(Account::from))
}

/// getpwnam_r(3).
///
/// # Errors
/// When a source of users cannot be asked.
pub fn by_name(name: &str) -> Result<Option<Account>, CallError> {
    Ok(User::from_name(name).named("getpwnam_r")?.map(Account::from))
}

/// The name of a group, by getgrgid_r(3).
///
/// # Errors
/// When a source of groups cannot be asked.
pub fn group_name(gid: u32) -> Result<Option<String>, CallError> {
    Ok(Group::from_gid(Gid::from_raw(gid)).named("getgrgid_r")?.map(|group| group.name))
}

/// getgrouplist(3).
///
/// # Errors
/// When the name has a NUL in it, or a source of groups cannot be asked.
pub fn groups_of(name: &str, gid: u32) -> Result<Vec<u32>, CallError> {
    let name = std::ffi::CString::new(name).map_err(|_| nix::errno::Errno::EINVAL).named("getgrouplist")?;
    let groups = nix::unistd::getgrouplist(&name, Gid::from_raw(gid)).named("getgrouplist")?;
    Ok(groups.into_iter().map(Gid::as_raw).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_uid_0_by_either_way() {
        assert_eq!(by_uid(0).unwrap(), by_name("root").unwrap());
        assert_eq!(by_name("no such user here").unwrap(), None);
    }
}
