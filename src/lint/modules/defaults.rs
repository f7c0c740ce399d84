//! MOD rules about modules that are loaded without being asked for.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::modules::reading::Module;
use crate::lint::rule::{Impact, Repair, Tier, id, rule};
use crate::lint::{Check, Findings, View};

rule! {
    /// A module is loaded by default and switched off.
    ///
    /// # What it checks
    /// No module has both `default = true` and `enabled = false`.
    ///
    /// # Why is this bad
    /// The runtime cannot load it and refuses the whole configuration, so that no container starts on the node.
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// hooks.user = "/opt/udiImage/modules/mpich/init.sh"
    /// default = true
    /// enabled = false
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// hooks.user = "/opt/udiImage/modules/mpich/init.sh"
    /// enabled = false
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` removes `default`.
    pub(crate) static DEFAULT_MODULE_DISABLED = {
        id: id("MOD004", "default-module-disabled", Error, Correctness),
        impact: Impact::EveryStart,
        fix: Repair::Unsafe,
        source: "run against 18.03, defaultModules",
        check: Check::View(|view, out| {
            for module in view.modules().iter().filter(|module| module.is_default() && module.table.enabled == Some(false)) {
                let default = module.at().key("default");
                out.report(format!("the default module `{}` is switched off", module.name), |finding| {
                    finding
                        .at(module.at().key("enabled"), "switched off")
                        .also(default.clone(), "loaded for everybody")
                        .help("drop one of the two")
                        .fix(Fix::risky("do not load it by default", vec![Edit::remove(default)]))
                });
            }
        }),
    }
}

rule! {
    /// Two modules are loaded by default and exclude each other.
    ///
    /// # What it checks
    /// No two default modules of a class name each other in `conflict` or share a `family`.
    ///
    /// # Why is this bad
    /// The runtime cannot load both and refuses the whole configuration, so that no container starts on the node.
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// default = true
    /// conflict = ["openmpi"]
    ///
    /// [module.openmpi]
    /// copy_from = "/opt/shifter/openmpi"
    /// default = true
    /// conflict = ["mpich"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// default = true
    /// conflict = ["openmpi"]
    ///
    /// [module.openmpi]
    /// copy_from = "/opt/shifter/openmpi"
    /// conflict = ["mpich"]
    /// ```
    pub(crate) static DEFAULT_MODULES_CONFLICT = {
        id: id("MOD005", "default-modules-conflict", Error, Correctness),
        impact: Impact::EveryStart,
        source: "run against 18.03, defaultModules",
        check: Check::View(defaults_conflict),
    }
}

fn defaults_conflict(view: &View<'_>, out: &mut Findings<'_>) {
    let defaults: Vec<Module<'_>> = view.modules().into_iter().filter(Module::is_default).collect();
    for (n, later) in defaults.iter().enumerate() {
        for first in defaults[..n].iter().filter(|first| first.excludes(later)) {
            out.report(
                format!("the default modules `{}` and `{}` exclude each other", first.name, later.name),
                |finding| {
                    finding
                        .at(later.at().key("default"), "cannot be loaded with the other")
                        .also(first.at().key("default"), "loaded as well")
                        .help("make one of them the default")
                },
            );
        }
    }
}

rule! {
    /// A default module is there on some nodes only.
    ///
    /// # What it checks
    /// A module with `default = true` is `optional`, or has no `classes`, or there is a module of the same name for every class that runs
    /// containers. Profiles without classes are not looked at.
    ///
    /// # Why is this bad
    /// On nodes of the other classes the default names a module that is not there. The original refuses the whole configuration then;
    /// the native runtime loads nothing, and jobs behave differently from node to node.
    ///
    /// # Bad
    /// ```toml
    /// [module.tools]
    /// copy_from = "/opt/shifter/tools"
    /// default = true
    /// classes = ["compute"]
    ///
    /// [class.compute]
    /// artifacts = ["udiroot"]
    ///
    /// [class.login]
    /// artifacts = ["udiroot"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.tools]
    /// copy_from = "/opt/shifter/tools"
    /// default = true
    ///
    /// [class.compute]
    /// artifacts = ["udiroot"]
    ///
    /// [class.login]
    /// artifacts = ["udiroot"]
    /// ```
    pub(crate) static DEFAULT_MODULE_MISSING_IN_CLASS = {
        id: id("MOD025", "default-module-missing-in-class", Warn, Correctness),
        source: "run against 18.03, defaultModules",
        check: Check::View(missing_in_class),
    }
}

fn missing_in_class(view: &View<'_>, out: &mut Findings<'_>) {
    let Some(class) = view.class.filter(|_| view.runs_containers()) else { return };
    for (name, table) in &view.profile.module {
        let module = Module { name, table };
        if module.is_default() && table.optional != Some(true) && !view.has_class(&table.classes) {
            out.report(format!("the default module `{name}` is not there on nodes of class `{class}`"), |finding| {
                finding
                    .at(module.at().key("classes"), "the nodes that have it")
                    .also(module.at().key("default"), "loaded for everybody")
                    .help("give it to all classes, or make it `optional` with the native runtime")
            });
        }
    }
}

rule! {
    /// A default MPI is put into every image, whether it fits or not.
    ///
    /// # What it checks
    /// A default module of the family `mpi` has a user hook, or versions that say which library they replace (`abi`).
    ///
    /// # Why is this bad
    /// The site's MPI replaces the image's by a search path. An image with another ABI crashes in MPI_Init, without a word about
    /// modules (manual 6.5).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [module.mpich]
    /// family = "mpi"
    /// copy_from = "/opt/shifter/mpich"
    /// default = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [module.mpich]
    /// family = "mpi"
    /// copy_from = "/opt/shifter/mpich"
    /// default = true
    /// hooks.user = "/opt/udiImage/modules/mpich/check-abi"
    /// ```
    pub(crate) static MPI_NO_ABI_CHECK = {
        id: id("MOD022", "mpi-no-abi-check", Info, Correctness),
        impact: Impact::OneStart,
        tier: Tier::Strict,
        source: "manual 6.5",
        check: Check::View(|view, out| {
            for module in view.modules().iter().filter(|module| is_an_unchecked_mpi(module)) {
                out.at(
                    module.at().key("default"),
                    format!("nothing checks that an image fits the MPI `{}`", module.name),
                    "check the ABI in `hooks.user`, or give the versions an `abi`",
                );
            }
        }),
    }
}

fn is_an_unchecked_mpi(module: &Module<'_>) -> bool {
    let table = module.table;
    let has_hook = table.hooks.as_ref().is_some_and(|hooks| hooks.user.is_some());
    let has_abi = !table.version.is_empty() && table.version.values().all(|version| version.abi.is_some());
    module.is_default() && table.family.as_deref() == Some("mpi") && !has_hook && !has_abi
}
