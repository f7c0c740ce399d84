//! A caller, and what that caller may use.

use shifter_gateway_types::rest::MungePayload;

use super::groups::Groups;
use crate::store::Access;

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Somebody without a credential, where that is allowed.
    Nobody,
    /// A user, with the passwords brought along.
    User {
        /// Who it is.
        user: User,
        /// Passwords by location.
        payload: MungePayload,
    },
}

/// A user as the kernel of the calling node saw them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct User {
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
}

impl Caller {
    pub(super) fn user(user: User, payload: MungePayload) -> Self {
        Self::User { user, payload }
    }

    /// The user's number, if it is a user.
    #[must_use]
    pub fn uid(&self) -> Option<u32> {
        match self {
            Self::Nobody => None,
            Self::User { user, .. } => Some(user.uid),
        }
    }

    /// Whether the caller may use what is open to `access`. May ask the user database; blocks.
    ///
    /// Neither root nor an administrator may use what nobody granted them.
    #[must_use]
    pub fn may_use(&self, access: &Access, known: &Groups) -> bool {
        match (access, self) {
            (Access::Public, _) => true,
            (Access::Granted { .. }, Self::Nobody) => false,
            (Access::Granted { users, groups }, Self::User { user, .. }) => {
                users.contains(&user.uid)
                    || groups.contains(&user.gid)
                    || (!groups.is_empty() && known.of(*user).iter().any(|gid| groups.contains(gid)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn caller(uid: u32, gid: u32) -> Caller {
        Caller::user(User { uid, gid }, MungePayload::default())
    }

    fn granted(users: &[u32], groups: &[u32]) -> Access {
        Access::Granted { users: users.iter().copied().collect(), groups: groups.iter().copied().collect() }
    }

    #[test]
    fn everybody_may_use_what_is_public() {
        let groups = Groups::default();
        assert!(caller(1000, 1000).may_use(&Access::Public, &groups));
        assert!(Caller::Nobody.may_use(&Access::Public, &groups));
    }

    #[test]
    fn a_grant_to_nobody_lets_nobody_in() {
        let nobody = Access::Granted { users: BTreeSet::new(), groups: BTreeSet::new() };
        assert!(!caller(0, 0).may_use(&nobody, &Groups::default()));
    }

    #[test]
    fn a_grant_lets_its_users_and_groups_in_and_no_one_else() {
        let groups = Groups::default();
        let access = granted(&[1000], &[77]);
        assert!(caller(1000, 1).may_use(&access, &groups));
        assert!(caller(1001, 77).may_use(&access, &groups));
        assert!(!caller(1001, 1).may_use(&access, &groups));
        assert!(!caller(0, 0).may_use(&access, &groups));
        assert!(!Caller::Nobody.may_use(&access, &groups));
    }
}
