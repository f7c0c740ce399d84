//! The one who started us, by what the kernel says; never by the environment or a name.

use std::fmt;

use shifter_sys::{CallError, identity};

/// Where the rights to mount come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The program is setuid root.
    Setuid,
    /// Root called, for a user whom it names (`setupRoot`).
    Root,
    /// A user namespace of the caller's own; nothing outside it is gained.
    UserNamespace,
}

/// The caller's identity, as the container's command will have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Real uid, never 0. In mode [`Mode::Root`] the user whom root named, and so the rest.
    pub uid: u32,
    /// Real gid, never 0; newgrp(1) is honoured.
    pub gid: u32,
    /// The supplementary groups he has, without group 0. Not what NSS would say: a batch system may have set them.
    pub groups: Vec<u32>,
    /// Where our rights come from.
    pub mode: Mode,
}

/// Why nothing is started for this caller.
#[derive(Debug)]
pub enum IdentityError {
    /// The caller is root.
    Root,
    /// The caller's group is root's.
    RootGroup,
    /// Only root may do this.
    NotRoot,
    /// Root named itself, its group, or what is no id, as the user.
    ForRoot,
    /// The program has the set-id bit of somebody who is not root.
    OddSetId,
    /// The kernel does not say who calls.
    Call(CallError),
}

impl From<CallError> for IdentityError {
    fn from(error: CallError) -> IdentityError {
        IdentityError::Call(error)
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdentityError::Root => f.write_str("root may not start containers; call shifter as an ordinary user"),
            IdentityError::RootGroup => {
                f.write_str("a user whose group is 0 may not start containers; use newgrp(1) to take another group")
            }
            IdentityError::NotRoot => f.write_str("only root itself may call this; users call shifter"),
            IdentityError::ForRoot => f.write_str("no container is made for uid 0, gid 0 or 4294967295"),
            IdentityError::OddSetId => {
                f.write_str("this program must be setuid root (mode 4755), or have no set-id bit")
            }
            IdentityError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for IdentityError {}

impl Caller {
    /// Who calls, and all his groups, root's too if he has it.
    pub(super) fn identify() -> Result<(Caller, Vec<u32>), IdentityError> {
        let had = identity::groups()?;
        Ok((Caller::judge(identity::user()?, identity::group()?, had.clone())?, had))
    }

    fn judge(user: identity::Triple, group: identity::Triple, groups: Vec<u32>) -> Result<Caller, IdentityError> {
        let mode = match (user.real, user.effective) {
            (0, _) => return Err(IdentityError::Root),
            (_, 0) => Mode::Setuid,
            (real, effective) if real == effective => Mode::UserNamespace,
            _ => return Err(IdentityError::OddSetId),
        };
        if group.real == 0 {
            return Err(IdentityError::RootGroup);
        }
        if group.effective != group.real {
            return Err(IdentityError::OddSetId);
        }
        let groups = groups.into_iter().filter(|&group| group != 0).collect();
        Ok(Caller { uid: user.real, gid: group.real, groups, mode })
    }

    /// A user for whom root acts. Root in all its ids called, not a set-id program.
    pub(super) fn named_by_root(uid: u32, gid: u32, groups: &[u32]) -> Result<Caller, IdentityError> {
        require_root()?;
        // The last number means "as it is" to setresuid(2), and would leave root what it is.
        if [uid, gid].iter().any(|id| [0, u32::MAX].contains(id)) {
            return Err(IdentityError::ForRoot);
        }
        let groups = groups.iter().copied().filter(|&group| group != 0).collect();
        Ok(Caller { uid, gid, groups, mode: Mode::Root })
    }

    /// The real uid and gid of the process while it has privilege. With a user's real uid he can signal it (kill(2)),
    /// which is right for what he started and for nothing else.
    pub(super) fn real_ids(&self) -> (u32, u32) {
        if self.mode == Mode::Root { (0, 0) } else { (self.uid, self.gid) }
    }

    /// Whether the caller has this group, as his own or as one more.
    #[must_use]
    pub fn is_in_group(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }
}

pub(super) fn require_root() -> Result<(), IdentityError> {
    if identity::user()? == identity::Triple::all(0) { Ok(()) } else { Err(IdentityError::NotRoot) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use identity::Triple;

    fn judged(uids: [u32; 2], gids: [u32; 2]) -> Result<Caller, String> {
        let triple = |[real, effective]: [u32; 2]| Triple { real, effective, saved: effective };
        Caller::judge(triple(uids), triple(gids), vec![27, 0, 5]).map_err(|error| error.to_string())
    }

    #[test]
    fn root_is_refused_by_uid_and_by_gid() {
        assert!(judged([0, 0], [0, 0]).unwrap_err().starts_with("root may not"));
        assert!(judged([1000, 0], [0, 0]).unwrap_err().starts_with("a user whose group is 0"));
    }

    #[test]
    fn only_setuid_root_is_a_set_id_bit_we_take() {
        assert!(judged([1000, 33], [1000, 1000]).unwrap_err().contains("must be setuid root"));
        assert!(judged([1000, 1000], [1000, 33]).unwrap_err().contains("must be setuid root"));
        assert_eq!(judged([1000, 0], [1000, 1000]).unwrap().mode, Mode::Setuid);
        assert_eq!(judged([1000, 1000], [1000, 1000]).unwrap().mode, Mode::UserNamespace);
    }

    #[test]
    fn the_callers_groups_are_kept_but_for_roots() {
        assert_eq!(judged([1000, 0], [1000, 1000]).unwrap().groups, [27, 5]);
    }
}
