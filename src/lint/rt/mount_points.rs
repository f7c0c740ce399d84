//! RT rules about `udi_mount` and `loop_mount`.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::paths::overlap;
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

rule! {
    /// A directory that the runtime mounts over holds, or lies in, something it needs.
    ///
    /// # What it checks
    /// `paths.udi_mount` and `paths.loop_mount` neither equal nor hold nor lie in one another, `images.path`, `etc.path`, or the
    /// source of a file system.
    ///
    /// # Why is this bad
    /// What lies under a mount cannot be reached any more. If the runtime covers the image directory, no image is found; if a
    /// bound directory holds the mount point, the container shows itself inside itself (release notes of 15.12.1).
    ///
    /// # Bad
    /// ```toml
    /// [paths]
    /// udi_mount = "/var/shifter"
    /// loop_mount = "/var/shifter/loop"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [paths]
    /// udi_mount = "/var/shifter/udi"
    /// loop_mount = "/var/shifter/loop"
    /// ```
    pub(crate) static MOUNT_POINTS_OVERLAP = {
        id: id("RT004", "mount-points-overlap", Error, Correctness),
        impact: Impact::OneStart,
        source: "release notes of 15.12.1",
        check: Check::View(overlaps),
    }
}

fn overlaps(view: &View<'_>, out: &mut Findings<'_>) {
    let points = mount_points(view);
    let mut others: Vec<(KeyPath, &str, &str)> = Vec::new();
    others.extend(view.images().path.as_ref().map(|path| ("images.path".into(), path.as_str(), "the images")));
    others.extend(view.etc().path.as_ref().map(|path| ("etc.path".into(), path.as_str(), "the files of /etc")));
    let mounts = view.all_mounts();
    others.extend(mounts.iter().map(|mount| (mount.source_key(), mount.source, "bound into containers")));
    for (n, (at, point)) in points.iter().enumerate() {
        let before = points[..n].iter().map(|(at, path)| (at.clone(), *path, "mounted over as well"));
        for (other_at, other, what) in others.iter().cloned().chain(before) {
            if overlap(point, other) {
                out.report(format!("`{point}` and `{other}` overlap"), |finding| {
                    finding
                        .at(at.clone(), "the runtime mounts over this")
                        .also(other_at, what)
                        .help("give each a directory of its own")
                });
            }
        }
    }
}

/// The two places that the runtime mounts over, with their defaults (manual 5.2).
fn mount_points<'a>(view: &View<'a>) -> [(KeyPath, &'a str); 2] {
    let paths = view.paths();
    [
        ("paths.udi_mount".into(), paths.udi_mount.as_ref().map_or("/var/udiMount", |path| path.as_str())),
        ("paths.loop_mount".into(), paths.loop_mount.as_ref().map_or("/var/udiLoopMount", |path| path.as_str())),
    ]
}

rule! {
    /// Users can write where the runtime mounts.
    ///
    /// # What it checks
    /// `paths.udi_mount` and `paths.loop_mount` do not lie in `/tmp`, `/var/tmp`, `/dev/shm` or where `[storage]` says
    /// `users_write = true`.
    ///
    /// # Why is this bad
    /// Root makes and mounts these directories. Somebody who owns a parent can put a symlink in their place, and root mounts
    /// elsewhere (manual 5.2).
    ///
    /// # Bad
    /// ```toml
    /// [paths]
    /// udi_mount = "/tmp/udi"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [paths]
    /// udi_mount = "/var/udiMount"
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` writes the usual place in `/var`.
    pub(crate) static MOUNT_POINT_USER_WRITABLE = {
        id: id("RT005", "mount-point-user-writable", Error, Security),
        impact: Impact::Exposure,
        fix: Repair::Unsafe,
        source: "manual 5.2 udiMount",
        check: Check::View(|view, out| {
            for (at, point) in mount_points(view) {
                if let Some(place) = view.users_write_to(point) {
                    let usual = if at.last() == Some("loop_mount") { "/var/udiLoopMount" } else { "/var/udiMount" };
                    out.report(format!("`{point}` lies in `{place}`, where users write"), |finding| {
                        finding
                            .at(&at, "")
                            .help("use a directory below `/var` or `/run`")
                            .fix(Fix::risky(format!("use {usual}"), vec![Edit::set(&at, usual)]))
                    });
                }
            }
        }),
    }
}

rule! {
    /// Containers that start at once race to make the mount points.
    ///
    /// # What it checks
    /// `install.boot_dirs = true` is set, so that the mount points are made at boot.
    ///
    /// # Why is this bad
    /// The original makes the directories at the first start. Two first starts at once, as with many tasks on a node,
    /// can fail over each other (manual 2.3). The native runtime keeps its mount points to itself.
    ///
    /// # Bad
    /// ```toml
    /// [install]
    /// boot_dirs = false
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [install]
    /// boot_dirs = true
    /// ```
    ///
    /// # Fix
    /// `--fix` sets `install.boot_dirs`.
    pub(crate) static MOUNT_POINTS_NOT_PRECREATED = {
        id: id("RT024", "mount-points-not-precreated", Warn, Scale),
        impact: Impact::Slow,
        targets: Targets::Except(&[Target::Native]),
        fix: Repair::Safe,
        source: "manual 2.3(1)",
        check: Check::View(|view, out| {
            if view.describes_nodes() && view.install().boot_dirs != Some(true) {
                out.report("the mount points are made by the first container, and parallel starts race", |finding| {
                    finding
                        .at("install.boot_dirs", "not set")
                        .help("write `boot_dirs = true` in `[install]`")
                        .fix(Fix::safe("make them at boot", vec![Edit::set("install.boot_dirs", true)]))
                });
            }
        }),
    }
}
