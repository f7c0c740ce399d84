//! Who starts containers on the scratch machine: never root.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::unistd::{Gid, Uid, User};

use super::TryError;
use super::namespace::Rights;

/// An ordinary user of the host.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Login name, or the number where nobody has that number.
    pub(super) name: String,
    uid: Uid,
    gid: Gid,
    /// Whether a program must be told to run as this user.
    is_other: bool,
}

impl Person {
    /// The caller; for root the one who called sudo(8), else `nobody`.
    pub(super) fn choose(rights: Rights) -> Result<Self, TryError> {
        let uid = match rights {
            Rights::UserNamespace => Uid::current(),
            Rights::Root => number("SUDO_UID").map_or_else(nobody, Uid::from_raw),
        };
        let user = User::from_uid(uid).map_err(|errno| TryError::NoSuchPerson { uid: uid.as_raw(), errno })?;
        let gid = match (&user, rights) {
            (_, Rights::UserNamespace) => Gid::current(),
            (Some(user), Rights::Root) => user.gid,
            (None, Rights::Root) => Gid::from_raw(uid.as_raw()),
        };
        let name = user.map_or_else(|| uid.to_string(), |user| user.name);
        Ok(Self { name, uid, gid, is_other: rights == Rights::Root })
    }

    /// The command, to be run as this user with nothing of the caller's environment.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("USER", &self.name).env("HOME", "/");
        if let Some(term) = std::env::var_os("TERM") {
            command.env("TERM", term);
        }
        if self.is_other {
            command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
        }
        command
    }
}

impl std::fmt::Display for Person {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} ({})", self.name, self.uid)
    }
}

fn number(variable: &str) -> Option<u32> {
    std::env::var(variable).ok()?.parse().ok().filter(|number| *number != 0)
}

/// The account without files of its own that every Linux has.
fn nobody() -> Uid {
    User::from_name("nobody").ok().flatten().map_or(Uid::from_raw(65534), |user| user.uid)
}
