//! What images are called in the archives that users send, and what that makes of them here.
//!
//! Image tools write whole names, `quay.io/me/app:1.0`. An image that a user loads is of type `custom`, whose names have
//! no `/` (udiRoot of 16.08 to 18.03 deletes it), so that it is called `app:1.0`.

use std::path::Path;
use std::sync::Arc;

use super::archive::{Archive, SENT};
use super::error::RegistryError;
use super::layout::{Layout, Naming};
use super::saved::Saved;
use crate::convert::Limits;
use crate::reference::Reference;

/// The names that an archive gives its images, as they become names here; each once, in the archive's order.
///
/// # Errors
/// The file is no archive of images.
pub(crate) fn of_archive(path: &Path, scratch: &Path, limits: &Limits) -> Result<Vec<String>, RegistryError> {
    let archive = Arc::new(Archive::open(path, scratch, limits)?.shown_as(SENT));
    let titles = match Layout::of_archive(SENT, &archive, Naming::Sent) {
        Some(layout) => layout.titles(limits.manifest_bytes)?,
        None => Saved::titles(&archive, limits.manifest_bytes).ok_or_else(|| RegistryError::Location {
            location: SENT.to_owned(),
            what: "it is neither as `docker save` writes it nor an OCI layout".to_owned(),
        })?,
    };
    let mut names: Vec<String> = Vec::new();
    for name in titles.iter().filter_map(|title| short(title)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether `title` becomes this reference.
pub(super) fn is_short_for(reference: &Reference, title: &str) -> bool {
    short(title).is_some_and(|name| name == reference.to_string())
}

/// The last component with its tag; nothing for a bare tag, as OCI layouts of one repository have it.
fn short(title: &str) -> Option<String> {
    let name = title.rsplit('/').next().unwrap_or(title);
    if title == name && !name.contains(':') {
        return None;
    }
    let reference: Reference = name.parse().ok()?;
    reference.digest().is_none().then(|| reference.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_loses_its_host_and_its_namespaces() {
        let shortened = |title| short(title).unwrap_or_default();
        assert_eq!(shortened("quay.io/me/app:1.0"), "app:1.0");
        assert_eq!(shortened("registry:5000/app"), "app:latest");
        assert_eq!(shortened("app:1"), "app:1");
        assert_eq!(shortened("latest"), "", "a bare tag names no repository");
        assert_eq!(shortened("me/app@sha256:00"), "");
        assert!(is_short_for(&"app:1".parse().unwrap(), "localhost/app:1"));
    }
}
