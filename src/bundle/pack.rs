//! The archive: `tar.gz` with entries in their order, owned by nobody, of no time.

use super::Entry;
use flate2::{Compression, GzBuilder};
use std::io;
use tar::{Builder, EntryType, Header};

/// The entries as a gzipped archive, all below the directory `name`.
///
/// # Errors
/// A name that does not fit.
pub fn pack(name: &str, entries: &[Entry]) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(GzBuilder::new().mtime(0).write(Vec::new(), Compression::default()));
    for entry in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(entry.bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(0);
        archive.append_data(&mut header, format!("{name}/{}", entry.name), entry.bytes.as_slice())?;
    }
    archive.into_inner()?.finish()
}
