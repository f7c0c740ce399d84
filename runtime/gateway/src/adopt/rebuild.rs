//! Records from the image directory alone: the index names tags and says all that nodes know of their images. Who pulled
//! them, labels and volumes are not there.

use shifter_formats::acl::Access as FileAccess;
use shifter_formats::image::{ImageId, ImageType};
use shifter_formats::index::IndexEntry;
use shifter_formats::meta::{ImageFormat, Meta};

use super::{Adoption, Fate, Trial, modified};
use crate::config::System;
use crate::publish::Place;
use crate::store::{Access, Image, TagName};

impl Adoption<'_> {
    /// The tags of a system's index, then the images that only `.meta` describes.
    pub(super) fn index(&mut self, system: &System) -> anyhow::Result<()> {
        let place = Place::new(system, self.config.readable_by);
        let mut entries = place.entries()?;
        entries.retain(|(_, entries)| entries.iter().all(|entry| entry.system == system.name));
        let rank = |entry: &IndexEntry| {
            let at = system.platforms.iter().position(|platform| platform.to_string() == entry.platform);
            at.unwrap_or(usize::MAX)
        };
        for (file, entries) in &mut entries {
            entries.sort_by_key(rank);
            let mut images = Vec::new();
            for entry in &*entries {
                let image = image(entry);
                match place.size(&image) {
                    Some(bytes) => images.push(Image { bytes, ..image }),
                    None => self.report.tell(what(entry), Fate::LeftOut(format!("there is no file of {}", entry.id))),
                }
                self.matched.insert((system.name.clone(), entry.id.to_string()));
            }
            let Some(first) = entries.first().filter(|entry| entry.kind != ImageType::Id && !images.is_empty()) else {
                continue;
            };
            let name =
                TagName { system: system.name.clone(), itype: first.kind.as_str().to_owned(), tag: first.tag.clone() };
            let last_pull = modified(&system.image_dir.join("index").join(&*file)).unwrap_or(self.now);
            let access = access(&first.access);
            let best = images.remove(0);
            self.tag(name, (best, images), access, last_pull)?;
        }
        self.by_meta(system, &place)
    }

    /// Gives images that nothing but their `.meta` describes a name by their id.
    fn by_meta(&mut self, system: &System, place: &Place) -> anyhow::Result<()> {
        let mut metas = Vec::new();
        for file in std::fs::read_dir(&system.image_dir)? {
            let path = file?.path();
            let id = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<ImageId>().ok());
            if let Some(id) = id.filter(|_| path.extension().is_some_and(|suffix| suffix == "meta")) {
                metas.push((id, path));
            }
        }
        metas.sort();
        for (id, path) in metas {
            let key = (system.name.clone(), id.to_string());
            if self.matched.contains(&key) {
                continue;
            }
            let told = path.display().to_string();
            let meta = std::fs::read(&path).ok().and_then(|bytes| Meta::read_native(bytes).ok());
            let Some(meta) = meta else {
                self.report.tell(told, Fate::LeftOut("it cannot be read as a description of an image".to_owned()));
                continue;
            };
            let entry = entry(system, id, meta);
            if place.size(&image(&entry)).is_none() {
                self.report.tell(told, Fate::LeftOut("its image is not there".to_owned()));
                continue;
            }
            self.matched.insert(key);
            if self.trial == Trial::Real {
                place.name_by_id(&entry)?;
            }
            self.report.tell(what(&entry), Fate::Adopted(entry.id.to_string()));
        }
        Ok(())
    }
}

fn what(entry: &IndexEntry) -> String {
    format!("{} {}:{}", entry.system, entry.kind, entry.tag)
}

fn entry(system: &System, id: ImageId, meta: Meta) -> IndexEntry {
    IndexEntry {
        system: system.name.clone(),
        kind: ImageType::Id,
        tag: id.to_string(),
        id,
        format: meta.format.unwrap_or(ImageFormat::Squashfs),
        digest: String::new(),
        platform: "linux/amd64".to_owned(),
        access: meta.access,
        env: meta.env,
        entry: meta.entry,
        cmd: meta.cmd,
        workdir: meta.workdir,
        user: None,
    }
}

fn image(entry: &IndexEntry) -> Image {
    Image {
        id: entry.id.to_string(),
        format: entry.format.as_str().to_owned(),
        digest: entry.digest.clone(),
        platform: entry.platform.clone(),
        env: entry.env.iter().map(|variable| format!("{}={}", variable.name, variable.value)).collect(),
        entry: entry.entry.clone(),
        cmd: entry.cmd.clone(),
        workdir: entry.workdir.clone().unwrap_or_default(),
        user: entry.user.clone().unwrap_or_default(),
        ..Image::default()
    }
}

fn access(access: &FileAccess) -> Access {
    match access {
        FileAccess::Public => Access::Public,
        FileAccess::Restricted { users, groups } => {
            Access::Granted { users: users.iter().copied().collect(), groups: groups.iter().copied().collect() }
        }
    }
}
