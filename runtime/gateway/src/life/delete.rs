//! Removing the files of images that no tag names, when their grace is over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use shifter_formats::meta::ImageFormat;

use super::LifeError;
use crate::app::App;
use crate::config::{Config, System};
use crate::publish::{Indexed, Place, Whose};
use crate::registry::turn;
use crate::store::{Expired, StoreError};

impl App {
    /// Deletes what expired long enough ago. Blocks.
    pub(crate) fn delete_expired(&self, config: &Config) -> Result<(), LifeError> {
        let before = self.clock.now() - config.retention.grace().as_secs_f64();
        let mut indexes: BTreeMap<&Path, Vec<Indexed>> = BTreeMap::new();
        for gone in &self.store.expired(before)? {
            // What is left is deleted after the next start.
            if self.stopping.is_cancelled() {
                break;
            }
            // The files of a system that is no longer served are left to the administrator.
            let Some(system) = config.systems.get(&gone.system) else { continue };
            let place = Place::new(system, config.readable_by);
            let names = match indexes.get(system.image_dir.as_path()) {
                Some(names) => names,
                None => indexes.entry(&system.image_dir).or_insert(place.indexed()?),
            };
            if self.delete(config, system, gone, names)? {
                tracing::info!(system = gone.system, id = gone.id, "deleted an expired image");
            }
        }
        Ok(())
    }

    fn delete(&self, config: &Config, system: &System, gone: &Expired, names: &[Indexed]) -> Result<bool, LifeError> {
        let place = Place::new(system, config.readable_by);
        let _one_at_a_time = self.publish_alone()?;
        let Some(_turn) = self.free(system, &gone.id, &gone.format) else { return Ok(false) };
        // A pull may have taken it back since the list was read.
        if !self.store.is_expired(gone)? {
            return Ok(false);
        }
        for leading in names.iter().filter(|indexed| indexed.ids.contains(&gone.id)) {
            let Some(name) = &leading.name else { continue };
            let is_known = self.store.lookup(name)?.is_some();
            if is_known {
                // An older gateway left the other platforms of a tag out of its records: the next pull writes them.
                tracing::info!(id = gone.id, tag = name.tag, "an expired image has a name in the index still");
                return Ok(false);
            }
            if name.itype != "id" && name.system == gone.system {
                place.unlink_index(&leading.file)?;
            }
        }
        let whose = if self.is_shared(config, system, &gone.id)? { Whose::Shared } else { Whose::Alone };
        place.remove(&gone.system, &gone.id, &gone.format, whose)?;
        self.store.forget_expired(gone)?;
        Ok(true)
    }

    /// The turn of an image's file, if no pull makes or needs it now.
    pub(super) fn free(&self, system: &System, id: &str, format: &str) -> Option<impl Sized + use<>> {
        let format = ImageFormat::parse(format)?;
        let turn = turn::try_take(&system.image_dir.join(format.file_name(id)))?;
        (!self.claims.holds(id)).then_some(turn)
    }

    /// Whether another system with the same image directory has a record of the image. One that is no longer served
    /// may have: then the file stays.
    fn is_shared(&self, config: &Config, system: &System, id: &str) -> Result<bool, StoreError> {
        let with: BTreeSet<String> = self.store.systems_with(id)?.into_iter().collect();
        let is_here = |name: &String| {
            config.systems.get(name).is_none_or(|other| other.image_dir == system.image_dir) && *name != system.name
        };
        Ok(with.iter().any(is_here))
    }
}
