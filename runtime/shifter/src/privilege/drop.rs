//! Giving every right up, and asking the kernel whether it is gone.

use shifter_sys::identity::{self, Triple};
use shifter_sys::status::Status;
use shifter_sys::{CallError, capability, process};

use super::{Caller, Mode};

impl Caller {
    /// As an ordinary process of this caller for ever; nothing is believed to have happened that the kernel does not say.
    ///
    /// The order is the law here: each line needs a right that a later one takes away.
    pub(super) fn drop_and_verify(&self, status: &Status) -> Result<(), DropError> {
        let before = status.read()?;
        if before.sets.ambient != 0 {
            capability::empty_ambient_set()?;
        }
        if before.sets.effective != 0 {
            // ORDER: needs CAP_SETPCAP.
            capability::drop_from_bounding_set(before.sets.bounding)?;
            capability::lock_securebits()?;
        }
        if self.mode != Mode::UserNamespace {
            // ORDER: groups need CAP_SETGID, which the change of the user takes away.
            if before.groups != sorted(&self.groups) {
                identity::set_groups(&self.groups)?;
            }
            identity::set_group(Triple::all(self.gid))?;
            identity::set_user(Triple::all(self.uid))?;
        }
        capability::empty_held_sets()?;
        capability::set_no_new_privs()?;
        if self.mode != Mode::UserNamespace {
            process::hide_memory()?;
        }
        self.verify_dropped(status)
    }

    fn verify_dropped(&self, status: &Status) -> Result<(), DropError> {
        let now = status.read()?;
        let bounding_may_stay = self.mode == Mode::UserNamespace;
        let expected = capability::Held {
            bounding: if bounding_may_stay { now.sets.bounding } else { 0 },
            ..capability::Held::NONE
        };
        let securebits_hold = bounding_may_stay || capability::are_securebits_locked()?;
        let facts = [
            ("the user", now.users == [self.uid; 4]),
            ("the group", now.groups_of_ids == [self.gid; 4]),
            ("the groups", self.mode == Mode::UserNamespace || now.groups == sorted(&self.groups)),
            ("the capabilities", now.sets == expected),
            ("securebits", securebits_hold),
            ("no_new_privs", now.no_new_privs),
            ("uid 0", identity::set_user(Triple::all(0)).is_err()),
            ("gid 0", identity::set_group(Triple::all(0)).is_err()),
        ];
        match facts.into_iter().find(|(_, holds)| !holds) {
            None => Ok(()),
            Some((what, _)) => Err(DropError::Unchanged(what)),
        }
    }
}

/// The kernel sorts a group list (setgroups(2) in Linux 4.x and later returns it sorted).
fn sorted(groups: &[u32]) -> Vec<u32> {
    let mut groups = groups.to_vec();
    groups.sort_unstable();
    groups
}

/// Why privilege could not be given up.
#[derive(Debug)]
pub(super) enum DropError {
    Call(CallError),
    Unchanged(&'static str),
}

impl From<CallError> for DropError {
    fn from(error: CallError) -> DropError {
        DropError::Call(error)
    }
}

impl std::fmt::Display for DropError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DropError::Call(error) => error.fmt(f),
            DropError::Unchanged(what) => write!(f, "{what} did not change as asked"),
        }
    }
}
