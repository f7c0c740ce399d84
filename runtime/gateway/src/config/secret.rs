//! Secrets: read once, at the start, and only from files that the world cannot read.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use shifter_gateway_types::config::{Secret, placeholder_name};

use super::error::ConfigError;

/// More than any password and far less than a file named by mistake.
const MOST: u64 = 64 * 1024;

/// The text of a secret. `base` is the directory of `imagemanager.json`.
pub(super) fn resolve(key: &str, secret: &Secret, base: &Path) -> Result<String, ConfigError> {
    let text = match secret {
        Secret::Text(text) => text.clone(),
        Secret::File(reference) => read(&base.join(&reference.file))?,
    };
    match placeholder_name(&text) {
        Some(name) => Err(ConfigError::Placeholder { key: key.to_owned(), name: name.to_owned() }),
        None => Ok(text),
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    let error = |source| ConfigError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(error)?;
    let mode = file.metadata().map_err(error)?.mode() & 0o7777;
    if mode & 0o027 != 0 {
        return Err(ConfigError::Mode { path: path.to_owned(), mode, right: "o-rwx,g-w" });
    }
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text).map_err(error)?;
    if let Some(line) = text.strip_suffix('\n') {
        text.truncate(line.len());
    }
    Ok(text)
}
