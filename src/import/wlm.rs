//! What files of the workload manager tell: `plugstack.conf` of Slurm (spank(8)) and `roots.conf` of Cray's compute nodes.

use super::draft::{Draft, Origin};
use super::report::Lost;
use crate::diagnostic::source::Source;

/// The line that loads the SPANK plugin. Other plugins, includes and unknown arguments are left to the site.
pub(super) fn plugstack(draft: &mut Draft, source: &Source, lost: &mut Vec<Lost>) {
    let put = |draft: &mut Draft, path: &[&str], value: toml::Value| {
        draft.set_from(path, value, Origin::silent("plugstack.conf"));
    };
    for (number, line) in (1..).zip(source.text().lines()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() || line.starts_with('#') {
            continue;
        }
        let ([need @ ("required" | "optional"), plugin, arguments @ ..], true) =
            (words.as_slice(), line.contains("shifter"))
        else {
            lost.push(Lost::new(source, number, "the line is not about Shifter and stays as it is"));
            continue;
        };
        put(draft, &["wlm", "kind"], "slurm".into());
        put(draft, &["wlm", "plugin"], (*plugin).into());
        put(draft, &["wlm", "slurm", "plugin"], (*need).into());
        for argument in arguments {
            let (key, value) = argument.split_once('=').unwrap_or((argument, ""));
            // The plugin compares all names but this one without regard to case.
            let lower = key.to_ascii_lowercase();
            let key = if lower == "shifter_config" { key } else { lower.as_str() };
            match (key, value) {
                ("shifter_config", path) => {
                    if let Some(directory) = path.strip_suffix("/udiRoot.conf").filter(|path| path.starts_with('/')) {
                        put(draft, &["paths", "config"], directory.into());
                    } else {
                        lost.push(Lost::new(source, number, format!("`{argument}`: a profile names the directory")));
                    }
                }
                ("memory_cgroup" | "extern_setup", path) if path.starts_with('/') => {
                    put(draft, &["wlm", "slurm", key], path.into());
                }
                ("extern_cgroup", on) => put(draft, &["wlm", "slurm", key], (on == "1").into()),
                ("enable_ccm", on) => put(draft, &["wlm", "slurm", "ccm"], (on == "1").into()),
                ("enable_sshd", on) => put(draft, &["wlm", "sshd", "enable"], (on == "1").into()),
                ("setup_root", on) => put(draft, &["wlm", key], (on == "1").into()),
                ("exclusive_nodes", on) => put(draft, &["scale", key], (on == "1").into()),
                ("on_setup_failure" | "pull_at_submit", word) => {
                    put(draft, &["wlm", "slurm", key], word.to_ascii_lowercase().into());
                }
                ("pull_timeout", seconds) => put(draft, &["wlm", "slurm", key], format!("{seconds}s").into()),
                ("long_options", "") => {
                    let why = "`long_options`: a profile has no key for it, because it takes `--ccm` away";
                    lost.push(Lost::new(source, number, why));
                }
                _ => lost.push(Lost::new(source, number, format!("no version of the plugin reads `{argument}`"))),
            }
        }
    }
}

/// The name of the container's root, and the directory of the management host that is the nodes' `/`.
pub(super) fn roots(draft: &mut Draft, source: &Source, udi_mount: Option<&str>, lost: &mut Vec<Lost>) {
    let udi_mount = udi_mount.unwrap_or("/var/udiMount");
    for (number, line) in (1..).zip(source.text().lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let found = line.split_once('=').and_then(|(name, path)| Some((name, path.trim().strip_suffix(udi_mount)?)));
        match found {
            Some((name, root)) => {
                let origin = || Origin::silent("roots.conf");
                draft.set_from(&["wlm", "launcher"], "alps", origin());
                draft.set_from(&["wlm", "alps_root"], name.trim(), origin());
                if root.starts_with('/') {
                    draft.set_from(&["target", "root"], root, origin());
                }
            }
            None => {
                let why = format!("the root does not end with `{udi_mount}`: it is not the container's");
                lost.push(Lost::new(source, number, why));
            }
        }
    }
}
