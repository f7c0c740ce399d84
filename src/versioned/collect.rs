//! Removing versions that nobody needs any more.

use super::held::{Holder, holders};
use super::{TreeError, below, failed, is_version_of};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A version that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// The directory.
    pub place: PathBuf,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is gone, or would be in a dry run.
    Removed,
    /// A configuration that is kept names it.
    Named,
    /// Somebody uses it.
    Held(Holder),
    /// It was installed a short while ago: a start that read the last configuration may still come to it.
    Young,
}

/// What to remove, and whether to.
#[derive(Clone, Debug)]
pub struct Collection<'a> {
    /// The directory that is the node's `/`.
    pub root: &'a Path,
    /// The trees as the profile names them: `/opt/shifter/mpich`.
    pub trees: BTreeSet<String>,
    /// The versions that configurations name: the installed one's, and those of every kept generation.
    pub named: BTreeSet<String>,
    /// How old a version must be, by the time of its installation.
    pub older_than: Duration,
    /// Now, as the caller's clock says.
    pub now: SystemTime,
    /// Only look.
    pub dry_run: bool,
}

/// Look at every version of the trees, and remove those that no configuration names, nobody uses, and that are old enough.
///
/// # Errors
/// What the system refuses. What was removed by then stays removed.
pub fn collect(asked: &Collection<'_>) -> Result<Vec<Collected>, TreeError> {
    let mut all = Vec::new();
    for tree in &asked.trees {
        let path = below(asked.root, tree);
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { continue };
        let Ok(entries) = parent.read_dir() else { continue };
        let mut versions: Vec<String> = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|entry| is_version_of(entry, &name.to_string_lossy()))
            .collect();
        versions.sort();
        for version in versions {
            let place = parent.join(&version);
            let named = Path::new(tree).with_file_name(&version).display().to_string();
            let fate = fate(asked, &place, &named)?;
            all.push(Collected { place, fate });
        }
    }
    Ok(all)
}

fn fate(asked: &Collection<'_>, place: &Path, named: &str) -> Result<Fate, TreeError> {
    if asked.named.contains(named) {
        return Ok(Fate::Named);
    }
    if let Some(holder) = holders(place).map_err(failed("look who uses", place))?.into_iter().next() {
        return Ok(Fate::Held(holder));
    }
    let there = fs::symlink_metadata(place).map_err(failed("read", place))?;
    // When it got its name: renaming changes the status of a directory, and nothing else does later.
    let made = std::os::unix::fs::MetadataExt::ctime(&there);
    let made = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(made).unwrap_or_default());
    if asked.now.duration_since(made).unwrap_or_default() < asked.older_than {
        return Ok(Fate::Young);
    }
    if asked.dry_run {
        return Ok(Fate::Removed);
    }
    // ORDER: it loses its name first, so that nobody finds half of it; whoever came to it meanwhile keeps it.
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let doomed = place.with_file_name(format!(".{name}.removed"));
    fs::rename(place, &doomed).map_err(failed("rename", place))?;
    if let Some(holder) = holders(&doomed).map_err(failed("look who uses", &doomed))?.into_iter().next() {
        fs::rename(&doomed, place).map_err(failed("rename to", place))?;
        return Ok(Fate::Held(holder));
    }
    fs::remove_dir_all(&doomed).map_err(failed("remove", &doomed))?;
    Ok(Fate::Removed)
}
