//! What the kernel says of a thread in one answer (proc_pid_status(5)): its ids, groups, capabilities and no_new_privs.
//!
//! The file is opened where `/proc` is the host's and known to be the kernel's own, and read whenever it is asked: what it
//! says is made at that moment.

use std::os::fd::OwnedFd;
use std::path::Path;

use crate::call::{CallError, Errno, Named};
use crate::capability::Held;
use crate::open::{self, For};

/// `<linux/magic.h>`.
const PROC: u32 = 0x9fa0;
/// More groups than the kernel lets anybody have (65,536), in ten digits each, would not fit in less.
const LONGEST: usize = 1 << 20;

/// Real, effective, saved and file system id.
pub type Ids = [u32; 4];

/// The open file of the thread that opened it; in a child it still tells of the parent.
#[derive(Debug)]
pub struct Status(OwnedFd);

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// User ids.
    pub users: Ids,
    /// Group ids.
    pub groups_of_ids: Ids,
    /// Supplementary groups, as the kernel sorts them.
    pub groups: Vec<u32>,
    /// The capabilities in each set.
    pub sets: Held,
    /// Whether no exec can give a right.
    pub no_new_privs: bool,
}

impl Status {
    /// Opens the file of this thread.
    ///
    /// # Errors
    /// Where `/proc` is not there, or is not the kernel's.
    pub fn open() -> Result<Status, CallError> {
        let file = open::host(Path::new("/proc/thread-self/status"), For::Reading)?;
        if open::filesystem_type(&file)? != PROC {
            return Err(CallError { call: "fstatfs(/proc)", errno: Errno::INVAL });
        }
        Ok(Status(file))
    }

    /// What it says now.
    ///
    /// # Errors
    /// `EINVAL` for an answer without one of these lines.
    pub fn read(&self) -> Result<Said, CallError> {
        let mut room = 4096;
        loop {
            let mut text = vec![0; room];
            let length = rustix::io::pread(&self.0, &mut text, 0).named("pread(/proc/thread-self/status)")?;
            if length < room {
                text.truncate(length);
                let text = String::from_utf8_lossy(&text);
                let said = parse(&text);
                return said.ok_or(CallError { call: "pread(/proc/thread-self/status)", errno: Errno::INVAL });
            }
            if room >= LONGEST {
                return Err(CallError { call: "pread(/proc/thread-self/status)", errno: Errno::INVAL });
            }
            room *= 8;
        }
    }
}

impl From<Status> for OwnedFd {
    fn from(status: Status) -> OwnedFd {
        status.0
    }
}

fn parse(text: &str) -> Option<Said> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let numbers = |name: &str| -> Option<Vec<u32>> {
        field(name)?.split_ascii_whitespace().map(|number| number.parse().ok()).collect()
    };
    let set = |name: &str| u64::from_str_radix(field(name)?.trim(), 16).ok();
    Some(Said {
        users: numbers("Uid")?.try_into().ok()?,
        groups_of_ids: numbers("Gid")?.try_into().ok()?,
        groups: numbers("Groups")?,
        sets: Held {
            inheritable: set("CapInh")?,
            permitted: set("CapPrm")?,
            effective: set("CapEff")?,
            bounding: set("CapBnd")?,
            ambient: set("CapAmb")?,
        },
        no_new_privs: match field("NoNewPrivs")?.trim() {
            "1" => true,
            "0" => false,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{self, Ended};
    use crate::{capability, identity};

    #[test]
    fn it_says_what_the_calls_say() {
        let said = Status::open().unwrap().read().unwrap();
        let (user, group) = (identity::user().unwrap(), identity::group().unwrap());
        assert_eq!(said.users[..3], [user.real, user.effective, user.saved]);
        assert_eq!(said.groups_of_ids[..3], [group.real, group.effective, group.saved]);
        assert_eq!(said.groups, identity::groups().unwrap());
        assert_eq!(said.sets, capability::tests::held());
        assert_eq!(said.no_new_privs, rustix::thread::no_new_privs().unwrap());
    }

    #[test]
    fn what_changes_after_it_was_opened_is_said() {
        let child = process::in_child(|| {
            let status = Status::open().unwrap();
            let before = status.read().unwrap();
            capability::set_no_new_privs().unwrap();
            let after = status.read().unwrap();
            i32::from(before.no_new_privs || after != Said { no_new_privs: true, ..before })
        });
        assert_eq!(process::wait(child.unwrap()).unwrap(), Ended::Exited(0));
    }

    #[test]
    fn an_answer_without_a_line_is_none() {
        let whole = "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t27 100 \nCapInh:\t0\nCapPrm:\t1\nCapEff:\t2\n\
            CapBnd:\t000001ffffffffff\nCapAmb:\t0\nNoNewPrivs:\t1\n";
        let said = parse(whole).unwrap();
        assert_eq!((said.users, said.groups, said.no_new_privs), ([1, 2, 3, 4], vec![27, 100], true));
        let sets = Held { inheritable: 0, permitted: 1, effective: 2, bounding: (1 << 41) - 1, ambient: 0 };
        assert_eq!(said.sets, sets);
        for name in ["Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"] {
            assert_eq!(parse(&whole.replace(name, "Other")), None, "{name}");
        }
        assert_eq!(parse(&whole.replace("\t1\t2\t3\t4", "\t1\t2\t3")), None);
    }
}
