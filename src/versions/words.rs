//! Differences in the words of an administrator: mounts, modules, the environment.

use crate::change::{Change, Kind, What};
use crate::render::Artifact;

/// What happened to one file, shortest first what people ask for: mounts, modules, environment, other settings.
pub(super) fn of_file(artifact: &Artifact, what: &str, changes: &[Change]) -> Vec<String> {
    let name = artifact.path.rsplit('/').next().unwrap_or_default();
    if what != "changed" {
        return vec![format!("{what} file {name}")];
    }
    match Kind::of(artifact) {
        Kind::UdiRoot => conf(changes),
        Kind::Json => changes.iter().map(|change| format!("{name} {change}")).collect(),
        _ => vec![format!("{name} changes")],
    }
}

fn conf(changes: &[Change]) -> Vec<String> {
    let mut words = Vec::new();
    let mounts = |wanted: fn(&What) -> Option<&str>| -> Vec<String> {
        let of_site = changes.iter().filter(|change| change.key == "siteFs");
        of_site.filter_map(|change| wanted(&change.what)).map(place).collect()
    };
    let added = mounts(|what| if let What::Added { value } = what { Some(value) } else { None });
    let removed = mounts(|what| if let What::Removed { value } = what { Some(value) } else { None });
    let changed = mounts(|what| if let What::Changed { to, .. } = what { Some(to) } else { None });
    for (sign, list) in [("+", added), ("-", removed), ("~", changed)] {
        if !list.is_empty() {
            let plural = if list.len() == 1 { "mount" } else { "mounts" };
            words.push(format!("{sign}{} {plural} ({})", list.len(), list.join(", ")));
        }
    }
    for module in modules(changes) {
        let prefix = format!("module_{module}_");
        let mut keys: Vec<&str> = changes.iter().filter_map(|change| change.key.strip_prefix(&prefix)).collect();
        keys.dedup();
        let all = |wanted: fn(&What) -> bool| {
            changes.iter().filter(|change| change.key.starts_with(&prefix)).all(|change| wanted(&change.what))
        };
        let what = if keys.contains(&"enabled") && all(|what| matches!(what, What::Added { .. })) {
            format!("+module {module}")
        } else if keys.contains(&"enabled") && all(|what| matches!(what, What::Removed { .. })) {
            format!("-module {module}")
        } else {
            format!("module {module} changes {}", keys.join(", "))
        };
        words.push(what);
    }
    let environment: Vec<String> =
        changes.iter().filter(|change| change.key.starts_with("siteEnv")).map(ToString::to_string).collect();
    if !environment.is_empty() {
        words.push(format!("environment: {}", environment.join(", ")));
    }
    let others = changes.iter().filter(|change| {
        let key = change.key.as_str();
        key != "siteFs" && !key.starts_with("module_") && !key.starts_with("siteEnv")
    });
    words.extend(others.map(|change| match (&change.what, change.key.is_empty()) {
        (What::Layout, _) => "only comments or layout".to_owned(),
        _ => change.to_string(),
    }));
    words.extend(changes.iter().filter(|change| change.key == "siteFs").filter_map(|change| match &change.what {
        What::Reordered { to } => Some(format!("mounts in the order {}", to.join(", "))),
        _ => None,
    }));
    words
}

/// Where a container sees a mount that is written `FROM:TO:FLAGS` or as its target alone.
fn place(entry: &str) -> String {
    entry.split(':').nth(1).unwrap_or(entry).to_owned()
}

fn modules(changes: &[Change]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for change in changes {
        let name =
            change.key.strip_prefix("module_").and_then(|rest| rest.rsplit_once('_')).map(|(name, _)| name.to_owned());
        names.extend(name.filter(|name| !names.contains(name)));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, what: What) -> Change {
        Change { key: key.to_owned(), what }
    }

    #[test]
    fn mounts_modules_and_settings_are_said_as_people_say_them() {
        let added = |value: &str| What::Added { value: value.to_owned() };
        let changes = [
            change("siteFs", added("/lustre/x:/project")),
            change("siteFs", What::Removed { value: "/old".to_owned() }),
            change("module_gpu_devices", added("/dev/kfd")),
            change("module_gpu_siteEnv", added("A=1")),
            change("siteEnv", added("B=1")),
            change("gatewayTimeout", What::Changed { from: "20".to_owned(), to: "30".to_owned() }),
        ];
        let words = [
            "+1 mount (/project)",
            "-1 mount (/old)",
            "module gpu changes devices, siteEnv",
            "environment: siteEnv: + B=1",
            "gatewayTimeout: 20 -> 30",
        ];
        assert_eq!(conf(&changes), words);
    }
}
