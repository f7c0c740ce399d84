//! One installed file against its entry in the manifest.

use super::account::Accounts;
use super::{Difference, Kind, Root};
use crate::digest::sha256_of;
use crate::render::ManifestFile;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// How much of a file with secrets is looked through for tokens that nobody replaced.
const MOST_OF_A_SECRET_FILE: u64 = 1 << 20;

pub(super) fn compare(entry: &ManifestFile, root: &Root, accounts: &Accounts, out: &mut Vec<Difference>) {
    let mut differs = |what: Kind, expected: Option<String>, found: Option<String>| {
        out.push(Difference { file: entry.install.clone(), what, expected, found });
    };
    let path = Path::new(&entry.install);
    let opened = root.open(path);
    let there = match &opened {
        Ok(file) => file.metadata(),
        // Whoever may not read a file may still see its mode.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && root.is_own() => std::fs::metadata(path),
        Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
    };
    let there = match there {
        Ok(there) => there,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return differs(Kind::Missing, None, None);
        }
        Err(error) => return differs(Kind::Unreadable, None, Some(error.to_string())),
    };
    if !there.is_file() {
        let found = if there.is_dir() { "directory" } else { "special file" };
        return differs(Kind::Type, Some("regular file".to_owned()), Some(found.to_owned()));
    }
    match (opened, &entry.sha256) {
        (Ok(mut file), Some(expected)) => match sha256_of(&mut file) {
            Ok(found) if found == *expected => {}
            Ok(found) => differs(Kind::Content, Some(expected.clone()), Some(found)),
            Err(error) => differs(Kind::Unreadable, None, Some(error.to_string())),
        },
        (Ok(file), None) => {
            if let Some(token) = token(file) {
                differs(Kind::Placeholder, None, Some(token));
            }
        }
        (Err(error), Some(_)) => differs(Kind::Unreadable, None, Some(error.to_string())),
        // A file with secrets is for its reader alone; that it is so is what counts.
        (Err(_), None) => {}
    }
    if accounts.user(&entry.owner) != Some(there.uid()) {
        differs(Kind::Owner, Some(entry.owner.clone()), Some(accounts.user_name(there.uid())));
    }
    if accounts.group(&entry.group) != Some(there.gid()) {
        differs(Kind::Group, Some(entry.group.clone()), Some(accounts.group_name(there.gid())));
    }
    let mode = format!("{:04o}", there.mode() & 0o7777);
    if mode != entry.mode {
        differs(Kind::Mode, Some(entry.mode.clone()), Some(mode));
    }
}

/// A token that `render --secrets placeholder` left, by its name.
fn token(file: File) -> Option<String> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    file.take(MOST_OF_A_SECRET_FILE).read_to_end(&mut bytes).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    shifter_gateway_types::config::placeholder_name(text).map(|name| format!("@SECRET:{name}@"))
}
