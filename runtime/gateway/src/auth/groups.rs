//! The groups of users, from this host's user database.
//!
//! Asked for only when a group was granted a private image, and kept for a minute: 4096 nodes that
//! look one image up at once are one question to LDAP.

use std::collections::HashMap;
use std::ffi::CString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::unistd::{Gid, Uid, User as Passwd, getgrouplist};

use super::caller::User;

const FRESH: Duration = Duration::from_secs(60);
/// More users than this and the oldest answers are dropped.
const MOST: usize = 10_000;

/// When the user database was asked, and what it said.
type Answer = (Instant, Arc<[u32]>);

/// Supplementary groups by user.
#[derive(Debug, Default)]
pub struct Groups {
    known: Mutex<HashMap<User, Answer>>,
}

impl Groups {
    /// The groups of a user, the given primary one among them. Blocks.
    pub fn of(&self, user: User) -> Arc<[u32]> {
        let now = Instant::now();
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((asked, groups)) = lock().get(&user)
            && now.duration_since(*asked) < FRESH
        {
            return Arc::clone(groups);
        }
        let groups: Arc<[u32]> = ask(user).into();
        let mut known = lock();
        if known.len() >= MOST {
            known.retain(|_, (asked, _)| now.duration_since(*asked) < FRESH);
        }
        if known.len() < MOST {
            known.insert(user, (now, Arc::clone(&groups)));
        }
        groups
    }
}

/// A user this host does not know is in the group of the credential alone.
fn ask(user: User) -> Vec<u32> {
    let name = Passwd::from_uid(Uid::from_raw(user.uid)).ok().flatten();
    let name = name.and_then(|passwd| CString::new(passwd.name).ok());
    let groups = name.and_then(|name| getgrouplist(&name, Gid::from_raw(user.gid)).ok());
    groups.map_or_else(|| vec![user.gid], |groups| groups.into_iter().map(Gid::as_raw).collect())
}
