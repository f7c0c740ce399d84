//! Which profile is meant when none is named.

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::exit::Failure;
use crate::profile::file;

/// The variable that names the profile.
pub(super) const VARIABLE: &str = "SHIFTER_SITE_PROFILE";

/// The name a profile has when nobody says otherwise.
const USUAL: &str = "shifter-site.toml";

/// The profile that a verb is about: every verb that needs one takes it as an argument and by an option, and finds it itself
/// where neither is given.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ProfileArgs {
    /// The profile. Default: --profile, $SHIFTER_SITE_PROFILE, shifter-site.toml, the only profile here.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The profile, by an option.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    profile: Option<PathBuf>,
}

impl ProfileArgs {
    /// The file.
    ///
    /// # Errors
    /// As [`named_or_usual`].
    pub(super) fn path(&self) -> Result<PathBuf, Failure> {
        named_or_usual(self.file.as_ref().or(self.profile.as_ref()))
    }
}

/// The profile that is named, else the one of this directory.
///
/// # Errors
/// When none is named, and there is none here or several.
pub(super) fn named_or_usual(named: Option<&PathBuf>) -> Result<PathBuf, Failure> {
    named.map_or_else(|| profile(Path::new("")), |file| Ok(file.clone()))
}

/// The profile: `$SHIFTER_SITE_PROFILE`, else `shifter-site.toml`, else the only profile here.
///
/// # Errors
/// When there is none, or several to choose from.
pub(super) fn profile(directory: &Path) -> Result<PathBuf, Failure> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    if directory.join(USUAL).is_file() {
        return Ok(PathBuf::from(USUAL));
    }
    let profiles = profiles(directory)?;
    match profiles.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::Usage(format!("there is no profile here: name one, set {VARIABLE}, or call it `{USUAL}`"))),
        several => {
            let names: Vec<String> = several.iter().map(|path| path.display().to_string()).collect();
            Err(Failure::Usage(format!("there are several profiles here, name one: {}", names.join(", "))))
        }
    }
}

/// The TOML files of a directory that say which `schema` they are written in, by name.
fn profiles(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let failure = |source| Failure::File { verb: "read", path: here.to_owned(), source };
    let mut profiles = Vec::new();
    for entry in here.read_dir().map_err(failure)? {
        let path = entry.map_err(failure)?.path();
        let toml = path.extension().is_some_and(|extension| extension == "toml");
        if toml && file::read_text(&path).is_ok_and(|text| says_its_schema(&text)) {
            profiles.push(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path));
        }
    }
    profiles.sort();
    Ok(profiles)
}

fn says_its_schema(text: &str) -> bool {
    let (table, _) = DeTable::parse_recoverable(text);
    table.get_ref().contains_key("schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_toml_files_with_a_schema_are_profiles() {
        let directory = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).expect("written");
        write("Cargo.toml", "[package]\nname = 'x'\n");
        write("notes.txt", "schema = 1\n");
        assert!(matches!(profile(directory.path()), Err(Failure::Usage(text)) if text.contains("no profile")));
        write("b.toml", "schema = 1\n");
        assert_eq!(profile(directory.path()).expect("one"), directory.path().join("b.toml"));
        write("a.toml", "schema = 1\n[broken");
        let error = profile(directory.path()).expect_err("two").to_string();
        assert!(error.contains("a.toml") && error.contains("b.toml"), "{error}");
    }
}
