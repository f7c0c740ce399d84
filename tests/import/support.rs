//! Files in memory, and what an import makes of them.

use std::path::{Path, PathBuf};

use shifter_site::import::{self, Choice, Imported, InputFile, Options};
use shifter_site::target::Target;

pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file of the repository under its last name.
pub(crate) fn file(path: &str) -> InputFile {
    let bytes = std::fs::read(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    InputFile::new(path.rsplit('/').next().unwrap_or(path), bytes)
}

pub(crate) fn options(target: Option<Target>) -> Options {
    let target = target.map_or(Choice::Auto, Choice::Fixed);
    Options { target, secrets: "secrets".to_owned(), ..Options::default() }
}

/// The import of these files for a target, or for the lowest.
pub(crate) fn import(files: &[InputFile], target: Option<Target>) -> Imported {
    import::import(files, &options(target)).expect("there is something to import")
}

/// What an import says of its laws that do not hold.
pub(crate) fn broken(imported: &Imported) -> Vec<String> {
    imported.laws.iter().filter(|law| !law.holds).map(ToString::to_string).collect()
}
