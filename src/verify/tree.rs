//! A directory that is installed by version.

use super::{Difference, Kind, Root};
use crate::render::ManifestTree;
use crate::versioned;
use std::path::Path;

/// Whether it is there; with `read`, whether it still is what its name says.
pub(super) fn compare(entry: &ManifestTree, root: &Root, read: bool, out: &mut Vec<Difference>) {
    let mut differs = |what: Kind, expected: Option<&str>, found: Option<String>| {
        out.push(Difference { file: entry.install.clone(), what, expected: expected.map(str::to_owned), found });
    };
    match root.open(Path::new(&entry.install)).and_then(|file| file.metadata()) {
        Ok(there) if !there.is_dir() => return differs(Kind::Type, Some("directory"), Some("file".to_owned())),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return differs(Kind::Missing, None, None),
        Err(error) => return differs(Kind::Unreadable, None, Some(error.to_string())),
    }
    if read {
        match versioned::digest(&root.path(Path::new(&entry.install))) {
            Ok(found) if found == entry.sha256 => {}
            Ok(found) => differs(Kind::Content, Some(&entry.sha256), Some(found)),
            Err(error) => differs(Kind::Unreadable, None, Some(error.to_string())),
        }
    }
}
