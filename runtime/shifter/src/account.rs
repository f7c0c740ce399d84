//! Who the users and groups of the container are, as passwd(5) and group(5) lines.
//!
//! Files are read in-process. Where a site has its users in a directory service, libc is asked in a child that has
//! given up every right, since whatever modules libc loads for that are no part of this program.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use shifter_sys::CallError;
use shifter_sys::account::{self as libc_accounts, Account};
use shifter_sys::open::{self, For};
use shifter_sys::process::{self, Ended};

use crate::plan::GroupFilter;
use crate::privilege::Raised;

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

/// The caller in a passwd file.
///
/// # Errors
/// When he is not in it.
pub fn user_in_file(uid: u32, passwd: &Path) -> Result<User, AccountError> {
    let file = open::host(passwd, For::Reading).and_then(|file| open::read_all(file, LARGEST));
    let bytes = file.map_err(|error| AccountError::File(passwd.to_owned(), error))?;
    user_in_text(uid, &String::from_utf8_lossy(&bytes)).ok_or_else(|| AccountError::NotInFile(uid, passwd.to_owned()))
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

/// The caller's passwd line and those of `others`, with a group line for each of their groups, by libc.
///
/// # Errors
/// When one of them is not known.
pub fn ask_libc(raised: &Raised, others: &[String]) -> Result<Accounts, AccountError> {
    let (reading, writing) = process::pipe()?;
    let child = raised.in_dropped_child(|dropped| {
        let caller = dropped.caller();
        let Ok(Some(user)) = libc_accounts::by_uid(caller.uid) else { return 2 };
        let mut accounts = Accounts::default();
        accounts.add(&user, &caller.groups);
        for name in others {
            let Ok(Some(other)) = libc_accounts::by_name(name) else { return 3 };
            let groups = libc_accounts::groups_of(name, other.gid).unwrap_or_default();
            accounts.add(&other, &groups);
        }
        let text = format!("{}\0{}", accounts.passwd, accounts.group);
        i32::from(shifter_sys::node::write_all(writing, text.as_bytes()).is_err())
    })?;
    let mut text = String::new();
    let read = std::fs::File::from(reading).take(LARGEST).read_to_string(&mut text);
    match process::wait(child)? {
        Ended::Exited(0) if read.is_ok() => {}
        Ended::Exited(2) => return Err(AccountError::Unknown(raised.caller().uid)),
        Ended::Exited(3) => return Err(AccountError::UnknownName(others.join("`, `"))),
        ended => return Err(AccountError::Child(ended)),
    }
    let (passwd, group) = text.split_once('\0').ok_or(AccountError::Child(Ended::Exited(0)))?;
    Ok(Accounts { passwd: passwd.to_owned(), group: group.to_owned() })
}

impl Accounts {
    fn add(&mut self, user: &Account, groups: &[u32]) {
        let field = |text: &str| text.replace([':', '\n'], " ");
        self.passwd += &format!(
            "{}:x:{}:{}:{}:{}:{}\n",
            field(&user.name),
            user.uid,
            user.gid,
            field(&user.gecos),
            field(&user.home),
            field(&user.shell),
        );
        for &gid in [user.gid].iter().chain(groups) {
            let has_line = self.group.lines().any(|line| line.split(':').nth(2) == Some(&gid.to_string()));
            if let (false, Ok(Some(name))) = (has_line, libc_accounts::group_name(gid)) {
                self.group += &format!("{}:x:{gid}:\n", field(&name));
            }
        }
    }
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
    fn a_name_is_found_by_its_uid() {
        let root = user_in_file(0, Path::new("/etc/passwd")).unwrap();
        assert_eq!((root.name.as_str(), uid_in_file("root", Path::new("/etc/passwd"))), ("root", Some(0)));
        let error = user_in_file(4_000_000_000, Path::new("/etc/passwd")).unwrap_err();
        assert!(error.to_string().starts_with("no user has uid 4000000000 in `/etc/passwd`"));
    }
}
