//! Users and groups through the system's libc, in a child that has given up everything.

use std::collections::HashSet;
use std::io::Read as _;

use shifter_sys::account::{self as libc_accounts, Account};
use shifter_sys::process::{self, Ended};

use super::{AccountError, Accounts, LARGEST};
use crate::privilege::Raised;

/// The caller's passwd line and those of `others`, with a group line for each of their groups, by libc.
///
/// # Errors
/// When one of them is not known.
pub(super) fn ask(raised: &Raised, others: &[String]) -> Result<Accounts, AccountError> {
    let (reading, writing) = process::pipe()?;
    let child = raised.in_dropped_child(|dropped| {
        let caller = dropped.caller();
        let Ok(Some(user)) = libc_accounts::by_uid(caller.uid) else { return 2 };
        let mut accounts = Asked::default();
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

/// Two tables that grow, and the groups that have a line already.
#[derive(Default)]
struct Asked {
    passwd: String,
    group: String,
    seen: HashSet<u32>,
}

impl Asked {
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
            if !self.seen.insert(gid) {
                continue;
            }
            if let Ok(Some(name)) = libc_accounts::group_name(gid) {
                self.group += &format!("{}:x:{gid}:\n", field(&name));
            }
        }
    }
}
