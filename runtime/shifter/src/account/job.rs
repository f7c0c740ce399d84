//! The file that a job brings: who its user is, found out once where the job began.
//!
//! Thousands of nodes that begin a job at the same moment ask a directory service for the same user at the same moment,
//! and it stops answering (Blue Waters ran nscd on each node for this, with files copied by the prologue). So the
//! prologue, as root, may leave `<identityPath>/<uid>`: lines as `getent passwd` and `getent group` print them, of the
//! user and of his groups. A line with seven fields is one of passwd(5), one with four is one of group(5).
//!
//! The file is root's word, so it is believed only if nobody else can have written it. It gives names, never rights: the
//! groups of the command are those that the kernel holds.

use std::collections::HashSet;
use std::path::PathBuf;

use shifter_formats::udiroot::Conf;
use shifter_sys::Errno;
use shifter_sys::open::{self, For, Kind};

use super::{AccountError, Accounts, LARGEST, lines_of};
use crate::privilege::{Caller, Raised};
use crate::trust::{Distrust, TrustError, source};

/// Bits that let somebody who is not the owner write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// What the file of the caller's job says; `None` where there is no such file.
///
/// # Errors
/// When somebody else than root could have written it.
pub(super) fn read(raised: &Raised, conf: &Conf) -> Result<Option<(PathBuf, Accounts)>, AccountError> {
    let Some(directory) = &conf.identity_path else { return Ok(None) };
    let path = directory.join(raised.caller().uid.to_string());
    let opened = match raised.is_rootless() {
        true => open::host(&path, For::Reading),
        false => match source::open_own(&path, For::Reading) {
            Err(TrustError { reason: Distrust::Call(error), .. }) => Err(error),
            opened => Ok(opened.map_err(AccountError::Trust)?),
        },
    };
    let in_file = |error| AccountError::File(path.clone(), error);
    let file = match opened {
        Err(error) if [Errno::NOENT, Errno::NOTDIR].contains(&error.errno) => return Ok(None),
        opened => opened.map_err(in_file)?,
    };
    let facts = open::facts(&file).map_err(in_file)?;
    let distrust = match () {
        () if facts.kind != Kind::Regular => Some(Distrust::NotRegular),
        () if raised.is_rootless() => None,
        () if facts.uid != 0 => Some(Distrust::Owner { uid: facts.uid, trusted: 0 }),
        () if facts.mode & WRITABLE_BY_OTHERS != 0 => Some(Distrust::GroupWritable(facts.gid)),
        () => None,
    };
    if let Some(reason) = distrust {
        return Err(AccountError::Trust(TrustError { path, reason }));
    }
    let bytes = open::read_sized(file, facts.size, LARGEST).map_err(in_file)?;
    let accounts = sort_lines(&String::from_utf8_lossy(&bytes));
    Ok(Some((path, accounts)))
}

/// The lines of such a file, each in the table it is of; other lines are left out.
#[must_use]
pub fn sort_lines(text: &str) -> Accounts {
    let mut accounts = Accounts::default();
    for line in text.lines() {
        let table = match line.split(':').count() {
            7 => &mut accounts.passwd,
            4 => &mut accounts.group,
            _ => continue,
        };
        table.push_str(line);
        table.push('\n');
    }
    accounts
}

/// Of these lines those that a container of the caller's needs: his own and those of `others`, with the groups that the
/// caller has and the first group of each other. `None` if one of the others is not among the lines, nor in `host`, the
/// host's own file.
#[must_use]
pub fn needed(accounts: &Accounts, caller: &Caller, others: &[String], host: &str) -> Option<Accounts> {
    let line_of = |table, name: &str| lines_of(table).find(|fields| fields.first() == Some(&name));
    let own = lines_of(&accounts.passwd).find(|fields| fields[2].parse() == Ok(caller.uid))?;
    let mut found = vec![own];
    for name in others {
        found.push(line_of(&accounts.passwd, name).or_else(|| line_of(host, name))?);
    }
    let mut wanted: HashSet<u32> = caller.groups.iter().copied().chain([caller.gid]).collect();
    wanted.extend(found.iter().skip(1).filter_map(|fields| fields[3].parse::<u32>().ok()));
    let mut seen = HashSet::new();
    let is_wanted = |fields: &Vec<&str>| fields[2].parse().is_ok_and(|gid| wanted.contains(&gid) && seen.insert(gid));
    let joined = |lines: &mut dyn Iterator<Item = Vec<&str>>| lines.map(|fields| fields.join(":") + "\n").collect();
    Some(Accounts {
        passwd: joined(&mut found.into_iter()),
        group: joined(&mut lines_of(&accounts.group).filter(is_wanted)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privilege::Mode;

    #[test]
    fn lines_are_told_apart_by_their_fields_and_only_what_is_needed_is_taken() {
        let text = "alice:x:1000:100:A:/home/alice:/bin/sh\nbob:x:1001:100::/:/bin/sh\nusers:x:100:alice\n\
            staff:*:50:alice,bob\nother:x:51:bob\nno line\nstaff2:x:50:\n";
        let accounts = sort_lines(text);
        let caller = Caller { uid: 1000, gid: 100, groups: vec![50, 77], mode: Mode::Setuid };
        let host = "sshd:x:74:74::/:/bin/false\n";
        let found = needed(&accounts, &caller, &["sshd".to_owned()], host).unwrap();
        assert_eq!(found.passwd, "alice:x:1000:100:A:/home/alice:/bin/sh\nsshd:x:74:74::/:/bin/false\n");
        assert_eq!(found.group, "users:x:100:alice\nstaff:*:50:alice,bob\n");
        assert_eq!(needed(&accounts, &caller, &["nobody-knows".to_owned()], host), None);
    }
}
