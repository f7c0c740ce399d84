//! Finding facts: on this node, or below a directory that is the root of one.
//!
//! Nothing here waits for ever. Each thing that is looked at has a deadline, because a file system whose server is gone
//! holds whoever asks about it; what did not answer is [`Facts::unknown`]. Below a directory every path is opened with
//! `RESOLVE_IN_ROOT` (openat2(2)), no program is run and nothing of this machine is looked at.

mod deadline;
mod elf;
mod kernel;
mod paths;
mod program;
mod python;
mod services;
mod sight;
mod slurm;
mod users;

use super::{Clock, Facts, SCHEMA};
use crate::profile::section::Profile;
use crate::site::Site;
pub(crate) use sight::Sight;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What to look at.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The root: `/` for this node.
    pub root: PathBuf,
    /// The node class, where it is known.
    pub class: Option<String>,
    /// The profile whose paths are looked at.
    pub profile: Option<Described>,
    /// Ask the gateway's endpoints whether they answer.
    pub probe_gateway: bool,
    /// How long one thing may take to answer.
    pub deadline: Duration,
}

/// A profile and where it lies.
#[derive(Clone, Debug)]
pub struct Described {
    /// What was written, as the node's class sees it.
    pub profile: Profile,
    /// What it means for that class.
    pub site: Site,
    /// The directory that the references to secrets are relative to.
    pub directory: PathBuf,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            root: PathBuf::from("/"),
            class: None,
            profile: None,
            probe_gateway: false,
            deadline: Duration::from_secs(5),
        }
    }
}

/// The root cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot look below `{}`: {source}", root.display())]
pub struct GatherError {
    /// The root.
    pub root: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// Finds the facts.
///
/// # Errors
/// A root that is no directory, or cannot be opened. All else that cannot be looked at is among the facts.
pub fn gather(wanted: &Wanted) -> Result<Facts, GatherError> {
    let fail = |source| GatherError { root: wanted.root.clone(), source };
    let sight = Sight::new(&wanted.root, wanted.deadline).map_err(fail)?;
    let root = if sight.is_live() { "/".to_owned() } else { wanted.root.display().to_string() };
    let mut facts = Facts { schema: SCHEMA, root, class: wanted.class.clone(), ..Facts::default() };
    facts.host = host(&sight, &wanted.root);
    facts.architecture = sight.is_live().then(|| architecture(std::env::consts::ARCH));
    let described = wanted.profile.as_ref();
    kernel::find(&sight, &mut facts);
    paths::find(&sight, described, &mut facts);
    users::find(&sight, described, &mut facts);
    services::find(&sight, described, &mut facts);
    slurm::find(&sight, described, &mut facts);
    python::find(&sight, described, &mut facts);
    let loader = crate::elf::Loader::of(sight.clone());
    facts.accelerators =
        crate::cdi::discover(&loader).into_iter().map(|driver| (driver.vendor.clone(), driver)).collect();
    find_clock(&sight, &mut facts);
    if wanted.probe_gateway {
        services::probe(&sight, described, &mut facts);
    }
    Ok(facts)
}

/// What a node says of itself: its name, and the class that `/etc/shifter/class` names. No more than that is looked at.
///
/// # Errors
/// A root that is no directory, or cannot be opened.
pub fn identify(root: &Path, deadline: Duration) -> Result<Facts, GatherError> {
    let sight = Sight::new(root, deadline).map_err(|source| GatherError { root: root.to_owned(), source })?;
    let class = sight.read("/etc/shifter/class").ok().map(|text| text.trim().to_owned());
    let class = class.filter(|class| !class.is_empty());
    Ok(Facts { schema: SCHEMA, host: host(&sight, root), class, ..Facts::default() })
}

/// The text of a regular file below a root, which no link leads out of.
///
/// # Errors
/// A root or file that cannot be opened, or does not answer in time.
pub fn read_below(root: &Path, file: &str, deadline: Duration) -> std::io::Result<String> {
    Sight::new(root, deadline)?.read(file)
}

/// The node's name without its domain.
fn host(sight: &Sight, root: &Path) -> String {
    let file = if sight.is_live() { "/proc/sys/kernel/hostname" } else { "/etc/hostname" };
    let text = sight.read(file).unwrap_or_default();
    let name = text.trim().split('.').next().unwrap_or_default();
    if !name.is_empty() {
        return name.to_owned();
    }
    root.file_name().map_or_else(|| "localhost".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The architecture as images name it.
fn architecture(rust: &str) -> String {
    match rust {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64le",
        other => other,
    }
    .to_owned()
}

/// The offset that chrony knows (chronyc(1), `tracking`).
fn find_clock(sight: &Sight, facts: &mut Facts) {
    let told = sight.run("chronyc", &["-n", "-c", "tracking"]);
    match told.as_deref().map(offset) {
        Ok(Some(offset_ms)) => facts.clock = Some(Clock { offset_ms }),
        Ok(None) => drop(facts.unknown.insert("clock".to_owned(), "chrony is not synchronised".to_owned())),
        Err(why) => drop(facts.unknown.insert("clock".to_owned(), why.to_string())),
    }
}

/// Milliseconds that the clock is ahead, from one line of `chronyc -c tracking`: the fifth field is how many seconds it
/// is behind, the last one whether there is a source.
fn offset(line: &str) -> Option<i64> {
    let fields: Vec<&str> = line.trim().split(',').collect();
    if fields.last().is_none_or(|leap| leap.starts_with("Not")) {
        return None;
    }
    let behind: f64 = fields.get(4)?.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "an offset of more than 2^63 ms is none")]
    let ahead = (-behind * 1000.0).round() as i64;
    Some(ahead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_of_the_clock_is_read_from_chrony() {
        let line = "C0A80101,192.168.1.1,3,1763800000.1,0.250400000,0.0,0.0,1.0,0.0,0.1,0.001,0.001,64.0,Normal\n";
        assert_eq!(offset(line), Some(-250));
        assert_eq!(offset(&line.replace("Normal", "Not synchronised")), None);
    }
}
