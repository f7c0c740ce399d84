//! Slurm as it runs: `scontrol show config`, or slurm.conf and job_container.conf.

use super::sight::Sight;
use super::{Described, elf};
use crate::facts::{Facts, Role, Slurm, named};

/// Where slurm.conf lies in packages of distributions, of Slurm itself and of Bright.
const DIRECTORIES: [&str; 4] = ["/etc/slurm", "/etc/slurm-llnl", "/usr/local/etc", "/opt/slurm/etc"];

/// The longest plugin that is read.
const LARGEST_PLUGIN: u64 = 64 << 20;

pub(super) fn find(sight: &Sight, described: Option<&Described>, facts: &mut Facts) {
    let mut slurm = match sight.run("scontrol", &["show", "config"]) {
        Ok(text) => of_text(&text, "scontrol"),
        Err(why) => match configured(sight) {
            Some(found) => found,
            None => {
                facts.unknown.insert("slurm".to_owned(), why.to_string());
                Slurm::default()
            }
        },
    };
    if slurm.version.is_none() {
        let said = sight.run("scontrol", &["--version"]).unwrap_or_default();
        slurm.version = said.split_whitespace().nth(1).map(str::to_owned);
    }
    if slurm.job_container.is_some() {
        let file = DIRECTORIES.iter().find_map(|directory| sight.read(&format!("{directory}/job_container.conf")).ok());
        read_job_container(&file.unwrap_or_default(), &mut slurm);
    }
    let named = described.map(|described| named(&described.profile, &described.site)).unwrap_or_default();
    if let Some(plugin) = named.iter().find(|named| named.role == Role::Plugin) {
        let bytes = sight.read_bytes(&plugin.path, LARGEST_PLUGIN).unwrap_or_default();
        slurm.plugin_for = elf::exported_u32(&bytes, "plugin_version").map(release);
    }
    facts.slurm = (slurm != Slurm::default()).then_some(slurm);
}

fn configured(sight: &Sight) -> Option<Slurm> {
    let files = DIRECTORIES.iter().map(|directory| format!("{directory}/slurm.conf"));
    files.into_iter().find_map(|file| Some(of_text(&sight.read(&file).ok()?, &file)))
}

/// `Key = Value` of `scontrol show config`, `Key=Value` of slurm.conf: keys in any case, comments from `#` on.
fn of_text(text: &str, source: &str) -> Slurm {
    let mut slurm = Slurm { source: source.to_owned(), ..Slurm::default() };
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        if value.is_empty() || value == "(null)" {
            continue;
        }
        let list = || value.split(',').map(|word| word.trim().to_ascii_lowercase()).collect();
        match key.as_str() {
            "slurm_version" => slurm.version = Some(value.to_owned()),
            "prologflags" => slurm.prolog_flags = Some(list()),
            "taskplugin" => slurm.task_plugin = Some(list()),
            "jobcontainertype" if value != "job_container/none" => slurm.job_container = Some(value.to_owned()),
            _ => {}
        }
    }
    // Both forms leave out flags that nobody set.
    slurm.prolog_flags.get_or_insert_default();
    slurm
}

/// job_container.conf(5): `Dirs` and `Shared`, on lines of their own or behind a node name.
fn read_job_container(text: &str, slurm: &mut Slurm) {
    let words = || text.lines().filter_map(|line| line.split('#').next()).flat_map(str::split_whitespace);
    let value = |key: &str| {
        let mut pairs = words().filter_map(|word| word.split_once('='));
        pairs.find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.to_owned())
    };
    let dirs = value("Dirs").unwrap_or_else(|| "/tmp,/dev/shm".to_owned());
    slurm.job_container_dirs = dirs.split(',').map(str::to_owned).collect();
    slurm.job_container_shared = Some(value("Shared").is_some_and(|value| value.eq_ignore_ascii_case("true")));
}

/// The release of `SLURM_VERSION_NUMBER`: main and minor number in the third and second byte.
fn release(number: u32) -> String {
    format!("{}.{:02}", number >> 16 & 0xff, number >> 8 & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_configuration_are_read() {
        let shown = "Configuration data as of 2026-01-01\nPrologFlags             = Alloc,Contain\nSLURM_VERSION           = 23.11.4\n\
                     JobContainerType        = job_container/tmpfs\nTaskPlugin              = task/cgroup,task/affinity\n";
        let slurm = of_text(shown, "scontrol");
        assert_eq!(slurm.version.as_deref(), Some("23.11.4"));
        assert_eq!(slurm.prolog_flags.unwrap(), ["alloc", "contain"]);
        assert_eq!(slurm.job_container.as_deref(), Some("job_container/tmpfs"));
        let written =
            of_text("ClusterName=x # y\nprologflags=Alloc\nJobContainerType=job_container/none\n", "slurm.conf");
        assert_eq!((written.prolog_flags.unwrap(), written.job_container), (vec!["alloc".to_owned()], None));
    }

    #[test]
    fn what_each_job_has_for_itself_is_read() {
        let mut slurm = Slurm::default();
        read_job_container("AutoBasePath=true\nBasePath=/scratch Dirs=/tmp,/var/tmp Shared=True\n", &mut slurm);
        assert_eq!(
            (slurm.job_container_dirs.join(" "), slurm.job_container_shared),
            ("/tmp /var/tmp".to_owned(), Some(true))
        );
        assert_eq!(release(0x17_0b_04), "23.11");
    }

    #[test]
    fn the_release_a_plugin_was_compiled_for_is_read_from_it() {
        let directory = tempfile::tempdir().unwrap();
        let (source, library) = (directory.path().join("p.c"), directory.path().join("p.so"));
        std::fs::write(&source, "const unsigned int plugin_version = 0x180501;\n").unwrap();
        let status =
            std::process::Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
        assert!(status.expect("cc, of the package gcc").success());
        let bytes = std::fs::read(library).unwrap();
        assert_eq!(elf::exported_u32(&bytes, "plugin_version").map(release).as_deref(), Some("24.05"));
        assert_eq!(elf::exported_u32(&bytes, "plugin_name"), None);
    }
}
