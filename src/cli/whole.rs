//! A file that is written whole or not at all.

use std::{
    fs::{OpenOptions, Permissions},
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use super::exit::Failure;

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// It is replaced.
    Replaced,
    /// It is an error.
    Kept,
}

/// Writes `bytes` to `path` with `mode`. The file has another name until it is complete, and an error names `path`.
///
/// # Errors
/// What the system refuses.
pub(super) fn write(path: &Path, bytes: &[u8], mode: u32, existing: Existing) -> Result<(), Failure> {
    let failed = |source| Failure::File { verb: "write", path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Opened here, and written to as a file: what `tempfile` does itself says its own name in errors.
    let open = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let staged = tempfile::Builder::new().make_in(directory, open).map_err(failed)?;
    let mut file = staged.as_file();
    file.write_all(bytes)
        .and_then(|()| file.set_permissions(Permissions::from_mode(mode)))
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    let kept = match existing {
        Existing::Replaced => staged.persist(path),
        Existing::Kept => staged.persist_noclobber(path),
    };
    kept.map(drop).map_err(|error| failed(error.error))
}
