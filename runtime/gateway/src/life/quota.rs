//! How many bytes of images there may be, and how many a user may hold.

use shifter_gateway_types::config::Percent;

use super::user_name;
use crate::app::App;
use crate::config::{Config, System};
use crate::store::{Image, StoreError, TagName};

/// There is no room for an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRoom {
    /// The user holds too much.
    #[error("you hold {held} bytes of images, and may hold {limit}: `shifterimg rm` what you no longer need")]
    OfUser {
        /// What the user holds, or would.
        held: u64,
        /// The most.
        limit: u64,
    },
    /// The system's images take all there is.
    #[error("the images of this system take {stored} bytes of {limit}: try again when unused ones have gone")]
    OfSystem {
        /// What there is, or would be.
        stored: u64,
        /// The most.
        limit: u64,
    },
}

impl App {
    /// Whether so much is stored that the longest unused tags must go. What has expired and waits for its deletion
    /// makes room already.
    pub(super) fn is_crowded(&self, config: &Config, system: &System) -> Result<bool, StoreError> {
        let quota = config.quota;
        let (Some(total), Some(share)) = (quota.total_bytes, quota.start_expiry_at) else { return Ok(false) };
        Ok(self.store.stored(&system.name)?.named > Percent::of(share, total))
    }

    /// Whether a pull may begin. Blocks.
    pub(crate) fn room_to_pull(
        &self,
        config: &Config,
        name: &TagName,
        uid: Option<u32>,
    ) -> Result<Result<(), NoRoom>, StoreError> {
        if let (Some(limit), Some(uid)) = (config.quota.user_bytes, uid) {
            // A tag that moves gives its present images up.
            let held = self.store.held(&name.system, uid, Some(name))?;
            if held >= limit && !is_exempt(config, name, uid) {
                return Ok(Err(NoRoom::OfUser { held, limit }));
            }
        }
        if let Some(limit) = config.quota.total_bytes {
            let stored = self.store.stored(&name.system)?;
            if stored.named + stored.expired >= limit {
                return Ok(Err(NoRoom::OfSystem { stored: stored.named + stored.expired, limit }));
            }
        }
        Ok(Ok(()))
    }

    /// Whether the images of a finished pull may stay. Blocks.
    pub(crate) fn room_for(
        &self,
        config: &Config,
        name: &TagName,
        uid: Option<u32>,
        images: &[&Image],
    ) -> Result<Result<(), NoRoom>, StoreError> {
        let bytes: u64 = images.iter().map(|image| image.bytes).sum();
        if let (Some(limit), Some(uid)) = (config.quota.user_bytes, uid) {
            let held = self.store.held(&name.system, uid, Some(name))?.saturating_add(bytes);
            if held > limit && !is_exempt(config, name, uid) {
                return Ok(Err(NoRoom::OfUser { held, limit }));
            }
        }
        if let Some(limit) = config.quota.total_bytes {
            let stored = self.store.stored(&name.system)?;
            let mut all = stored.named + stored.expired;
            for image in images {
                if !self.store.systems_with(&image.id)?.contains(&name.system) {
                    all = all.saturating_add(image.bytes);
                }
            }
            if all > limit {
                return Ok(Err(NoRoom::OfSystem { stored: all, limit }));
            }
        }
        Ok(Ok(()))
    }
}

/// Administrators pull for everybody.
fn is_exempt(config: &Config, name: &TagName, uid: u32) -> bool {
    config.systems.get(&name.system).is_some_and(|system| system.is_admin(&user_name(uid)))
}
