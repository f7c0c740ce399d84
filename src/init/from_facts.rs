//! What a node says of itself, as usual answers.

use std::collections::BTreeMap;

use crate::facts::{Facts, Mount};

/// File systems that all nodes see. Others are a node's own, or of the kernel.
const SHARED: &[&str] = &["beegfs", "ceph", "gpfs", "lustre", "nfs", "nfs4", "orangefs", "panfs", "pvfs2", "wekafs"];

/// The usual answers that the facts of a node give; a person may give others.
#[must_use]
pub fn suggestions(facts: &Facts) -> BTreeMap<String, String> {
    let release = facts.kernel.release.as_deref().unwrap_or_default();
    let os = operating_system(release);
    let preset = match os {
        Some("cle5.2") => Some("cray-xe"),
        Some("cle6.0") => Some("cray-xc"),
        _ if facts.kernel.nvidia.is_some() => Some("gpu"),
        _ => facts.slurm.as_ref().map(|_| "slurm-el"),
    };
    // The native runtime needs mount_setattr(2) and what came by Linux 5.14.
    let shifter = (os.is_none_or(|os| !os.starts_with("cle")) && is_older(release, (5, 14))).then_some("18.03");
    let gpus = facts.kernel.nvidia.as_ref().map(|_| "nvidia");
    let shared = facts.mounts.iter().filter(|(_, mount)| SHARED.contains(&mount.r#type.as_str()));
    let file_systems: Vec<String> = shared.map(|(path, mount)| file_system(path, mount)).collect();
    [
        ("preset", preset.map(str::to_owned)),
        ("os", os.map(str::to_owned)),
        ("shifter", shifter.map(str::to_owned)),
        ("gpus", gpus.map(str::to_owned)),
        ("file_systems", (!file_systems.is_empty()).then(|| file_systems.join(", "))),
    ]
    .into_iter()
    .filter_map(|(key, answer)| Some((key.to_owned(), answer?)))
    .collect()
}

fn file_system(path: &str, mount: &Mount) -> String {
    let read_only = mount.options.iter().any(|option| option == "ro");
    format!("{path}:{}{}", mount.r#type, if read_only { ":ro" } else { "" })
}

/// The operating system, where the kernel's release names it.
fn operating_system(release: &str) -> Option<&'static str> {
    let names = [(".el7", "el7"), (".el8", "el8"), (".el9", "el9"), ("cray_gem", "cle5.2"), ("cray_ari", "cle6.0")];
    names.iter().find(|(part, _)| release.contains(part)).map(|(_, os)| *os)
}

/// Whether a kernel's release is older than `least`; one that cannot be read is not.
fn is_older(release: &str, least: (u32, u32)) -> bool {
    let mut numbers = release.split(['.', '-']).map(str::parse::<u32>);
    matches!((numbers.next(), numbers.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) < least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(release: &str, mounts: &[(&str, &str, &str)]) -> Facts {
        let mut facts = Facts::default();
        facts.kernel.release = Some(release.to_owned());
        for (path, kind, option) in mounts {
            let mount = Mount { r#type: (*kind).to_owned(), options: vec![(*option).to_owned()] };
            facts.mounts.insert((*path).to_owned(), mount);
        }
        facts
    }

    #[test]
    fn shared_file_systems_are_suggested_and_those_of_the_node_are_not() {
        let mounts =
            [("/", "xfs", "rw"), ("/apps", "nfs4", "ro"), ("/proc", "proc", "rw"), ("/scratch", "lustre", "rw")];
        let usual = suggestions(&facts("5.14.0-427.el9.x86_64", &mounts));
        assert_eq!(usual["file_systems"], "/apps:nfs4:ro, /scratch:lustre");
        assert_eq!(usual["os"], "el9");
        assert_eq!(usual.get("shifter"), None);
    }

    #[test]
    fn a_kernel_that_is_too_old_suggests_the_original() {
        assert_eq!(suggestions(&facts("3.10.0-1160.el7.x86_64", &[]))["shifter"], "18.03");
        assert_eq!(suggestions(&facts("3.0.101-0.46.1_1.0502.8871-cray_gem_c", &[]))["preset"], "cray-xe");
        assert!(suggestions(&facts("what", &[])).is_empty());
    }

    #[test]
    fn a_gpu_suggests_its_preset() {
        let mut node = facts("6.1.0", &[]);
        node.kernel.nvidia = Some("550.90.07".to_owned());
        let usual = suggestions(&node);
        assert_eq!((usual["preset"].as_str(), usual["gpus"].as_str()), ("gpu", "nvidia"));
    }
}
