//! Letting tags expire that nobody uses, telling of those that soon will, and making room.

use std::sync::Arc;
use std::time::Duration;

use shifter_gateway_types::config::Days;

use super::{Age, LifeError};
use crate::app::App;
use crate::config::{Config, System};
use crate::store::{Aging, Removal, Word};

/// Used within this time, nothing has to make room: the marks of nodes are that inexact.
const FRESH: Duration = Duration::from_secs(2 * 24 * 60 * 60);

impl App {
    /// What is done from time to time: what is unused expires where the site says so, the longest unused makes room,
    /// files whose grace is over are deleted. What fails is logged and tried again the next time. Blocks.
    pub(crate) fn age(self: &Arc<Self>) {
        let config = self.config();
        for system in config.systems.values() {
            if let Err(error) = self.age_system(&config, system, config.retention.unused.map(Days::duration)) {
                tracing::error!(system = system.name, %error, "cannot let unused images expire");
            }
        }
        if let Err(error) = self.delete_expired(&config) {
            tracing::error!(%error, "cannot delete expired images");
        }
    }

    /// Lets the tags of a system expire that were neither pulled nor used for `unused`, and those that must make room.
    /// Gives back the ids of the images that no tag names any more. Blocks.
    pub(crate) fn age_system(
        &self,
        config: &Config,
        system: &System,
        unused: Option<Duration>,
    ) -> Result<Vec<String>, LifeError> {
        self.write_usage()?;
        let now = self.clock.now();
        let mut tags: Vec<(Age, Aging)> = Vec::new();
        for aging in self.store.aging(&system.name, None, now)? {
            tags.push((Age::of(&aging, config, system), aging));
        }
        tags.sort_by(|(a, _), (b, _)| a.last_use.total_cmp(&b.last_use));
        let mut gone = Vec::new();
        let mut is_crowded = true;
        for (age, aging) in &tags {
            if self.stopping.is_cancelled() {
                break;
            }
            let is_over = unused.is_some_and(|unused| age.is_over(unused, now));
            // Once there is room, the rest only makes more of it.
            is_crowded = is_crowded && self.is_crowded(config, system)?;
            if is_over || is_crowded && age.is_over(FRESH, now) {
                gone.extend(self.expire(config, aging)?);
            } else {
                self.warn(config, *age, aging, now)?;
            }
        }
        Ok(gone)
    }

    fn expire(&self, config: &Config, aging: &Aging) -> Result<Vec<String>, LifeError> {
        match self.take_away(config, &aging.name, Word::Age(aging.last_pull))? {
            Removal::Gone(standing) => {
                let is_named = |id: &String| standing.images.iter().any(|(image, _)| image.id == *id);
                Ok(aging.ids.iter().filter(|id| !is_named(id)).cloned().collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Says once for each time it was used that a tag will expire.
    fn warn(&self, config: &Config, age: Age, aging: &Aging, now: f64) -> Result<(), LifeError> {
        let Some(expires) = age.expires(config) else { return Ok(()) };
        if now < expires - config.retention.warn().as_secs_f64() || aging.warned > age.last_use {
            return Ok(());
        }
        let (image, holders) = (format!("{}:{}", aging.name.itype, aging.name.tag), &aging.holders);
        let days = ((expires - now) / 86_400.0).ceil();
        tracing::warn!(system = aging.name.system, image, ?holders, days, "an unused image will expire");
        Ok(self.store.note_warning(&aging.name, now)?)
    }
}
