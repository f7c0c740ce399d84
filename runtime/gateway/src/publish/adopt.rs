//! Images that were put into the image directory before: what is known of them there, and how they become ours.

use std::fs;

use shifter_formats::index::{self, IndexEntry};

use super::{CLOSED, Place, PublishError, Texts};
use crate::store::{Image, Standing, TagName};

impl Place {
    /// Whether what describes the images of a tag can be written at all.
    pub fn check(&self, name: &TagName, standing: &Standing) -> Result<(), PublishError> {
        Texts::of(name, standing).map(drop)
    }

    /// The size of an image's file; `None` where there is none.
    #[must_use]
    pub fn size(&self, image: &Image) -> Option<u64> {
        let found = self.path_of(image).ok()?.symlink_metadata().ok()?;
        (found.is_file() || found.is_dir()).then_some(found.len())
    }

    /// All files of the index that can be read, by their names, and what they say.
    pub fn entries(&self) -> Result<Vec<(String, Vec<IndexEntry>)>, PublishError> {
        let mut all = Vec::new();
        for indexed in self.indexed()? {
            let bytes = fs::read(self.dir.join("index").join(&indexed.file));
            if let Some(entries) = bytes.ok().and_then(|bytes| index::list::read(bytes).ok()) {
                all.push((indexed.file, entries));
            }
        }
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(all)
    }

    /// Writes the name of an image by its id.
    pub fn name_by_id(&self, entry: &IndexEntry) -> Result<(), PublishError> {
        let index = self.index_directory()?;
        self.write(&index, &entry.file_name(), &index::list::write(std::slice::from_ref(entry)), CLOSED)
    }
}
