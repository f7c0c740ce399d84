//! INST rules about which files a class gets.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Impact, Repair, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::ArtifactKind::{Hooks, Imagemanager, KernelModules, Redis, Services, Udiroot, WlmNode};

rule! {
    /// A class lacks the file that its other files are for.
    ///
    /// # What it checks
    /// A class whose `artifacts` hold hooks, kernel modules or files of compute nodes holds `udiroot` too, and one with services of the gateway or
    /// redis holds `imagemanager`.
    ///
    /// # Why is this bad
    /// Without udiRoot.conf no container starts there; without imagemanager.json the gateway does not (Leong et al. 2018, sections III-A and B).
    ///
    /// # Bad
    /// ```toml
    /// [class.compute]
    /// artifacts = ["hooks", "kernel-modules"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [class.compute]
    /// artifacts = ["hooks", "kernel-modules", "udiroot"]
    /// ```
    ///
    /// # Fix
    /// `--fix` adds the missing one.
    pub(crate) static ARTIFACT_MISSING = {
        id: id("INST002", "artifact-missing", Error, Correctness),
        impact: Impact::EveryStart,
        fix: Repair::Safe,
        source: "Leong et al. 2018, sections III-A and III-B",
        check: Check::View(missing),
    }
}

fn missing(view: &View<'_>, out: &mut Findings<'_>) {
    let Some(class) = view.class else { return };
    let Some(kinds) = view.profile.class.get(class).and_then(|section| section.artifacts.as_ref()) else { return };
    let at = KeyPath::from(["class", class, "artifacts"]);
    for (needing, needed, name) in [
        (&[Hooks, KernelModules, WlmNode][..], Udiroot, "udiroot"),
        (&[Services, Redis][..], Imagemanager, "imagemanager"),
    ] {
        if kinds.iter().any(|kind| needing.contains(kind)) && !kinds.contains(&needed) {
            out.report(format!("the class `{class}` gets files that are for `{name}`, and not that"), |finding| {
                finding
                    .at(at.clone(), "")
                    .help(format!("add {name:?}"))
                    .fix(Fix::safe(format!("add {name:?}"), vec![Edit::append(at.clone(), name)]))
            });
        }
    }
}

rule! {
    /// Two classes write one file, and not the same.
    ///
    /// # What it checks
    /// Classes with the same `cray_class` render the same bytes for each path they both have.
    ///
    /// # Why is this bad
    /// A class of the shared root has one copy of a file (xtspec): which of the two it is depends on who was installed last.
    ///
    /// # Bad
    /// ```toml
    /// [class.compute]
    /// cray_class = "default"
    /// set.runtime.max_groups = 31
    ///
    /// [class.service]
    /// cray_class = "default"
    /// set.runtime.max_groups = 30
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [class.compute]
    /// cray_class = "default"
    /// set.runtime.max_groups = 31
    ///
    /// [class.service]
    /// cray_class = "service"
    /// set.runtime.max_groups = 30
    /// ```
    pub static ARTIFACT_COLLISION = {
        id: id("INST003", "artifact-collision", Error, Correctness),
        source: "xtspec(8)",
        check: Check::Loader,
    }
}
