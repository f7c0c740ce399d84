//! Who the users and groups of the container are, as passwd(5) and group(5) lines.
//!
//! They are looked for in this order, and whatever finds the caller ends the search:
//!
//! 1. the file that his job brought, in key `identityPath`,
//! 2. `passwd` in `etcPath`, unless `populateEtcDynamically` is 1,
//! 3. libc, if `allowLibcPwdCalls` or `populateEtcDynamically` is 1: in a child that has given up every right, since
//!    whatever modules libc loads for a directory service are no part of this program.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use shifter_formats::udiroot::Conf;
use shifter_sys::CallError;
use shifter_sys::open::{self, For};
use shifter_sys::process::Ended;

use crate::plan::GroupFilter;
use crate::privilege::Raised;
use crate::trust::{Distrust, TrustError, source};

pub mod job;
mod libc;

/// No passwd file of a site is larger.
const LARGEST: u64 = 64 << 20;

/// The two files, in the form of passwd(5) and group(5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Lines of passwd.
    pub passwd: String,
    /// Lines of group.
    pub group: String,
}

/// Why there is no name for the caller.
#[derive(Debug)]
pub enum AccountError {
    /// Nobody with this uid in this file.
    NotInFile(u32, PathBuf),
    /// Nobody with this uid in the file that the job brought.
    NotInJob(u32, PathBuf),
    /// Somebody else than root could have written the file.
    Trust(TrustError),
    /// Nobody with this uid known to libc.
    Unknown(u32),
    /// A user of `usersToImport` that is not known.
    UnknownName(String),
    /// The file cannot be read.
    File(PathBuf, CallError),
    /// The child that asked libc failed.
    Child(Ended),
    /// A call.
    Call(CallError),
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccountError::NotInFile(uid, path) => {
                write!(f, "no user has uid {uid} in `{}` (allowLibcPwdCalls=1 would ask the system)", path.display())
            }
            AccountError::NotInJob(uid, path) => {
                write!(f, "`{}` has no line of passwd(5) for uid {uid} (key identityPath)", path.display())
            }
            AccountError::Trust(error) => error.fmt(f),
            AccountError::Unknown(uid) => write!(f, "the system knows no user with uid {uid}"),
            AccountError::UnknownName(name) => write!(f, "the system knows no user `{name}` (key usersToImport)"),
            AccountError::File(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            AccountError::Child(ended) => write!(f, "the look-up of users failed: {ended:?}"),
            AccountError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AccountError {}

impl From<CallError> for AccountError {
    fn from(error: CallError) -> AccountError {
        AccountError::Call(error)
    }
}

/// Who the caller is, as far as his container needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// His login name.
    pub name: String,
    /// His home directory.
    pub home: PathBuf,
}

/// Who the caller is, and what a container's passwd and group say beside `etcPath`'s.
///
/// # Errors
/// When nobody knows him.
pub fn find(raised: &Raised, conf: &Conf) -> Result<(User, Accounts), AccountError> {
    let caller = raised.caller();
    let is_dynamic = conf.populate_etc_dynamically == Some(true);
    let others: &[String] = if is_dynamic { &conf.users_to_import } else { &[] };
    if let Some((path, accounts)) = job::read(raised, conf)? {
        let user = user_in_text(caller.uid, &accounts.passwd).ok_or(AccountError::NotInJob(caller.uid, path))?;
        // Users of programs, such as sshd, are the host's own.
        let host = if others.is_empty() { String::new() } else { read(Path::new("/etc/passwd"))? };
        if let Some(needed) = job::needed(&accounts, caller, others, &host) {
            return Ok((user, needed));
        }
    }
    if !is_dynamic {
        let passwd = conf.etc_path.as_deref().unwrap_or(Path::new("/etc")).join("passwd");
        match user_in_file(caller.uid, &passwd) {
            Err(AccountError::NotInFile(..)) if conf.allow_libc_pwd_calls == Some(true) => {}
            found => return Ok((found?, Accounts::default())),
        }
    }
    let accounts = libc::ask(raised, others)?;
    let user = user_in_text(caller.uid, &accounts.passwd).ok_or(AccountError::Unknown(caller.uid))?;
    Ok((user, accounts))
}

fn read(path: &Path) -> Result<String, AccountError> {
    let failed = |error| AccountError::File(path.to_owned(), error);
    let file = source::open(path, For::Reading).map_err(|error| match error.reason {
        Distrust::Call(error) => failed(error),
        _ => AccountError::Trust(error),
    })?;
    let size = open::facts(&file).map_err(failed)?.size;
    let bytes = open::read_sized(file, size, LARGEST).map_err(failed)?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The fields of each line that has a name, a word and a number.
fn lines_of(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().map(|line| line.split(':').collect::<Vec<_>>()).filter(|fields| fields.len() > 3)
}

/// The caller in a passwd file.
///
/// # Errors
/// When he is not in it.
fn user_in_file(uid: u32, passwd: &Path) -> Result<User, AccountError> {
    user_in_text(uid, &read(passwd)?).ok_or_else(|| AccountError::NotInFile(uid, passwd.to_owned()))
}

/// The caller in the lines of a passwd file.
#[must_use]
pub fn user_in_text(uid: u32, passwd: &str) -> Option<User> {
    passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, number, _, _, home, ..] = fields.as_slice() else { return None };
        (number.parse() == Ok(uid)).then(|| User { name: (*name).to_owned(), home: PathBuf::from(home) })
    })
}

/// The uid of a name in a passwd file.
#[must_use]
pub fn uid_in_file(name: &str, passwd: &Path) -> Option<u32> {
    let bytes = open::host(passwd, For::Reading).and_then(|file| open::read_all(file, LARGEST)).ok()?;
    String::from_utf8_lossy(&bytes).lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then(|| fields.nth(1)?.parse().ok())?
    })
}

/// A table with those of these lines whose number it does not have.
#[must_use]
pub fn with_missing(table: &[u8], lines: &str) -> Vec<u8> {
    let mut whole = table.to_vec();
    if lines.is_empty() {
        return whole;
    }
    let text = String::from_utf8_lossy(table);
    let known: HashSet<&str> = text.lines().filter_map(|line| line.split(':').nth(2)).collect();
    if !whole.is_empty() && !whole.ends_with(b"\n") {
        whole.push(b'\n');
    }
    for line in lines.lines().filter(|line| line.split(':').nth(2).is_some_and(|number| !known.contains(number))) {
        whole.extend_from_slice(line.as_bytes());
        whole.push(b'\n');
    }
    whole
}

/// Cuts a group file down to what the container needs: every group keeps its name and number, members go, and the user
/// stays a member of the first `most` groups that have him. Lines without a name and a number are dropped.
#[must_use]
pub fn filter_groups(file: &[u8], filter: &GroupFilter) -> Vec<u8> {
    let mut kept = 0;
    let mut filtered = String::new();
    for line in String::from_utf8_lossy(file).lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, gid, rest @ ..] = fields.as_slice() else { continue };
        if name.is_empty() || gid.parse::<u32>().is_err() {
            continue;
        }
        let members = rest.first().unwrap_or(&"");
        let is_member = *name == filter.user || members.split(',').any(|member| member.trim() == filter.user);
        let user = if is_member && kept < filter.most {
            kept += 1;
            filter.user.as_str()
        } else {
            ""
        };
        filtered += &format!("{name}:x:{gid}:{user}\n");
    }
    filtered.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_user_stays_a_member_and_only_so_often() {
        let file = b"root:x:0:\nstaff:x:50:eve,alice\nalice:x:1000:\nproj::2000:alice,bob\nbroken\n:x:1:\nx:x:y:\n";
        let filter = GroupFilter { user: "alice".to_owned(), most: 2 };
        assert_eq!(
            String::from_utf8(filter_groups(file, &filter)).unwrap(),
            "root:x:0:\nstaff:x:50:alice\nalice:x:1000:alice\nproj:x:2000:\n"
        );
    }

    #[test]
    fn only_lines_with_a_new_number_are_added() {
        let added = with_missing(b"root:x:0:\nstaff:x:50:", "crew:x:50:alice\nproj:x:51:alice\n");
        assert_eq!(String::from_utf8(added).unwrap(), "root:x:0:\nstaff:x:50:\nproj:x:51:alice\n");
        assert_eq!(with_missing(b"a", ""), b"a");
    }

    #[test]
    fn a_name_is_found_by_its_uid() {
        let root = user_in_file(0, Path::new("/etc/passwd")).unwrap();
        assert_eq!((root.name.as_str(), uid_in_file("root", Path::new("/etc/passwd"))), ("root", Some(0)));
        let error = user_in_file(4_000_000_000, Path::new("/etc/passwd")).unwrap_err();
        assert!(error.to_string().starts_with("no user has uid 4000000000 in `/etc/passwd`"));
    }
}
