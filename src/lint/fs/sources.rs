//! FS rules about what is bound: system directories, automounters, vendor directories.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::modules::reading::Module;
use crate::lint::mounts::Mount;
use crate::lint::paths::{holder, is_or_lies_in, lies_in, same};
use crate::lint::rule::{Fact, Impact, Repair, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::Via;

/// Directories in which a node's daemons keep their sockets and state, and its configuration. `/etc/opt`
/// belongs to add-on packages (FHS 3.7.4) and is not meant.
const SYSTEM_STATE: [&str; 4] = ["/var/run", "/run", "/var/spool", "/etc"];

const ALPS: &str = "/var/opt/cray/alps";
const DATAWARP: &str = "/var/opt/cray/dws";
const WLM_DETECT: &str = "/etc/opt/cray/wlm_detect";

rule! {
    /// A directory of the node's own services can be written from containers.
    ///
    /// # What it checks
    /// Sources in `/run`, `/var/run`, `/var/spool` and `/etc` (without `/etc/opt`) have the option `ro`.
    ///
    /// # Why is this bad
    /// Where a service keeps a socket or a spool, what a user can write there the service reads. Sockets work
    /// through a read-only mount as well.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/var/run/munge"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/var/run/munge"
    /// options = ["ro"]
    /// ```
    ///
    /// # Fix
    /// `--fix` adds the option.
    pub(crate) static WRITABLE_SYSTEM_SOURCE = {
        id: id("FS020", "writable-system-source", Warn, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "manual 5.2 siteFs",
        check: Check::View(|view, out| {
            for mount in view.all_mounts().iter().filter(|mount| is_system_state(mount.source) && !mount.has("ro")) {
                let options: Vec<&str> = mount.options.iter().copied().chain(["ro"]).collect();
                out.report(format!("`{}` can be written from containers", mount.source), |finding| {
                    finding
                        .at(mount.source_key(), "belongs to the node's services")
                        .help("add the option `ro`; sockets work all the same")
                        .fix(Fix::safe("add the option `ro`", vec![Edit::set(mount.options_key(), options)]))
                });
            }
        }),
    }
}

fn is_system_state(source: &str) -> bool {
    holder(source, &SYSTEM_STATE).is_some() && !is_or_lies_in(source, "/etc/opt")
}

rule! {
    /// Something is mounted below a source, and containers see an empty directory there.
    ///
    /// # What it checks
    /// No path of `[storage]` lies in the source of a file system that has no `rec` and no entry for that path.
    ///
    /// # Why is this bad
    /// A bind mount shows one file system (mount(2)). What is mounted below the source is left out without a message,
    /// and users find an empty directory where their data should be.
    ///
    /// # Bad
    /// ```toml
    /// [storage]
    /// "/global/project" = { type = "gpfs" }
    ///
    /// [[filesystem]]
    /// source = "/global"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [storage]
    /// "/global/project" = { type = "gpfs" }
    ///
    /// [[filesystem]]
    /// source = "/global/project"
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` gives what is mounted below an entry of its own, with the same options.
    pub(crate) static SUBMOUNT_NOT_CARRIED = {
        id: id("FS023", "submount-not-carried", Warn, Correctness),
        fix: Repair::Unsafe,
        needs: &[Fact::Storage],
        source: "mount(2), MS_BIND without MS_REC",
        check: Check::View(submounts),
    }
}

fn submounts(view: &View<'_>, out: &mut Findings<'_>) {
    if !view.is_whole() {
        return;
    }
    let mounts = view.mounts();
    for mount in mounts.iter().filter(|mount| !mount.has("rec")) {
        for storage in view.storage() {
            let place = storage.place;
            let has_its_own_entry =
                mounts.iter().any(|other| is_or_lies_in(place, other.source) && lies_in(other.source, mount.source));
            if lies_in(place, mount.source) && !has_its_own_entry {
                out.report(
                    format!("`{place}` is empty in containers: binding `{}` does not carry it", mount.source),
                    |finding| {
                        finding
                            .at(mount.source_key(), "bound without what is mounted below")
                            .also(storage.at(), "mounted below it")
                            .help("give it an entry of its own, or add `rec` here")
                            .fix(Fix::risky(
                                "give it an entry",
                                vec![Edit::append("filesystem", entry_below(mount, place))],
                            ))
                    },
                );
            }
        }
    }
}

/// The entry of `place`, which lies in the source of `mount`: shown where users look for it.
fn entry_below(mount: &Mount<'_>, place: &str) -> toml::Table {
    let mut entry = toml::Table::from_iter([("source".to_owned(), place.into())]);
    let rest = place.strip_prefix(mount.source.trim_end_matches('/')).unwrap_or(place);
    let target = format!("{}{rest}", mount.target.trim_end_matches('/'));
    if target != place {
        entry.insert("target".to_owned(), target.into());
    }
    if !mount.options.is_empty() {
        entry.insert("options".to_owned(), mount.options.clone().into());
    }
    if !mount.entry.classes.is_empty() {
        entry.insert("classes".to_owned(), mount.entry.classes.clone().into());
    }
    entry
}

rule! {
    /// An automounted file system is bound without following the host.
    ///
    /// # What it checks
    /// A source that `[storage]` calls `autofs` has the option `slave`.
    ///
    /// # Why is this bad
    /// In a private mount the trigger stays in the container while the automounter mounts on the host: opening the directory
    /// gives "Too many levels of symbolic links" (autofs(5)).
    ///
    /// # Bad
    /// ```toml
    /// [storage]
    /// "/cvmfs" = { type = "autofs" }
    ///
    /// [[filesystem]]
    /// source = "/cvmfs"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [storage]
    /// "/cvmfs" = { type = "autofs" }
    ///
    /// [[filesystem]]
    /// source = "/cvmfs"
    /// options = ["rec", "slave"]
    /// ```
    pub(crate) static AUTOFS_SOURCE = {
        id: id("FS024", "autofs-source", Warn, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Storage],
        source: "autofs(5); mount_namespaces(7)",
        check: Check::View(|view, out| {
            for mount in view.all_mounts().iter().filter(|mount| view.is_automounted(mount) && !mount.has("slave")) {
                out.at(
                    mount.source_key(),
                    format!("`{}` is automounted and bound privately", mount.source),
                    "with the native runtime use `options = [\"rec\", \"slave\"]`; with the original list what is mounted below",
                );
            }
        }),
    }
}

rule! {
    /// An automounted file system follows the host but does not carry what is mounted already.
    ///
    /// # What it checks
    /// An `autofs` source with `slave` has `rec` as well, and the installed software can do both.
    ///
    /// # Why is this bad
    /// `slave` carries later mounts into the container, `rec` those that exist at its start; an automounter needs both. No
    /// original version can do both (FS016), so there the repositories have to be listed one by one.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [storage]
    /// "/cvmfs" = { type = "autofs" }
    ///
    /// [[filesystem]]
    /// source = "/cvmfs"
    /// options = ["slave"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [storage]
    /// "/cvmfs" = { type = "autofs" }
    ///
    /// [[filesystem]]
    /// source = "/cvmfs"
    /// options = ["rec", "slave"]
    /// ```
    pub(crate) static AUTOFS_NEEDS_REC_SLAVE = {
        id: id("FS031", "autofs-needs-rec-slave", Error, Correctness),
        needs: &[Fact::Storage],
        source: "autofs(5); mount_namespaces(7)",
        check: Check::View(autofs_without_rec),
    }
}

fn autofs_without_rec(view: &View<'_>, out: &mut Findings<'_>) {
    for mount in view.all_mounts().iter().filter(|mount| view.is_automounted(mount) && mount.has("slave")) {
        if !view.is_native() {
            out.at(
                mount.options_key(),
                format!("the original runtime cannot follow the automounter of `{}`", mount.source),
                "list the repositories below it one by one, without `slave`",
            );
        } else if !mount.has("rec") {
            out.at(
                mount.options_key(),
                format!("what is already mounted below `{}` is missing in containers", mount.source),
                "add `rec`",
            );
        }
    }
}

rule! {
    /// A Cray MPI cannot find its launcher in the container.
    ///
    /// # What it checks
    /// On compute nodes of CLE, a profile with a module of the family `mpi`, or for the original one called `mpich` or `cray-mpich`, binds `/var/opt/cray/alps`, and on CLE 6 also
    /// `/etc/opt/cray/wlm_detect`.
    ///
    /// # Why is this bad
    /// Cray MPI reads the placement of a job there. Without these directories every rank believes to be alone, or MPI_Init
    /// fails (manual 4.4 and 6.1).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// os = "cle6.0"
    ///
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    ///
    /// [[filesystem]]
    /// source = "/etc/opt/cray/wlm_detect"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// os = "cle6.0"
    ///
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    ///
    /// [[filesystem]]
    /// source = "/etc/opt/cray/wlm_detect"
    ///
    /// [[filesystem]]
    /// source = "/var/opt/cray/alps"
    /// ```
    ///
    /// # Fix
    /// `--fix` adds the file system.
    pub(crate) static ALPS_NOT_BOUND = {
        id: id("FS025", "alps-not-bound", Warn, Correctness),
        fix: Repair::Safe,
        impact: Impact::OneStart,
        source: "manual 4.4 and 6.1",
        check: Check::View(alps),
    }
}

/// The original has no families, so there the usual names have to do.
fn is_an_mpi(view: &View<'_>, module: &Module<'_>) -> bool {
    match module.table.family.as_deref() {
        Some(family) => family == "mpi",
        None => !view.is_native() && matches!(module.name, "mpich" | "cray-mpich"),
    }
}

fn source_only(place: &str) -> toml::Table {
    toml::Table::from_iter([("source".to_owned(), place.into())])
}

fn alps(view: &View<'_>, out: &mut Findings<'_>) {
    if !view.is_whole() || !view.has_compute_nodes() {
        return;
    }
    let wanted: &[&str] = match (view.is_cle(5), view.is_cle(6)) {
        (true, _) => &[ALPS],
        (_, true) => &[ALPS, WLM_DETECT],
        _ => return,
    };
    let mounts = view.all_mounts();
    for module in view.modules().iter().filter(|module| is_an_mpi(view, module)) {
        for place in wanted.iter().filter(|place| !mounts.iter().any(|mount| is_or_lies_in(place, mount.target))) {
            out.report(format!("`{place}` is not bound, and the module `{}` needs it", module.name), |finding| {
                finding
                    .at_key(module.at(), "an MPI of this system")
                    .help(format!("add a file system with `source = \"{place}\"`"))
                    .fix(Fix::safe("bind it", vec![Edit::append("filesystem", source_only(place))]))
            });
        }
    }
}

rule! {
    /// Burst-buffer allocations do not appear in containers.
    ///
    /// # What it checks
    /// A file system with the source `/var/opt/cray/dws` has `rec`, and on CLE 6 `slave` too.
    ///
    /// # Why is this bad
    /// DataWarp mounts each allocation below that directory. Without `rec` none is carried, and without `slave` one
    /// that comes later is missing (manual 4.4).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    /// os = "cle6.0"
    ///
    /// [[filesystem]]
    /// source = "/var/opt/cray/dws"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    /// os = "cle6.0"
    ///
    /// [[filesystem]]
    /// source = "/var/opt/cray/dws"
    /// options = ["rec", "slave"]
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` adds the options: the mounts below keep the host's flags then.
    pub(crate) static DATAWARP_OPTIONS = {
        id: id("FS026", "datawarp-options", Warn, Correctness),
        fix: Repair::Unsafe,
        source: "manual 4.4",
        check: Check::View(|view, out| {
            let wanted: &[&str] = if view.is_cle(6) { &["rec", "slave"] } else { &["rec"] };
            for mount in view.all_mounts().iter().filter(|mount| same(mount.source, DATAWARP)) {
                let missing = wanted.iter().filter(|option| !mount.has(option));
                let all: Vec<&str> = mount.options.iter().chain(missing.clone()).copied().collect();
                for option in missing {
                    out.report(format!("DataWarp allocations need the option `{option}`"), |finding| {
                        finding
                            .at(mount.source_key(), "")
                            .help(format!("write `options = {wanted:?}`"))
                            .fix(Fix::risky("add the options", vec![Edit::set(mount.options_key(), all.clone())]))
                    });
                }
            }
        }),
    }
}

rule! {
    /// A directory is bound by a script instead of by the runtime.
    ///
    /// # What it checks
    /// No file system has `via = "hook"`, as entries lifted from a premount script have, and no hook of the site runs `mount --bind`. Those of
    /// a module are mounted by the runtime, whatever `via` says.
    ///
    /// # Why is this bad
    /// `mount --bind` in a hook gives no nosuid, no nodev and no private propagation, and the runtime does not know of the mount when it
    /// takes the container down (L19).
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/mnt/a"
    /// via = "hook"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/mnt/a"
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` removes `via`: the mount then has the runtime's flags.
    pub(crate) static HOOK_MOUNT = {
        id: id("FS022", "hook-mount", Warn, Security),
        impact: Impact::Exposure,
        fix: Repair::Unsafe,
        source: "L19; bindMount in shifter_core.c",
        check: Check::View(|view, out| {
            for mount in view.all_mounts().iter().filter(|mount| mount.entry.via == Some(Via::Hook)) {
                let at = mount.at.clone().key("via");
                let (message, text) = match mount.module {
                    None => (format!("`{}` is bound by a script, with the host's flags", mount.source), "no nosuid, no nodev"),
                    Some(_) => (format!("`{}` is a module's: the runtime mounts it, and no script", mount.source), "without effect"),
                };
                out.report(message, |finding| {
                    finding
                        .at(at.clone(), text)
                        .help("let the runtime mount it: remove `via`")
                        .fix(Fix::risky("let the runtime mount it", vec![Edit::remove(at)]))
                });
            }
            for carried in view.carried_hooks() {
                for command in carried.script().called("mount").filter(|command| binds(command)) {
                    out.in_script(&carried, command.span.clone(), "a script binds this, with the host's flags", "write `[[filesystem]]` with this source");
                }
            }
        }),
    }
}

/// Whether a `mount` shows a directory at a second place.
fn binds(command: &crate::script::Command) -> bool {
    let words: Vec<String> = command.arguments().iter().map(crate::script::Word::text).collect();
    let by_option = |word: &String| matches!(word.as_str(), "--bind" | "--rbind" | "-B" | "-R");
    let in_list =
        |pair: &[String]| pair[0] == "-o" && pair[1].split(',').any(|option| matches!(option, "bind" | "rbind"));
    words.iter().any(by_option) || words.windows(2).any(in_list)
}
