//! Files and records that lost each other: shown first, removed on an administrator's word only.
//!
//! A database that was lost takes no image with it: what a name of the index leads to is in use by nodes and stays,
//! record or not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry};
use std::path::Path;

use shifter_formats::used;
use shifter_gateway_types::rest::{SweepBody, SweptFile, SweptTag};

use super::LifeError;
use crate::app::App;
use crate::config::{Config, System};
use crate::publish::{Place, PublishError};
use crate::registry::turn;
use crate::store::{StoreError, Word};

/// The image directory cannot be swept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    /// Records there are, and none of their files.
    #[error("none of the {tags} tags has its file in {dir}: is its file system mounted?")]
    NotThere {
        /// Tags with a record.
        tags: usize,
        /// The image directory.
        dir: String,
    },
    /// A file or a record cannot be removed.
    #[error(transparent)]
    Life(#[from] LifeError),
}

impl From<StoreError> for SweepError {
    fn from(error: StoreError) -> Self {
        Self::Life(error.into())
    }
}

impl From<PublishError> for SweepError {
    fn from(error: PublishError) -> Self {
        Self::Life(error.into())
    }
}

/// The files of an image directory that belong to images, by the image's id.
#[derive(Debug, Default)]
struct Found {
    /// `<id>.squashfs`, `<id>`.
    images: BTreeMap<String, Vec<SweptFile>>,
    /// `<id>.meta`, `used/<id>`.
    beside: BTreeMap<String, Vec<SweptFile>>,
}

impl App {
    /// Finds what lost each other on a system, and removes it if asked to. Blocks.
    pub(crate) fn sweep(&self, config: &Config, system: &System, remove: bool) -> Result<SweepBody, SweepError> {
        let tags = self.without_file(config, system)?;
        let files = self.without_record(config, system)?;
        let mut body = SweepBody { removed: remove, files: Vec::new(), tags: Vec::new() };
        for (last_pull, name, id) in tags {
            if remove {
                self.take_away(config, &name, Word::Lost(last_pull))?;
            }
            body.tags.push(SweptTag { itype: name.itype, tag: name.tag, id });
        }
        for (id, file) in files {
            if !remove || self.remove_file(config, system, &id, &file)? {
                body.files.push(file);
            }
        }
        if remove {
            let (tags, files) = (body.tags.len(), body.files.len());
            tracing::info!(system = system.name, tags, files, "swept the image directory");
        }
        Ok(body)
    }

    /// Tags of which an image file is not there, with their last pull and the image.
    fn without_file(
        &self,
        config: &Config,
        system: &System,
    ) -> Result<Vec<(f64, crate::store::TagName, String)>, SweepError> {
        let place = Place::new(system, config.readable_by);
        let mut lost = Vec::new();
        let all = self.store.aging(&system.name, None, self.clock.now())?;
        for aging in &all {
            let best = self.store.lookup(&aging.name)?.map(|entry| entry.image);
            let others = self.store.others(&aging.name)?;
            if let Some(image) = best.iter().chain(&others).find(|image| !place.holds(image)) {
                lost.push((aging.last_pull, aging.name.clone(), image.id.clone()));
            }
        }
        if lost.len() > 1 && lost.len() == all.len() {
            return Err(SweepError::NotThere { tags: all.len(), dir: system.image_dir.display().to_string() });
        }
        Ok(lost)
    }

    /// Files that no record and no name of the index knows, with the id of their image.
    fn without_record(&self, config: &Config, system: &System) -> Result<Vec<(String, SweptFile)>, SweepError> {
        let found = Found::in_directory(&system.image_dir);
        let index = Place::new(system, config.readable_by).indexed()?;
        let named = index.iter().filter(|indexed| indexed.name.as_ref().is_some_and(|name| name.itype != "id"));
        let named: BTreeSet<&String> = named.flat_map(|indexed| &indexed.ids).collect();
        let mut lost = Vec::new();
        for (id, files) in found.images.iter().chain(&found.beside) {
            let is_in_use = found.images.contains_key(id) && named.contains(id);
            if !is_in_use && self.store.systems_with(id)?.is_empty() {
                lost.extend(files.iter().map(|file| (id.clone(), file.clone())));
            }
        }
        for indexed in &index {
            let leads_nowhere = !indexed.ids.iter().any(|id| found.images.contains_key(id));
            let mut is_known = false;
            for id in &indexed.ids {
                is_known = is_known || !self.store.systems_with(id)?.is_empty();
            }
            // A name of an image by its id goes with the image.
            let is_of_lost = indexed.name.as_ref().is_some_and(|name| name.itype == "id")
                && indexed.ids.iter().all(|id| !named.contains(id));
            if let Some(id) = indexed.ids.first()
                && !is_known
                && (leads_nowhere || is_of_lost)
            {
                let path = format!("index/{}", indexed.file);
                let bytes = fs::symlink_metadata(system.image_dir.join(&path)).map_or(0, |facts| facts.len());
                lost.push((id.clone(), SweptFile { path, bytes }));
            }
        }
        // Names before what they lead to.
        lost.sort_by_key(|(_, file)| (!file.path.starts_with("index/"), file.path.clone()));
        Ok(lost)
    }

    /// Removes one file unless a pull needs its image now.
    fn remove_file(&self, config: &Config, system: &System, id: &str, file: &SweptFile) -> Result<bool, SweepError> {
        let _one_at_a_time = self.publish_alone()?;
        let Some(_turn) = turn::try_take(&system.image_dir.join(&file.path)) else { return Ok(false) };
        if self.claims.holds(id) || !self.store.systems_with(id)?.is_empty() {
            return Ok(false);
        }
        Place::new(system, config.readable_by).unlink_file(&file.path)?;
        Ok(true)
    }
}

impl Found {
    /// What cannot be read is not found.
    fn in_directory(images: &Path) -> Self {
        let mut found = Self::default();
        for entry in fs::read_dir(images).into_iter().flatten().flatten() {
            let Some((id, name, bytes)) = of_image(&entry) else { continue };
            let list = if name.ends_with(".meta") { &mut found.beside } else { &mut found.images };
            list.entry(id).or_default().push(SweptFile { path: name, bytes });
        }
        for entry in fs::read_dir(images.join(used::DIRECTORY)).into_iter().flatten().flatten() {
            let Some((id, name, bytes)) = of_image(&entry) else { continue };
            let path = format!("{}/{name}", used::DIRECTORY);
            found.beside.entry(id).or_default().push(SweptFile { path, bytes });
        }
        found
    }
}

/// The id, the name and the size of a file that is called like an image.
fn of_image(entry: &DirEntry) -> Option<(String, String, u64)> {
    let name = entry.file_name().into_string().ok()?;
    let id = name.split('.').next()?.to_owned();
    let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes = entry.metadata().map_or(0, |facts| facts.len());
    is_id.then_some((id, name, bytes))
}
