//! MOD rules about names and conflicts.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::rule::{Impact, Repair, Tier, id, rule};
use crate::lint::{Check, Findings, View};

rule! {
    /// A module has a name that the runtime cuts.
    ///
    /// # What it checks
    /// Names consist of letters, digits, `.`, `+` and `-`.
    ///
    /// # Why is this bad
    /// udiRoot.conf has keys such as `module_mpich_siteEnv`, which the runtime cuts at underscores: `module_my_mpich_siteEnv` is a
    /// setting `mpich` of the module `my`, and is dropped without a message. A slash, `@`, comma or blank has a meaning where users
    /// name modules.
    ///
    /// # Bad
    /// ```toml
    /// [module.my_mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.my-mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` writes `-` instead of `_`. Users have to learn the new name.
    pub(crate) static MODULE_NAME_CHARSET = {
        id: id("MOD001", "module-name-charset", Error, Correctness),
        fix: Repair::Unsafe,
        source: "run against 18.03, module keys",
        check: Check::View(|view, out| {
            for module in view.modules().iter().filter(|module| !has_a_plain_name(module.name)) {
                out.report(format!("`{}` cannot be the name of a module", module.name), |finding| {
                    let finding = finding.at_key(module.at(), "").help("use letters, digits, `.`, `+` and `-`");
                    let better = module.name.replace('_', "-");
                    if has_a_plain_name(&better) {
                        finding.fix(Fix::risky(format!("rename to {better}"), vec![Edit::rename(module.at(), better)]))
                    } else {
                        finding
                    }
                });
            }
        }),
    }
}

fn has_a_plain_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || ".+-".contains(c))
}

rule! {
    /// A module is called `none`.
    ///
    /// # What it checks
    /// No module has the name `none`, in upper or lower case.
    ///
    /// # Why is this bad
    /// `--module=none` means that no module is wanted, not even the defaults. This one can never be loaded.
    ///
    /// # Bad
    /// ```toml
    /// [module.none]
    /// copy_from = "/opt/shifter/none"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.plain]
    /// copy_from = "/opt/shifter/none"
    /// ```
    pub(crate) static MODULE_NAME_NONE = {
        id: id("MOD002", "module-name-none", Error, Correctness),
        source: "parse_selected_ShifterModule in UdiRootConfig.c",
        check: Check::View(|view, out| {
            for module in view.modules().iter().filter(|module| module.name.eq_ignore_ascii_case("none")) {
                out.report("`--module=none` means no modules, so this one cannot be loaded", |finding| {
                    finding.at_key(module.at(), "").help("choose another name")
                });
            }
        }),
    }
}

rule! {
    /// A module excludes one that does not exist.
    ///
    /// # What it checks
    /// Every name in `conflict` is a module of the profile.
    ///
    /// # Why is this bad
    /// Loading the configuration fails, for everybody, when a loaded module excludes an unknown one.
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// conflict = ["openmpy"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// conflict = ["openmpi"]
    ///
    /// [module.openmpi]
    /// copy_from = "/opt/shifter/openmpi"
    /// conflict = ["mpich"]
    /// ```
    pub(crate) static CONFLICT_UNKNOWN = {
        id: id("MOD007", "conflict-unknown", Error, Correctness),
        impact: Impact::EveryStart,
        source: "run against 18.03, module conflicts",
        check: Check::View(|view, out| {
            for module in view.modules() {
                for (n, name) in module.table.conflict.iter().enumerate() {
                    if !view.profile.module.contains_key(name) {
                        out.at(
                            module.at().key("conflict").index(n),
                            format!("there is no module `{name}`"),
                            "correct the name, or drop it",
                        );
                    }
                }
            }
        }),
    }
}

rule! {
    /// A module excludes itself.
    ///
    /// # What it checks
    /// `conflict` does not hold the module's own name.
    ///
    /// # Why is this bad
    /// It can never be loaded.
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// conflict = ["mpich"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// ```
    ///
    /// # Fix
    /// `--fix` takes the name out.
    pub(crate) static CONFLICT_SELF = {
        id: id("MOD008", "conflict-self", Error, Correctness),
        fix: Repair::Safe,
        source: "module loader in shifter_core.c",
        check: Check::View(|view, out| {
            for module in view.modules() {
                if let Some(n) = module.table.conflict.iter().position(|name| name == module.name) {
                    let at = module.at().key("conflict").index(n);
                    out.report(format!("`{}` excludes itself and can never be loaded", module.name), |finding| {
                        finding
                            .at(at.clone(), "")
                            .help("take it out")
                            .fix(Fix::safe("take it out", vec![Edit::remove(at)]))
                    });
                }
            }
        }),
    }
}

rule! {
    /// Two modules exclude each other, and only one says so.
    ///
    /// # What it checks
    /// Where one module names another in `conflict`, the other names it too.
    ///
    /// # Why is this bad
    /// The runtime looks from both sides, so nothing breaks. Who reads the other module does not see it.
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// conflict = ["openmpi"]
    ///
    /// [module.openmpi]
    /// copy_from = "/opt/shifter/openmpi"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// conflict = ["openmpi"]
    ///
    /// [module.openmpi]
    /// copy_from = "/opt/shifter/openmpi"
    /// conflict = ["mpich"]
    /// ```
    ///
    /// # Fix
    /// `--fix` adds the other side.
    pub(crate) static CONFLICT_ONE_WAY = {
        id: id("MOD009", "conflict-one-way", Info, Style),
        impact: Impact::Untidy,
        tier: Tier::Strict,
        fix: Repair::Safe,
        source: "module loader in shifter_core.c",
        check: Check::View(one_way),
    }
}

fn one_way(view: &View<'_>, out: &mut Findings<'_>) {
    let modules = view.modules();
    for module in &modules {
        for (n, name) in module.table.conflict.iter().enumerate() {
            let Some(other) = modules.iter().find(|other| other.name == name && other.name != module.name) else {
                continue;
            };
            if !other.table.conflict.iter().any(|name| name == module.name) {
                let mut both = other.table.conflict.clone();
                both.push(module.name.to_owned());
                out.report(format!("`{name}` does not say that it excludes `{}`", module.name), |finding| {
                    finding
                        .at(module.at().key("conflict").index(n), "said here only")
                        .help(format!("add `{}` to its `conflict`", module.name))
                        .fix(Fix::safe("say it there too", vec![Edit::set(other.at().key("conflict"), both)]))
                });
            }
        }
    }
}

rule! {
    /// A module does nothing.
    ///
    /// # What it checks
    /// A module copies, binds, sets, runs, requires or keeps something, or has versions.
    ///
    /// # Why is this bad
    /// A module is what its lines in udiRoot.conf say. Without any it does not exist, and a container whose user names it does not start.
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// ```
    pub(crate) static MODULE_EMPTY = {
        id: id("MOD019", "module-empty", Error, Correctness),
        impact: Impact::OneStart,
        source: "manual 5.2.3",
        check: Check::View(|view, out| {
            for module in view.modules().iter().filter(|module| module.does_nothing()) {
                out.report(format!("the module `{}` does nothing", module.name), |finding| {
                    finding.at_key(module.at(), "").help("fill it, or take it out")
                });
            }
        }),
    }
}
