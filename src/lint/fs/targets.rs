//! FS rules about where in the container a file system may appear.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::mounts::Mount;
use crate::lint::paths::{is_or_lies_in, lies_in, same};
use crate::lint::rule::{Impact, Tier, id, rule};
use crate::lint::{Check, Findings, View};

/// Targets that the original's parser refuses when they stand there exactly so.
const REFUSED: [&str; 6] = ["/opt", "/etc", "/var", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf"];

/// Directories that belong to the image or the kernel.
const IMAGE_OWN: [&str; 9] = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/dev", "/proc", "/sys", "/tmp"];

const UDI_IMAGE: &str = "/opt/udiImage";

rule! {
    /// A file system is to appear on a directory that the container root cannot do without.
    ///
    /// # What it checks
    /// No target is `/opt`, `/etc` or `/var` themselves, nor `/etc/passwd`, `/etc/group` or
    /// `/etc/nsswitch.conf`. Directories below them are fine.
    ///
    /// # Why is this bad
    /// The runtime fills these places itself. The original refuses the whole configuration when one
    /// of them is a target, so no container starts on the node; with a slash behind it the line is
    /// accepted and the mount fails at every start instead.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/site/etc"
    /// target = "/etc"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/site/etc"
    /// target = "/etc/opt/site"
    /// ```
    pub(crate) static FORBIDDEN_TARGET = {
        id: id("FS004", "forbidden-target", Error, Correctness),
        impact: Impact::EveryStart,
        source: "manual 5.2 siteFs; run against 16.08.3 and 18.03",
        check: Check::View(|view, out| {
            for mount in view.all_mounts().iter().filter(|mount| is_refused(mount.target)) {
                out.at(
                    mount.target_key(),
                    format!("`{}` cannot be a target: the runtime fills it itself", mount.target),
                    "mount below it, as on `/etc/opt/site`",
                );
            }
        }),
    }
}

fn is_refused(target: &str) -> bool {
    REFUSED.iter().any(|refused| same(target, refused))
}

rule! {
    /// A file system is to replace the container's root directory.
    ///
    /// # What it checks
    /// No target is `/`.
    ///
    /// # Why is this bad
    /// The parser of the original lets it pass; the mount over the root that is being built then
    /// fails, and with it every container start.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/site/root"
    /// target = "/"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/site/root"
    /// target = "/site"
    /// ```
    pub(crate) static ROOT_TARGET = {
        id: id("FS005", "root-target", Error, Correctness),
        impact: Impact::OneStart,
        source: "run against 16.08.3 and 18.03",
        check: Check::View(|view, out| {
            for mount in view.all_mounts().iter().filter(|mount| is_root(mount.target)) {
                out.at(mount.target_key(), "`/` cannot be a target", "name a directory of the container");
            }
        }),
    }
}

fn is_root(target: &str) -> bool {
    !target.is_empty() && target.chars().all(|c| c == '/')
}

rule! {
    /// A file system hides what the image brings along.
    ///
    /// # What it checks
    /// No target is or lies in `/usr`, `/bin`, `/sbin`, `/lib`, `/lib64`, `/dev`, `/proc`, `/sys` or
    /// `/tmp`.
    ///
    /// # Why is this bad
    /// A mount covers what lies under it. The image's own programs and libraries, or the kernel's
    /// views, vanish from every container, and users see errors that no image of theirs explains
    /// (manual 2.3).
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/site/local"
    /// target = "/usr/local"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/site/local"
    /// target = "/opt/site/local"
    /// ```
    pub(crate) static CRITICAL_TARGET = {
        id: id("FS006", "critical-target", Error, Correctness),
        source: "manual 5.2 siteFs and 2.3(4)",
        check: Check::View(|view, out| {
            for mount in view.all_mounts() {
                let Some(hidden) = IMAGE_OWN.iter().find(|own| is_or_lies_in(mount.target, own)) else { continue };
                out.at(
                    mount.target_key(),
                    format!("`{}` hides what the image has in `{hidden}`", mount.target),
                    "choose a directory that images leave free, as below `/opt` or `/site`",
                );
            }
        }),
    }
}

rule! {
    /// A file system is to appear where root later changes modes.
    ///
    /// # What it checks
    /// No target is or lies in `/opt/udiImage`.
    ///
    /// # Why is this bad
    /// After the mounts, the original copies the site's tree to `/opt/udiImage` and runs `chmod -R
    /// a+rX` over it, as root. Through a bind mount below it that is the host's own file system:
    /// files that were private become readable for everybody.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/site/mpich"
    /// target = "/opt/udiImage/modules/mpich"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/site/mpich"
    /// target = "/site/mpich"
    /// ```
    pub(crate) static UDI_IMAGE_TARGET = {
        id: id("FS007", "udi-image-target", Error, Security),
        impact: Impact::Exposure,
        source: "shifter_core.c of 18.03, prepareSiteModifications",
        check: Check::View(|view, out| {
            for mount in view.all_mounts().iter().filter(|mount| is_or_lies_in(mount.target, UDI_IMAGE)) {
                out.at(
                    mount.target_key(),
                    format!("`{}` lies in `{UDI_IMAGE}`, where root changes modes recursively", mount.target),
                    "mount elsewhere, or copy small trees with a module's `copy_from`",
                );
            }
        }),
    }
}

rule! {
    /// A target lies in another target, where its mount point has to exist already.
    ///
    /// # What it checks
    /// No target of the site lies in another one. Where both entries show the same tree, as `/home` and
    /// `/home/projects` under their own names, the directory is there and this is a warning; otherwise
    /// it is an error.
    ///
    /// # Why is this bad
    /// Inside a mounted file system the runtime makes no directories: the start ends with "cannot create
    /// mount points in that location" unless the directory exists on the outer file system and root owns
    /// it.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    ///
    /// [[filesystem]]
    /// source = "/lus/projects"
    /// target = "/home/projects"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    ///
    /// [[filesystem]]
    /// source = "/lus/projects"
    /// ```
    pub(crate) static NESTED_TARGET = {
        id: id("FS009", "nested-target", Error, Correctness),
        impact: Impact::OneStart,
        source: "setupVolumeMapMounts in shifter_core.c",
        check: Check::View(nested),
    }
}

fn nested(view: &View<'_>, out: &mut Findings<'_>) {
    let mounts = view.mounts();
    for inner in &mounts {
        let Some(outer) = mounts.iter().find(|outer| lies_in(inner.target, outer.target) && !is_root(outer.target))
        else {
            continue;
        };
        let known = show_the_same_tree(outer, inner);
        out.report(format!("`{}` lies in the target `{}`", inner.target, outer.target), |mut finding| {
            if known {
                finding.severity = Warn;
            }
            finding
                .at(inner.target_key(), "its mount point must exist on the outer file system and belong to root")
                .also(outer.target_key(), "the outer target")
                .help("give each file system a place of its own")
        });
    }
}

/// Whether the inner entry shows the directory that the outer one would show in its place.
fn show_the_same_tree(outer: &Mount<'_>, inner: &Mount<'_>) -> bool {
    let below = inner.target.strip_prefix(outer.target.trim_end_matches('/'));
    below.is_some_and(|below| same(inner.source, &format!("{}{below}", outer.source.trim_end_matches('/'))))
}

rule! {
    /// Two file systems are to appear in the same place.
    ///
    /// # What it checks
    /// Every target of a node class is named once.
    ///
    /// # Why is this bad
    /// The runtime unmounts the first and keeps the last. Which one users see depends on the order of
    /// the list, and nothing is said.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    ///
    /// [[filesystem]]
    /// source = "/lus/home"
    /// target = "/home"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    ///
    /// [[filesystem]]
    /// source = "/lus/home"
    /// ```
    pub(crate) static DUPLICATE_TARGET = {
        id: id("FS011", "duplicate-target", Error, Correctness),
        source: "bindMount in shifter_core.c",
        check: Check::View(duplicates),
    }
}

fn duplicates(view: &View<'_>, out: &mut Findings<'_>) {
    let mounts = view.mounts();
    for (n, later) in mounts.iter().enumerate() {
        if let Some(first) = mounts[..n].iter().find(|first| same(first.target, later.target)) {
            out.report(format!("two file systems want `{}`", later.target), |finding| {
                finding
                    .at(later.target_key(), "only this one is seen")
                    .also(first.target_key(), "mounted first, then unmounted")
                    .help("keep one of them, or give one another target")
            });
        }
    }
}

rule! {
    /// A file system has another name in containers than on the host.
    ///
    /// # What it checks
    /// `target` is the same path as `source`.
    ///
    /// # Why is this bad
    /// Job scripts, symlinks and settings that hold absolute paths work on the host and fail in the
    /// container, or the other way round. Sometimes that is wanted: this is a note.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/lus/projects"
    /// target = "/projects"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/lus/projects"
    /// ```
    pub(crate) static DIFFERENT_PATH = {
        id: id("FS021", "different-path", Info, Style),
        impact: Impact::Untidy,
        tier: Tier::Strict,
        source: "manual 2.3(4)",
        check: Check::View(|view, out| {
            for mount in view.mounts().iter().filter(|mount| !same(mount.source, mount.target)) {
                out.at(
                    mount.target_key(),
                    format!("`{}` is `{}` in containers", mount.source, mount.target),
                    "leave `target` out if users know the host's path",
                );
            }
        }),
    }
}
