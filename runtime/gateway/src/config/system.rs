//! `Platforms`: the systems served, with the numbers behind their names.

use std::path::PathBuf;

use nix::unistd::{Gid, Uid, User};
use shifter_gateway_types::config::{AccessType, Platform as Written};

use super::error::ConfigError;
use crate::pull::Platform;

/// One system.
#[derive(Clone, Debug)]
pub struct System {
    /// Its key under `Platforms`.
    pub name: String,
    /// The munged whose key only this system has. Without one, only the Unix socket serves it.
    pub munge_socket: Option<PathBuf>,
    /// Names of its administrators.
    pub admins: Vec<String>,
    /// Where its images lie.
    pub image_dir: PathBuf,
    /// Who owns the image files.
    pub owner: Owner,
    /// The platforms of its nodes, at least one, the most usual first.
    pub platforms: Vec<Platform>,
}

/// The user who owns image files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub uid: Uid,
    /// The user's primary group.
    pub gid: Gid,
}

impl System {
    pub(super) fn resolve(name: &str, written: &Written) -> Result<Self, ConfigError> {
        let key = |key: &str| format!("Platforms.{name}.{key}");
        if written.access_type == AccessType::Remote {
            let why = "images are not sent by ssh yet; write `local` and mount the image directory";
            return Err(ConfigError::unsupported(key("accesstype"), why));
        }
        let missing = || ConfigError::missing(key("local.imageDir"), "name the directory of images");
        let image_dir = written.image_dir().ok_or_else(missing)?.to_owned();
        if image_dir.is_relative() {
            return Err(ConfigError::unsupported(key("local.imageDir"), "it is not absolute"));
        }
        let platforms = written.all_platforms().into_iter().map(|written| written.to_string().parse());
        let platforms: Result<Vec<Platform>, _> = platforms.collect();
        Ok(Self {
            name: name.to_owned(),
            munge_socket: written.munge_socket_path.clone(),
            admins: written.admins.clone().unwrap_or_default(),
            image_dir,
            owner: Owner::resolve(&key("imageOwner"), written.image_owner.as_deref())?,
            platforms: platforms.map_err(|source| ConfigError::Platform { system: name.to_owned(), source })?,
        })
    }

    /// The platforms of its nodes in one text, to be compared.
    #[must_use]
    pub fn platforms_text(&self) -> String {
        self.platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    /// Whether the user of this name administers the system. Names are compared whole.
    #[must_use]
    pub fn is_admin(&self, user: &str) -> bool {
        self.admins.iter().any(|admin| admin == user)
    }
}

impl Owner {
    /// A user by name or number; root when none is named.
    fn resolve(key: &str, written: Option<&str>) -> Result<Self, ConfigError> {
        let Some(text) = written else {
            return Ok(Self { uid: Uid::from_raw(0), gid: Gid::from_raw(0) });
        };
        let number = text.parse().ok().map(Uid::from_raw);
        let user = match number {
            Some(uid) => User::from_uid(uid),
            None => User::from_name(text),
        };
        match (user, number) {
            (Ok(Some(user)), _) => Ok(Self { uid: user.uid, gid: user.gid }),
            // A number needs no entry in any database; its files get the group of the same number.
            (_, Some(uid)) => Ok(Self { uid, gid: Gid::from_raw(uid.as_raw()) }),
            (_, None) => Err(ConfigError::unsupported(key, format!("there is no user `{text}`"))),
        }
    }
}
