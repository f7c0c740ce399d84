//! What the kernel says of a thread in one answer (proc_pid_status(5)): its ids, groups, capabilities and no_new_privs.
//!
//! The file is opened where `/proc` is the host's and known to be the kernel's own, and read whenever it is asked: what it
//! says is made at that moment.

use std::os::fd::OwnedFd;
use std::path::Path;

use crate::call::{CallError, Errno, Named};
use crate::open::{self, For};
use crate::proc::{self, Rights};

/// `<linux/magic.h>`.
const PROC: u32 = 0x9fa0;
/// More groups than the kernel lets anybody have (65,536), in ten digits each, would not fit in less.
const LONGEST: usize = 1 << 20;

/// The open file of the thread that opened it; in a child it still tells of the parent.
#[derive(Debug)]
pub struct Status(OwnedFd);

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
    pub fn read(&self) -> Result<Rights, CallError> {
        let mut room = 4096;
        loop {
            let mut text = vec![0; room];
            let length = rustix::io::pread(&self.0, &mut text, 0).named("pread(/proc/thread-self/status)")?;
            if length < room {
                text.truncate(length);
                let text = String::from_utf8_lossy(&text);
                let said = proc::rights(&text);
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
            i32::from(before.no_new_privs || after != Rights { no_new_privs: true, ..before })
        });
        assert_eq!(process::wait(child.unwrap()).unwrap(), Ended::Exited(0));
    }
}
