//! The end of images: tags go by request or by age, and files follow after a time of grace.
//!
//! A tag goes first, so that no new job finds the image by it. Jobs that wait were given its id: the file, its
//! `.meta` and the index entry of the id stay until the grace is over. A pull in the meantime takes the image back.
//!
//! `age` says how old a tag is and what keeps it, `expire` lets the old ones go, `delete` removes files whose grace is
//! over, `sweep` finds files and records that lost each other, `quota` says how much there may be, and `claims` keeps
//! all of them from what a running pull has found.

mod age;
mod claims;
mod delete;
mod expire;
mod quota;
mod sweep;

use nix::unistd::{Uid, User};

pub(crate) use age::Age;
pub(crate) use claims::{Claim, Claims};
pub(crate) use quota::NoRoom;
pub(crate) use sweep::SweepError;

use crate::app::App;
use crate::auth::Caller;
use crate::config::{Config, System};
use crate::publish::{Place, PublishError};
use crate::store::{Removal, StoreError, TagName, Word};

/// An image cannot be let go.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LifeError {
    /// A file cannot be removed or written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Takes a tag away, or a holder's hold on it. Blocks.
    ///
    /// ORDER: the index before the store. What is cut short leaves a tag that the gateway still knows and no node finds
    /// in the index; the same request again ends it, and a pull brings it back.
    pub(crate) fn take_away(&self, config: &Config, name: &TagName, word: Word) -> Result<Removal, LifeError> {
        let Some(system) = config.systems.get(&name.system) else { return Ok(Removal::NoTag) };
        let _one_at_a_time = self.publish_alone()?;
        let now = self.clock.now();
        let place = Place::new(system, config.readable_by);
        let seen = self.store.preview_removal(name, word, now)?;
        if let Removal::Gone(standing) = &seen {
            place.unname(name)?;
            // Whoever had an image by this tag alone has it no longer by its id.
            place.describe(name, standing)?;
        }
        let done = self.store.remove(name, word, now)?;
        if let Removal::Released(_, standing) = &done {
            place.describe(name, standing)?;
        }
        if matches!(done, Removal::Gone(_)) {
            let image = format!("{}:{}", name.itype, name.tag);
            tracing::info!(system = name.system, image, ?word, "a tag is gone");
        }
        Ok(done)
    }
}

/// Whether a caller administers a system. Blocks: asks the user database of this host.
pub(crate) fn is_admin(system: &System, caller: &Caller) -> bool {
    caller.uid().is_some_and(|uid| system.is_admin(&user_name(uid)))
}

/// The user's name on this host, or the number.
pub(crate) fn user_name(uid: u32) -> String {
    let known = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    known.map_or_else(|| uid.to_string(), |user| user.name)
}
