//! MOD rules about file systems that a module adds.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::mounts::Mount;
use crate::lint::paths::same;
use crate::lint::rule::{id, rule};
use crate::lint::{Check, Findings, View};

rule! {
    /// A module mounts where the site or another module mounts.
    ///
    /// # What it checks
    /// The targets of a module's file systems are no targets of the site, nor of a module that can be loaded with it. Versions of one
    /// module are never loaded together.
    ///
    /// # Why is this bad
    /// The runtime unmounts the first and keeps the last. What users see depends on the order of the modules they name.
    ///
    /// # Bad
    /// ```toml
    /// [module.cvmfs]
    /// filesystem = [{ source = "/cvmfs" }]
    ///
    /// [module.cvmfs-nfs]
    /// filesystem = [{ source = "/nfs/cvmfs", target = "/cvmfs" }]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.cvmfs]
    /// filesystem = [{ source = "/cvmfs" }]
    /// conflict = ["cvmfs-nfs"]
    ///
    /// [module.cvmfs-nfs]
    /// filesystem = [{ source = "/nfs/cvmfs", target = "/cvmfs" }]
    /// conflict = ["cvmfs"]
    /// ```
    pub(crate) static FS_TARGET_CLASH = {
        id: id("MOD021", "fs-target-clash", Error, Correctness),
        source: "bindMount in shifter_core.c",
        check: Check::View(clash),
    }
}

fn clash(view: &View<'_>, out: &mut Findings<'_>) {
    let mounts = view.all_mounts();
    for (n, later) in mounts.iter().enumerate().filter(|(_, mount)| mount.module.is_some()) {
        let clashes = |first: &&Mount<'_>| same(first.target, later.target) && are_together(view, first, later);
        if let Some(first) = mounts[..n].iter().find(clashes) {
            let module = later.module.unwrap_or_default();
            out.report(format!("the module `{module}` mounts on `{}`, which is taken", later.target), |finding| {
                finding
                    .at(later.target_key(), "only the last is seen")
                    .also(first.target_key(), "mounted as well")
                    .help("choose another target, or let the modules exclude each other with `conflict`")
            });
        }
    }
}

/// Whether a container can have both.
fn are_together(view: &View<'_>, first: &Mount<'_>, later: &Mount<'_>) -> bool {
    let (Some(one), Some(other)) = (first.module, later.module) else { return true };
    if one == other {
        return first.at.parent() == later.at.parent();
    }
    let modules = view.modules();
    let find = |name: &str| modules.iter().find(|module| module.name == name);
    match (find(one), find(other)) {
        (Some(one), Some(other)) => !one.excludes(other),
        _ => false,
    }
}
