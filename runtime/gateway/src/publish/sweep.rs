//! What a killed gateway leaves in an image directory.

use std::fs;
use std::path::Path;

use crate::convert::{Neighbours, temporary, unpacked};

/// How the names of texts begin before they are renamed into place.
pub(super) const NEW: &str = ".new-";

/// Removes temporary files of pulls that were cut short.
///
/// What another gateway writes at the moment is left alone. A file that cannot be removed is logged.
pub fn sweep(images: &Path, neighbours: Neighbours) {
    for dir in [images.to_owned(), images.join("index")] {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for entry in entries.flatten() {
            let is_ours = entry.file_name().to_str().is_some_and(is_temporary);
            if !is_ours {
                continue;
            }
            let path = entry.path();
            let Some(_lock) = temporary::is_abandoned(&path, neighbours) else { continue };
            let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let removed = if is_dir { unpacked::remove(&path) } else { fs::remove_file(&path) };
            match removed {
                Ok(()) => tracing::info!(path = %path.display(), "removed what a killed pull left"),
                Err(error) => tracing::warn!(path = %path.display(), %error, "cannot remove what a killed pull left"),
            }
        }
    }
}

/// `.<id>.<random>.partial` of a conversion, `.new-<random>` of a text.
fn is_temporary(name: &str) -> bool {
    let of_image = |rest: &str| {
        let (id, rest) = rest.split_once('.').unwrap_or_default();
        id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()) && rest.ends_with(".partial")
    };
    name.starts_with(NEW) || name.strip_prefix('.').is_some_and(of_image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_temporary_names_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let id = "a".repeat(64);
        let kept = [format!("{id}.squashfs"), format!("{id}.meta"), ".partial".to_owned(), format!(".{id}.squashfs")];
        let gone = [format!(".{id}.x1.partial"), ".new-Xy".to_owned()];
        for name in kept.iter().chain(&gone) {
            fs::write(dir.path().join(name), "").unwrap();
        }
        sweep(dir.path(), Neighbours::Locking);
        assert!(kept.iter().all(|name| dir.path().join(name).exists()));
        assert!(!gone.iter().any(|name| dir.path().join(name).exists()));
    }
}
