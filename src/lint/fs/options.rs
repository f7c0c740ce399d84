//! FS rules about mount options.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::target::Target;

rule! {
    /// An option of a file system is given twice.
    ///
    /// # What it checks
    /// No option stands twice in one list.
    ///
    /// # Why is this bad
    /// The original refuses the whole configuration, so that no container starts on the node.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    /// options = ["ro", "ro"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    /// options = ["ro"]
    /// ```
    ///
    /// # Fix
    /// `--fix` drops the second.
    pub(crate) static DUPLICATE_OPTION = {
        id: id("FS013", "duplicate-option", Error, Correctness),
        impact: Impact::EveryStart,
        fix: Repair::Safe,
        source: "_parseFlag in VolumeMap.c; run against 16.08.3 and 18.03",
        check: Check::View(|view, out| {
            for mount in view.all_mounts() {
                for (n, option) in mount.options.iter().enumerate() {
                    if mount.options[..n].contains(option) {
                        let at = mount.options_key().index(n);
                        out.report(format!("`{option}` is given twice"), |finding| {
                            let fix = Fix::safe("drop the second", vec![Edit::remove(&at)]);
                            finding.at(at, "").help("drop one of them").fix(fix)
                        });
                    }
                }
            }
        }),
    }
}

rule! {
    /// A file system is to be both `slave` and `private`.
    ///
    /// # What it checks
    /// `slave` and `private` do not stand in one list.
    ///
    /// # Why is this bad
    /// They contradict each other: a slave mount follows the host, a private one does not. The original
    /// refuses the whole configuration.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    /// options = ["slave", "private"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    /// options = ["slave"]
    /// ```
    pub(crate) static SLAVE_AND_PRIVATE = {
        id: id("FS014", "slave-and-private", Error, Correctness),
        impact: Impact::EveryStart,
        source: "validateFlags in VolumeMap.c; run against 16.08.3 and 18.03",
        check: Check::View(|view, out| {
            for mount in view.all_mounts().iter().filter(|mount| mount.has("slave") && mount.has("private")) {
                out.at(mount.options_key(), "a mount is either `slave` or `private`", "keep one of the two");
            }
        }),
    }
}

rule! {
    /// A recursive bind lets set-user-ID programs and device files of submounts work in containers.
    ///
    /// # What it checks
    /// `rec` is not used with the original software.
    ///
    /// # Why is this bad
    /// The original sets nosuid and nodev by a remount, and a remount is not recursive (mount(2)): what is mounted
    /// below the source keeps the flags of the host. The native runtime sets them on the whole tree
    /// (mount_setattr(2), Linux 5.12).
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/global"
    /// options = ["rec"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/global/u1"
    ///
    /// [[filesystem]]
    /// source = "/global/project"
    /// ```
    pub(crate) static REC_KEEPS_SUID = {
        id: id("FS015", "rec-keeps-suid", Warn, Security),
        impact: Impact::Exposure,
        targets: Targets::Except(&[Target::Native]),
        source: "manual 7(2); bindMount in shifter_core.c",
        check: Check::View(|view, out| {
            for mount in view.all_mounts().iter().filter(|mount| mount.has("rec")) {
                out.at(
                    mount.options_key(),
                    format!("submounts of `{}` keep set-user-ID programs and device files", mount.source),
                    "list the submounts one by one, without `rec`",
                );
            }
        }),
    }
}

rule! {
    /// A recursive bind that is to follow the host does not.
    ///
    /// # What it checks
    /// `rec` and `slave` do not stand together with the original software.
    ///
    /// # Why is this bad
    /// With `rec` the original makes the mount private, whatever else is asked for: what the host mounts or unmounts
    /// after the container start is not seen in it. The manual's own recipe for DataWarp (4.4) has this flaw. The
    /// native runtime honours both.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/scratch"
    /// # shifter-site: ignore[FS015] the submounts are nosuid on the host
    /// options = ["rec", "slave"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/scratch"
    /// options = ["slave"]
    /// ```
    pub(crate) static REC_DROPS_SLAVE = {
        id: id("FS016", "rec-drops-slave", Warn, Compatibility),
        targets: Targets::Except(&[Target::Native]),
        source: "bindMount in shifter_core.c of 16.08.3 and 18.03; manual 4.4",
        check: Check::View(|view, out| {
            for mount in view.all_mounts().iter().filter(|mount| mount.has("rec") && mount.has("slave")) {
                out.at(
                    mount.options_key(),
                    format!("`rec` makes the mount of `{}` private, `slave` is lost", mount.source),
                    "list the submounts one by one with `slave`, or set `runtime.propagation`",
                );
            }
        }),
    }
}

rule! {
    /// A mount is to follow the host on a system where that does not work.
    ///
    /// # What it checks
    /// No file system has the option `slave` on CLE 5.2.
    ///
    /// # Why is this bad
    /// Slave mounts do not work on the compute nodes of CLE 5.2: the container sees a directory that never changes
    /// (manual 4.4).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// os = "cle5.2"
    /// init = "sysv"
    ///
    /// [[filesystem]]
    /// source = "/dws"
    /// options = ["slave"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// os = "cle5.2"
    /// init = "sysv"
    ///
    /// [[filesystem]]
    /// source = "/dws"
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` drops the option: what is mounted there later does not appear in containers, as before.
    pub(crate) static SLAVE_ON_CLE5 = {
        id: id("FS017", "slave-on-cle5", Error, Compatibility),
        fix: Repair::Unsafe,
        source: "manual 4.4",
        check: Check::View(|view, out| {
            if !view.is_cle(5) {
                return;
            }
            for mount in view.all_mounts().iter().filter(|mount| mount.has("slave")) {
                let rest: Vec<&str> = mount.options.iter().copied().filter(|option| *option != "slave").collect();
                let at = mount.options_key();
                let edit = if rest.is_empty() { Edit::remove(&at) } else { Edit::set(&at, rest) };
                out.report("`slave` has no effect on CLE 5.2", |finding| {
                    finding.at(at, "").help("drop it").fix(Fix::risky("drop it", vec![edit]))
                });
            }
        }),
    }
}

/// The options of an entry. `perNodeCache` of udiRoot.conf has a key of its own.
const KNOWN: [&str; 4] = ["ro", "rec", "slave", "private"];

rule! {
    /// An option of a file system is none that the runtime knows.
    ///
    /// # What it checks
    /// `options` holds `ro`, `rec`, `slave` and `private` only.
    ///
    /// # Why is this bad
    /// The original refuses the whole configuration, so that no container starts on the node, and reads behind the end of its buffer
    /// meanwhile. The manual's chapter on security (7) recommends `shared`, which no version accepts.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    /// options = ["shared"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    /// options = ["slave"]
    /// ```
    pub(crate) static UNKNOWN_OPTION = {
        id: id("FS012", "unknown-option", Error, Correctness),
        impact: Impact::EveryStart,
        source: "_parseFlag in VolumeMap.c; run against 16.08.3 and 18.03 with AddressSanitizer",
        check: Check::View(|view, out| {
            for mount in view.all_mounts() {
                for (n, option) in mount.options.iter().enumerate().filter(|(_, option)| !KNOWN.contains(option)) {
                    let help = match *option {
                        "rw" => "leave it out: mounts are writable unless they are `ro`".to_owned(),
                        "perNodeCache" => "write `per_node_cache = { size = \"10GiB\" }`".to_owned(),
                        _ => format!("known are {}", KNOWN.join(", ")),
                    };
                    out.at(mount.options_key().index(n), format!("there is no option `{option}`"), help);
                }
            }
        }),
    }
}

rule! {
    /// A private file system for each node has no size, or is of a kind that the runtime cannot make.
    ///
    /// # What it checks
    /// `per_node_cache` of a file system has a `size` above nothing, and its `fs` is `xfs` if written; natively also `ext4`.
    ///
    /// # Why is this bad
    /// The original refuses the whole configuration otherwise, so that no container starts on the node.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/scratch"
    /// per_node_cache = { fs = "xfs" }
    ///
    /// [runtime]
    /// per_node_cache = { path = "/shared/backing" }
    ///
    /// [paths.tools]
    /// mkfs_xfs = "/sbin/mkfs.xfs"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/scratch"
    /// per_node_cache = { size = "10GiB", fs = "xfs" }
    ///
    /// [runtime]
    /// per_node_cache = { path = "/shared/backing" }
    ///
    /// [paths.tools]
    /// mkfs_xfs = "/sbin/mkfs.xfs"
    /// ```
    pub(crate) static PER_NODE_CACHE_OPTION = {
        id: id("FS029", "per-node-cache-option", Error, Correctness),
        impact: Impact::EveryStart,
        source: "_parseFlag in VolumeMap.c",
        check: Check::View(|view, out| {
            for mount in view.all_mounts() {
                let Some(cache) = &mount.entry.per_node_cache else { continue };
                let at = mount.at.clone().key("per_node_cache");
                if cache.size.as_ref().is_none_or(|size| size.bytes() == 0) {
                    out.at(at.clone(), "a private file system for each node needs a size", "write `size = \"10GiB\"`");
                }
                let is_made = |fs: &str| fs == "xfs" || fs == "ext4" && view.is_native();
                if let Some(fs) = cache.fs.as_deref().filter(|fs| !is_made(fs)) {
                    out.at(at.key("fs"), format!("the runtime cannot make `{fs}`"), "write `xfs`, or leave it out");
                }
            }
        }),
    }
}
