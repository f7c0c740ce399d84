//! Images that were there before this gateway's records: `shifter-imagegw adopt` takes them from an export of the original
//! gateway's database, `shifter-imagegw rebuild` from the image directory alone.
//!
//! Nothing is moved, converted or deleted. A tag that is known already stays as it is, so that both can be done again. The
//! gateway does not run meanwhile where its database is its own.
//!
//! `document` reads the original's records, `rebuild` the image directory, `report` says what became of each.

mod document;
mod rebuild;
mod report;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use shifter_formats::meta::Meta;

use self::document::Document;
pub use self::report::{Fate, Report};
use crate::config::Config;
use crate::convert::Format;
use crate::publish::{DescribeError, Place};
use crate::store::{Access, Adopted, Image, Store, TagName};
use crate::time::{Clock, seconds};

/// Whether anything is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// Only told.
    Dry,
    /// Done.
    Real,
}

/// What adopts.
#[derive(Debug)]
struct Adoption<'a> {
    config: &'a Config,
    store: &'a Store,
    trial: Trial,
    now: f64,
    report: Report,
    /// The files, as system and id, that a record was found for.
    matched: BTreeSet<(String, String)>,
}

/// Adopts what an export of the original's collection `images` names and the image directories have.
pub fn adopt(config: &Config, store: &Store, export: &Path, trial: Trial) -> anyhow::Result<Report> {
    let text = std::fs::read_to_string(export).with_context(|| format!("cannot read {}", export.display()))?;
    let mut adoption = Adoption::new(config, store, trial);
    let mut documents = Vec::new();
    for (number, read) in (1..).zip(document::read(&text)) {
        match read {
            Ok(document) => documents.push(document),
            Err(why) => adoption.report.tell(format!("record {number}"), Fate::LeftOut(why)),
        }
    }
    // Of several records with one tag the latest counts: the original takes a tag off the others, but not all at once.
    documents.sort_by(|a, b| b.last_pull.unwrap_or_default().total_cmp(&a.last_pull.unwrap_or_default()));
    for document in &documents {
        adoption.document(document)?;
    }
    adoption.without_record()?;
    Ok(adoption.report)
}

/// Records what the indexes of the image directories name; images that only their `.meta` describes get a name by their
/// id.
pub fn rebuild(config: &Config, store: &Store, trial: Trial) -> anyhow::Result<Report> {
    let mut adoption = Adoption::new(config, store, trial);
    for system in config.systems.values() {
        adoption.index(system)?;
    }
    adoption.without_record()?;
    Ok(adoption.report)
}

impl<'a> Adoption<'a> {
    fn new(config: &'a Config, store: &'a Store, trial: Trial) -> Self {
        let now = Clock::default().now();
        Self { config, store, trial, now, report: Report::default(), matched: BTreeSet::new() }
    }

    fn document(&mut self, document: &Document) -> anyhow::Result<()> {
        let Document { system, itype, id, .. } = document;
        let what = format!("{system} {itype}:{} ({id})", document.tags.join(" "));
        let image = match self.image(document) {
            Ok(image) => image,
            Err(why) => {
                self.report.tell(what, Fate::LeftOut(why));
                return Ok(());
            }
        };
        self.matched.insert((system.clone(), id.clone()));
        if document.tags.is_empty() {
            self.report.tell(what, Fate::LeftOut("no tag names it any more".to_owned()));
        }
        let last_pull = document.last_pull.unwrap_or(self.now);
        for tag in &document.tags {
            let name = TagName { system: system.clone(), itype: itype.clone(), tag: tag.clone() };
            self.tag(name, (image.clone(), Vec::new()), document.access.clone(), last_pull)?;
        }
        Ok(())
    }

    /// The image of a record, if its file is there.
    fn image(&self, document: &Document) -> Result<Image, String> {
        if !matches!(document.status.as_str(), "READY" | "SUCCESS") {
            return Err(format!("its status is {}", document.status));
        }
        let system = self.config.systems.get(&document.system);
        let system = system.ok_or_else(|| format!("the system `{}` is not served here", document.system))?;
        let id = &document.id;
        if id.len() != 64 || !id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return Err("its id is not 64 hexadecimal digits".to_owned());
        }
        let format: Format =
            document.format.parse().map_err(|_| DescribeError::Format(document.format.clone()).to_string())?;
        let path = system.image_dir.join(format.file_name(id));
        let found = path.symlink_metadata().map_err(|_| format!("there is no {}", path.display()))?;
        if !found.is_file() && !found.is_dir() {
            return Err(format!("{} is no image", path.display()));
        }
        let meta = std::fs::read(system.image_dir.join(format!("{id}.meta"))).ok();
        let meta = meta.and_then(|bytes| Meta::read_native(bytes).ok());
        Ok(Image {
            id: id.clone(),
            format: format.name().to_owned(),
            // The original kept none, and knew no other platform.
            digest: String::new(),
            platform: "linux/amd64".to_owned(),
            bytes: found.len(),
            env: document.env.clone(),
            entry: document.entry.clone(),
            cmd: meta.and_then(|meta| meta.cmd),
            workdir: document.workdir.clone(),
            user: String::new(),
            labels: document.labels.clone(),
            volumes: Vec::new(),
        })
    }

    /// Records a tag and writes what nodes read of it.
    ///
    /// ORDER: the store first. What is cut short is known to the gateway and found by no node in the index: the same
    /// command describes it then.
    fn tag(
        &mut self,
        name: TagName,
        (image, others): (Image, Vec<Image>),
        access: Access,
        last_pull: f64,
    ) -> anyhow::Result<()> {
        let what = format!("{} {}:{}", name.system, name.itype, name.tag);
        let system = &self.config.systems[&name.system];
        let platforms = system.platforms_text();
        // Nothing is old because nobody counted before: its age begins now.
        let adopted = Adopted { name, image, others, platforms, access, last_pull, last_use: self.now };
        let place = Place::new(system, self.config.readable_by);
        let Some(seen) = self.store.preview_adoption(&adopted, self.now)? else {
            self.report.tell(what, Fate::Known);
            return Ok(());
        };
        if let Err(error) = place.check(&adopted.name, &seen) {
            self.report.tell(what, Fate::LeftOut(error.to_string()));
            return Ok(());
        }
        if self.trial == Trial::Real
            && let Some(standing) = self.store.adopt(&adopted, self.now)?
        {
            place.describe(&adopted.name, &standing)?;
        }
        self.report.tell(what, Fate::Adopted(adopted.image.id));
        Ok(())
    }

    /// Tells of image files that nothing was said about.
    fn without_record(&mut self) -> anyhow::Result<()> {
        for system in self.config.systems.values() {
            let Ok(files) = std::fs::read_dir(&system.image_dir) else { continue };
            let mut ids: Vec<String> = Vec::new();
            for file in files {
                let file = file?.file_name().into_string().unwrap_or_default();
                let (id, suffix) = file.split_once('.').unwrap_or((&file, ""));
                let is_image = id.len() == 64 && suffix != "meta" && id.bytes().all(|byte| byte.is_ascii_hexdigit());
                let key = (system.name.clone(), id.to_owned());
                if is_image && !self.matched.contains(&key) && self.store.systems_with(id)?.is_empty() {
                    ids.push(file);
                }
            }
            ids.sort_unstable();
            for file in ids {
                self.report.tell(system.image_dir.join(file).display().to_string(), Fate::Unknown);
            }
        }
        Ok(())
    }
}

fn modified(path: &Path) -> Option<f64> {
    path.symlink_metadata().and_then(|facts| facts.modified()).ok().map(seconds)
}
