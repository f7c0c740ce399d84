//! Taking images and their names out of the image directory.

use std::fs;
use std::io;
use std::path::Path;

use shifter_formats::image::ImageType;
use shifter_formats::index::{self, IndexEntry, entry_name};
use shifter_formats::meta::ImageFormat;
use shifter_formats::used;

use super::{DescribeError, Place, PublishError, sync, write};
use crate::store::TagName;

/// Whose the file of an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of the one system that lets go of it.
    Alone,
    /// Of other systems with the same image directory too.
    Shared,
}

/// A file of the index, by its name, and what it says; nothing where it cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// The name of the file.
    pub file: String,
    /// The name that leads to images, as it is written in the file.
    pub name: Option<TagName>,
    /// The ids of the images.
    pub ids: Vec<String>,
}

impl Place {
    /// Removes the index entry of a tag.
    pub fn unname(&self, name: &TagName) -> Result<(), PublishError> {
        // The index holds no other types.
        let Ok(kind) = name.itype.parse() else { return Ok(()) };
        self.unlink_index(&entry_name(&name.system, kind, &name.tag))
    }

    /// Removes one file of the index, named as in [`Place::indexed`].
    pub fn unlink_index(&self, file: &str) -> Result<(), PublishError> {
        let index = self.dir.join("index");
        if index.symlink_metadata().is_err() {
            return Ok(());
        }
        self.check_directory(&index).map_err(write(&index))?;
        unlink(&index, file)
    }

    /// Removes an image that no tag names: its name by its id, then what describes it, then the image.
    ///
    /// ORDER: what is cut short leaves no name that leads to nothing, and is done again by the next try.
    pub fn remove(&self, system: &str, id: &str, format: &str, whose: Whose) -> Result<(), PublishError> {
        let format = ImageFormat::parse(format).ok_or_else(|| DescribeError::Format(format.to_owned()))?;
        self.unlink_index(&entry_name(system, ImageType::Id, id))?;
        if whose == Whose::Shared {
            return Ok(());
        }
        unlink(&self.dir, &format!("{id}.meta"))?;
        unlink(&self.dir, &format.file_name(id))?;
        unlink(&self.dir.join(used::DIRECTORY), id)
    }

    /// Removes a file of the image directory, named relative to it, without following links.
    pub fn unlink_file(&self, file: &str) -> Result<(), PublishError> {
        match file.split_once('/') {
            Some(("index", name)) => self.unlink_index(name),
            Some((below, name)) => unlink(&self.dir.join(below), name),
            None => unlink(&self.dir, file),
        }
    }

    /// All files of the index.
    pub fn indexed(&self) -> Result<Vec<Indexed>, PublishError> {
        let dir = self.dir.join("index");
        let files = match fs::read_dir(&dir) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(write(&dir)(error)),
        };
        let mut all = Vec::new();
        for file in files {
            let file = file.map_err(write(&dir))?;
            // Names are digits; what is none of ours, or is being written, is left alone.
            let Ok(name) = file.file_name().into_string() else { continue };
            if name.len() != 64 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                continue;
            }
            let entries = fs::read(file.path()).ok().and_then(|bytes| index::list::read(bytes).ok());
            all.push(described(name, &entries.unwrap_or_default()));
        }
        Ok(all)
    }
}

fn described(file: String, entries: &[IndexEntry]) -> Indexed {
    let name = entries.first().map(|entry| TagName {
        system: entry.system.clone(),
        itype: entry.kind.as_str().to_owned(),
        tag: entry.tag.clone(),
    });
    Indexed { file, name, ids: entries.iter().map(|entry| entry.id.to_string()).collect() }
}

/// Removes a file or an unpacked image, if it is there, for good.
fn unlink(dir: &Path, name: &str) -> Result<(), PublishError> {
    let path = dir.join(name);
    let removed = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => remove_tree(dir, name),
        Ok(_) => fs::remove_file(&path),
        Err(error) => Err(error),
    };
    match removed.and_then(|()| sync(dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(write(&path)(error)),
        _ => Ok(()),
    }
}

/// Takes the name away first: half an unpacked image must not look like a whole one. What is cut short then is swept
/// at the next start.
fn remove_tree(dir: &Path, name: &str) -> io::Result<()> {
    let id = name.split('.').next().unwrap_or(name);
    let hidden = dir.join(format!(".{id}.gone.partial"));
    if hidden.symlink_metadata().is_ok() {
        fs::remove_dir_all(&hidden)?;
    }
    fs::rename(dir.join(name), &hidden)?;
    fs::remove_dir_all(&hidden)
}
