//! What makes running programs take up what was installed.

use super::desired::Wanted;
use std::fmt;
use std::path::Path;

/// One thing to do after installing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reload {
    /// systemd reads its units again.
    Units,
    /// A unit that is running is started anew; a pattern names several.
    Unit(String),
    /// An init script is run.
    Script(String),
    /// In the words of the file's renderer.
    Words(String),
}

impl fmt::Display for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            other => f.write_str(&other.command().unwrap_or_default().join(" ")),
        }
    }
}

impl Reload {
    /// What the files that were written call for, units before what they start; each thing once.
    pub(super) fn of<'a>(written: impl Iterator<Item = &'a Wanted>) -> Vec<Self> {
        Self::once_each(written.flat_map(of_one).collect())
    }

    /// In order, and each thing that another does not do anyway.
    fn once_each(mut all: Vec<Self>) -> Vec<Self> {
        all.sort();
        all.dedup();
        let others = all.clone();
        all.retain(|reload| !others.iter().any(|other| other != reload && other.does(reload)));
        all
    }

    /// Whether this does what `other` asks for, and more: a pattern of units does what each of them does, and a command
    /// what words about the same program ask for.
    fn does(&self, other: &Self) -> bool {
        let program = match self {
            Self::Unit(unit) => unit.as_str(),
            Self::Script(path) => path.rsplit('/').next().unwrap_or_default(),
            Self::Units | Self::Words(_) => return false,
        };
        match other {
            Self::Unit(unit) => {
                let prefix = program.strip_suffix('*').filter(|_| matches!(self, Self::Unit(_)));
                prefix.is_some_and(|prefix| unit.starts_with(prefix))
            }
            Self::Words(words) => PROGRAMS.iter().any(|(asked, prefix)| words == asked && program.starts_with(prefix)),
            Self::Units | Self::Script(_) => false,
        }
    }

    /// The command, where there is one.
    #[must_use]
    pub fn command(&self) -> Option<Vec<String>> {
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        match self {
            Self::Units => words(&["systemctl", "daemon-reload"]),
            Self::Unit(name) => words(&["systemctl", "try-restart", name]),
            Self::Script(path) => words(&[path, "restart"]),
            Self::Words(_) => None,
        }
    }
}

/// What the words of a file's renderer ask to be started anew, by the beginning of its units' and scripts' names.
const PROGRAMS: [(&str, &str); 2] = [("restart the gateway", "shifter-imagegw"), ("restart redis", "redis")];

fn of_one(file: &Wanted) -> Vec<Reload> {
    let name = file.install.rsplit('/').next().unwrap_or_default();
    if file.reload.starts_with("nothing") || file.reload.is_empty() {
        // A timer is read by systemd all the same.
        return if is_unit(&file.install) { vec![Reload::Units] } else { Vec::new() };
    }
    if is_unit(&file.install) {
        // `shifter-imagegw@.service` is a template: its instances run.
        return vec![Reload::Units, Reload::Unit(name.replace("@.", "@*."))];
    }
    if file.install.contains("/systemd/system/") {
        // A drop-in lies in the directory of its unit.
        let unit = file.install.rsplit('/').nth(1).unwrap_or_default().trim_end_matches(".d");
        return vec![Reload::Units, Reload::Unit(unit.replace("@.", "@*."))];
    }
    if file.install.starts_with("/etc/init.d/") {
        return vec![Reload::Script(file.install.clone())];
    }
    let has_systemd = Path::new("/run/systemd/system").is_dir();
    match PROGRAMS.iter().find(|(words, _)| *words == file.reload) {
        Some((_, unit)) if has_systemd => vec![Reload::Unit(format!("{unit}*"))],
        _ => vec![Reload::Words(file.reload.clone())],
    }
}

fn is_unit(install: &str) -> bool {
    let kinds = [".service", ".timer", ".socket", ".mount", ".path", ".target"];
    install.contains("/systemd/system/")
        && kinds.iter().any(|kind| install.ends_with(kind))
        && !install.rsplit('/').nth(1).is_some_and(|above| above.ends_with(".d"))
}

#[cfg(test)]
mod tests {
    use super::super::desired::Wanted;
    use super::Reload;
    use crate::change::Kind;

    fn file(install: &str, reload: &str) -> Wanted {
        Wanted {
            install: install.to_owned(),
            bytes: Vec::new(),
            owner: String::new(),
            group: String::new(),
            ids: None,
            mode: 0o644,
            label: None,
            secret: false,
            kind: Kind::Text,
            names_others: false,
            reload: reload.to_owned(),
            is_ours: true,
        }
    }

    #[test]
    fn units_are_read_before_they_are_started_anew_and_each_once() {
        let files = [
            file("/etc/systemd/system/shifter-imagegw@.service", "systemctl daemon-reload, then restart"),
            file("/etc/systemd/system/shifter-imagegw.service.d/proxy.conf", "systemctl daemon-reload, then restart"),
            file("/etc/systemd/system/shifter-update-passwd-group.timer", "nothing: it is read at each run"),
            file("/etc/init.d/shifter-imagegw", "run it with `restart`"),
            file("/etc/shifter/udiRoot.conf", "nothing: it is read at each start"),
        ];
        let said: Vec<String> = Reload::of(files.iter()).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "systemctl daemon-reload",
                "systemctl try-restart shifter-imagegw.service",
                "systemctl try-restart shifter-imagegw@*.service",
                "/etc/init.d/shifter-imagegw restart",
            ]
        );
    }

    #[test]
    fn what_one_command_does_is_not_asked_for_twice() {
        let all = vec![
            Reload::Unit("shifter-imagegw*".to_owned()),
            Reload::Unit("shifter-imagegw@*.service".to_owned()),
            Reload::Unit("shifter-imagegw.service".to_owned()),
            Reload::Unit("redis.service".to_owned()),
            Reload::Words("restart redis".to_owned()),
            Reload::Words("restart nscd".to_owned()),
        ];
        let said: Vec<String> = Reload::once_each(all).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["systemctl try-restart redis.service", "systemctl try-restart shifter-imagegw*", "restart nscd"]
        );
        let script = Reload::Script("/etc/init.d/shifter-imagegw".to_owned());
        let said = Reload::once_each(vec![Reload::Words("restart the gateway".to_owned()), script.clone()]);
        assert_eq!(said, [script]);
    }
}
