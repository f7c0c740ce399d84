//! Users and groups by the system's libc, and so by whatever NSS modules the host has.
//!
//! Those modules are other people's code: call this only in a child that has given up every right.

use nix::unistd::{Gid, Uid, User};

use crate::call::{CallError, Named};

/// Room for a group and its members, at first.
const SMALLEST_LINE: usize = 16 << 10;
/// And at last: more than 65,536 groups of whom each member has a name of 32 letters.
const LONGEST_LINE: usize = 256 << 20;

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

/// The name of a group, by getgrgid_r(3), however long its list of members is.
///
/// # Errors
/// When a source of groups cannot be asked; `ERANGE` for a line of more than 256 MiB.
pub fn group_name(gid: u32) -> Result<Option<String>, CallError> {
    let mut buffer = vec![0_u8; SMALLEST_LINE];
    loop {
        let mut group = std::mem::MaybeUninit::<libc::group>::uninit();
        let mut found = std::ptr::null_mut();
        // SAFETY: getgrgid_r(3) writes the structure, texts into the buffer of the length given, and a pointer to the
        // structure or null. All three live over the call and the use of the result below.
        let error = unsafe {
            libc::getgrgid_r(gid, group.as_mut_ptr(), buffer.as_mut_ptr().cast(), buffer.len(), &raw mut found)
        };
        match error {
            0 if found.is_null() => return Ok(None),
            0 => {
                // SAFETY: found is not null, so the structure was filled in (getgrgid_r(3)).
                let name = unsafe { group.assume_init_ref() }.gr_name;
                // SAFETY: gr_name points to a text in the buffer that ends with NUL.
                return Ok(Some(unsafe { std::ffi::CStr::from_ptr(name) }.to_string_lossy().into_owned()));
            }
            libc::ERANGE if buffer.len() < LONGEST_LINE => buffer.resize(buffer.len() * 4, 0),
            libc::EINTR => {}
            error => return Err(nix::errno::Errno::from_raw(error)).named("getgrgid_r"),
        }
    }
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
