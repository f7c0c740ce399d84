//! FS rules about what nodes really have: sources, and what `[storage]` says of them.

use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::facts::{Facts, Kind, Role};
use crate::lint::host::{Seen, each_host};
use crate::lint::paths::same;
use crate::lint::rule::{Fact, Impact, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::StorageSection;
use crate::target::Target;

rule! {
    /// Something that is no directory is to be shown in containers.
    ///
    /// # What it checks
    /// On nodes that facts are known of, every source of a file system is a directory.
    ///
    /// # Why is this bad
    /// The original binds directories only; a single file ends the start.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/usr/share/clustername"
    /// target = "/opt/site"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/usr/share/clustername": { "kind": "file" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/home": { "kind": "directory" } } }
    /// ```
    pub(crate) static SOURCE_NOT_DIRECTORY = {
        id: id("FS018", "source-not-directory", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        source: "setupVolumeMapMounts in shifter_core.c (S_ISDIR)",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            for source in view.named().iter().filter(|named| matches!(named.role, Role::Source | Role::OptionalSource)) {
                let is_other = facts.path(&source.path).is_some_and(|found| found.is_there() && found.kind != Kind::Directory);
                if is_other {
                    let message = format!("`{}` is no directory", source.path);
                    seen.push(Seen::new(source.key.clone(), message, "put the file into the directory of `etc.path`, or show the directory that holds it"));
                }
            }
        })),
    }
}

rule! {
    /// A directory that containers are to show is not there.
    ///
    /// # What it checks
    /// On nodes that facts are known of, every source of a file system that is not `optional` is there.
    ///
    /// # Why is this bad
    /// No container starts on such a node: the original ends at the first source that realpath(3) cannot find.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/ufs"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/ufs": { "kind": "absent" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [class.compute]
    ///
    /// [class.login]
    ///
    /// [[filesystem]]
    /// source = "/ufs"
    /// classes = ["compute"]
    /// ```
    /// ```json facts.json
    /// { "class": "login", "paths": { "/ufs": { "kind": "absent" } } }
    /// ```
    pub(crate) static SOURCE_MISSING = {
        id: id("FS019", "source-missing", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "setupVolumeMapMounts in shifter_core.c (realpath)",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            for source in view.named_as(Role::Source) {
                if facts.path(&source.path).is_some_and(|found| matches!(found.kind, Kind::Absent | Kind::Dangling)) {
                    let message = format!("`{}` is not there", source.path);
                    seen.push(Seen::new(source.key.clone(), message, "mount it there, or name the `classes` that have it"));
                }
            }
        })),
    }
}

rule! {
    /// A file system is not what the profile says it is.
    ///
    /// # What it checks
    /// On nodes that facts are known of, the mounts have the `type`, `nosuid`, `read_only` and `automount` that `[storage]` says, where it says them. Whether root is squashed cannot be seen
    /// on a node.
    ///
    /// # Why is this bad
    /// Rules about images, hooks and propagation go by `[storage]`, and are wrong where it is.
    ///
    /// # Bad
    /// ```toml
    /// [storage]
    /// "/shared" = { type = "nfs4" }
    /// ```
    /// ```json facts.json
    /// { "mounts": { "/": { "type": "xfs" }, "/shared": { "type": "lustre" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [storage]
    /// "/shared" = { type = "nfs4", read_only = true }
    /// ```
    /// ```json facts.json
    /// { "mounts": { "/": { "type": "xfs" }, "/shared": { "type": "nfs4", "options": ["nosuid", "ro"] } } }
    /// ```
    pub(crate) static STORAGE_CONTRADICTED = {
        id: id("FS032", "storage-contradicted", Warn, Correctness),
        needs: &[Fact::Host, Fact::Storage],
        source: "proc_pid_mountinfo(5)",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            for storage in view.storage() {
                let at = storage.at();
                contradictions(facts, storage.place, storage.facts, |key, message, help| {
                    seen.push(Seen::new(at.clone().key(key), message, help));
                });
            }
        })),
    }
}

/// What is mounted at a place and not as told.
fn contradictions(facts: &Facts, place: &str, told: &StorageSection, mut say: impl FnMut(&str, String, &str)) {
    if facts.mounts.is_empty() || facts.lacks(place) {
        return;
    }
    let real = facts.path(place).and_then(|found| found.real.as_deref()).unwrap_or(place);
    let Some((at, mount)) = facts.mount_of(real) else { return };
    let is_held_by_root = at == "/" && !same(real, "/");
    let help = "write what is mounted, or mount what is written";
    let kinds = |kind: &str| match kind {
        "gpfs" | "mmfs" => "gpfs".to_owned(),
        "nfs4" | "nfs" => "nfs".to_owned(),
        other => other.to_owned(),
    };
    match told.r#type.as_deref() {
        Some(kind) if kinds(kind) != kinds(&mount.r#type) && told.automount != Some(true) => {
            let message = if is_held_by_root {
                format!("nothing is mounted at `{place}`, which is to be {kind}")
            } else {
                format!("`{at}` is {} and not {kind}", mount.r#type)
            };
            return say("type", message, help);
        }
        _ => {}
    }
    if is_held_by_root {
        return;
    }
    for (key, told, option) in [("nosuid", told.nosuid, "nosuid"), ("read_only", told.read_only, "ro")] {
        let is = mount.options.iter().any(|known| known == option);
        if told.is_some_and(|told| told != is) {
            let with = if is { "with" } else { "without" };
            say(key, format!("`{at}` is mounted {with} {option}"), help);
        }
    }
    if told.automount == Some(false) && mount.r#type == "autofs" {
        say("automount", format!("`{at}` is served by autofs"), help);
    }
}

rule! {
    /// The same path holds programs of another processor architecture.
    ///
    /// # What it checks
    /// On nodes that facts are known of, programs and libraries that modules and tools name are for the node's architecture.
    ///
    /// # Why is this bad
    /// A shared directory looks the same on every node, and what is compiled for one kind of processor does not run on the other ("Exec format error", "wrong ELF class").
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/shared/mpich"
    /// ```
    /// ```json facts.json
    /// { "host": "x86", "architecture": "amd64", "paths": { "/shared/mpich": { "kind": "directory", "machines": ["amd64"] } } }
    /// ```
    /// ```json facts.json
    /// { "host": "grace", "architecture": "arm64", "paths": { "/shared/mpich": { "kind": "directory", "machines": ["amd64"] } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/mpich"
    /// ```
    /// ```json facts.json
    /// { "host": "x86", "architecture": "amd64", "paths": { "/opt/mpich": { "kind": "directory", "machines": ["amd64"] } } }
    /// ```
    /// ```json facts.json
    /// { "host": "grace", "architecture": "arm64", "paths": { "/opt/mpich": { "kind": "directory", "machines": ["arm64"] } } }
    /// ```
    pub(crate) static PATH_DIFFERS_IN_ARCH = {
        id: id("FS033", "path-differs-in-arch", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "elf(5), e_machine",
        check: Check::View(path_differs_in_arch),
    }
}

fn path_differs_in_arch(view: &View<'_>, out: &mut Findings<'_>) {
    each_host(view, out, |facts, seen| {
        let Some(own) = &facts.architecture else { return };
        for named in view.named() {
            let machines = facts.path(&named.path).map(|found| &found.machines);
            let Some(machines) = machines.filter(|machines| !machines.is_empty() && !machines.contains(own)) else {
                continue;
            };
            let machines: Vec<&str> = machines.iter().map(String::as_str).collect();
            let message = format!("`{}` is compiled for {}, and the node is {own}", named.path, machines.join(", "));
            let at: KeyPath = named.key.clone();
            seen.push(Seen::new(at, message, "name another path for these nodes, in a class of their own"));
        }
    });
}
