//! FS rules about symlinks in the container's root.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::paths::{BUILT_IN, is_or_lies_in, lies_in, same};
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View};

rule! {
    /// A symlink of the site points to nothing.
    ///
    /// # What it checks
    /// The target of a symlink is or lies in the target of a file system, another symlink, or a directory that every
    /// container has.
    ///
    /// # Why is this bad
    /// The link is made whether its target exists or not. Users see a name that leads nowhere.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/mnt/c"
    ///
    /// [[symlink]]
    /// link = "/scratch"
    /// target = "mnt/d/scratch"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/mnt/c"
    ///
    /// [[symlink]]
    /// link = "/scratch"
    /// target = "mnt/c/scratch"
    /// ```
    pub(crate) static SYMLINK_DANGLING = {
        id: id("FS027", "symlink-dangling", Warn, Correctness),
        source: "symlink(7); L19",
        check: Check::View(dangling),
    }
}

fn dangling(view: &View<'_>, out: &mut Findings<'_>) {
    if !view.is_whole() {
        return;
    }
    let mounts = view.all_mounts();
    let links = view.symlinks();
    for link in &links {
        let target = link.resolved();
        let leads_somewhere =
            mounts.iter().any(|mount| is_or_lies_in(&target, mount.target) || lies_in(mount.target, &target))
                || links.iter().any(|other| !same(other.link, link.link) && is_or_lies_in(&target, other.link))
                || BUILT_IN.iter().any(|made| same(&target, made));
        if !leads_somewhere {
            out.at(
                link.at.clone().key("target"),
                format!("`{}` leads to `{target}`, which no file system provides", link.link),
                "bind a file system there, or correct the target",
            );
        }
    }
}

rule! {
    /// A symlink wants a name that is taken.
    ///
    /// # What it checks
    /// No link is the target of a file system or one of its parents, a directory that the runtime makes, or another link.
    ///
    /// # Why is this bad
    /// Either the link cannot be made and the container does not start, or a mount goes through the link to another
    /// place.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/mnt/c"
    ///
    /// [[symlink]]
    /// link = "/mnt"
    /// target = "mnt/c"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/mnt/c"
    ///
    /// [[symlink]]
    /// link = "/scratch"
    /// target = "mnt/c"
    /// ```
    pub(crate) static SYMLINK_COLLIDES = {
        id: id("FS028", "symlink-collides", Error, Correctness),
        impact: Impact::OneStart,
        source: "ln(1); setupVolumeMapMounts in shifter_core.c",
        check: Check::View(collides),
    }
}

fn collides(view: &View<'_>, out: &mut Findings<'_>) {
    let mounts = view.all_mounts();
    let links = view.symlinks();
    for (n, link) in links.iter().enumerate() {
        let at = link.at.clone().key("link");
        if let Some(mount) = mounts.iter().find(|mount| is_or_lies_in(mount.target, link.link)) {
            out.report(
                format!("`{}` cannot be a symlink: a file system is mounted there or below", link.link),
                |finding| {
                    finding
                        .at(at, "the link")
                        .also(mount.target_key(), "the mount")
                        .help("choose another name for the link")
                },
            );
        } else if let Some(made) = BUILT_IN.iter().find(|made| same(made, link.link)) {
            out.at(at, format!("`{made}` is a directory of every container"), "choose another name for the link");
        } else if let Some(first) = links[..n].iter().find(|first| same(first.link, link.link)) {
            out.report(format!("`{}` is linked twice", link.link), |finding| {
                finding.at(at, "the second").also(first.at.clone().key("link"), "the first").help("keep one of them")
            });
        }
    }
}
