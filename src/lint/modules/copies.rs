//! MOD rules about what a module brings into `/opt/udiImage/modules`.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::modules::reading::Module;
use crate::lint::paths::{components, is_or_lies_in, lies_in};
use crate::lint::rule::{Impact, Repair, id, rule};
use crate::lint::{Check, Findings, View};

const MODULES: &str = "/opt/udiImage/modules";

rule! {
    /// A module uses its directory, and nothing is put there.
    ///
    /// # What it checks
    /// A module whose environment or user hook names `/opt/udiImage/modules/NAME` has `copy_from`, or versions with `from`.
    ///
    /// # Why is this bad
    /// The directory does not exist in the container. The search path leads nowhere, and a missing hook fails every start with the
    /// module (manual 4.4 and 6.5).
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// env.prepend.LD_LIBRARY_PATH = ["/opt/udiImage/modules/mpich/lib64"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// env.prepend.LD_LIBRARY_PATH = ["/opt/udiImage/modules/mpich/lib64"]
    /// ```
    pub(crate) static ENV_WITHOUT_COPY = {
        id: id("MOD010", "env-without-copy", Error, Correctness),
        impact: Impact::OneStart,
        source: "manual 4.4 and 6.5",
        check: Check::View(|view, out| {
            for module in view.modules().iter().filter(|module| !module.has_files()) {
                for (at, path) in named_paths(view, module).iter().filter(|(_, path)| is_or_lies_in(path, &module.directory())) {
                    out.at(at.clone(), format!("nothing is put at `{path}`"), "give the module `copy_from`");
                }
            }
        }),
    }
}

rule! {
    /// A module uses the directory of another.
    ///
    /// # What it checks
    /// What the environment and the user hook of a module name in `/opt/udiImage/modules` lies in its own directory, or in that of a
    /// module it `requires`.
    ///
    /// # Why is this bad
    /// The other module is there only if the user loads it too. Most often this is a slip of the pen.
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// env.prepend.LD_LIBRARY_PATH = ["/opt/udiImage/modules/mpi/lib64"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// env.prepend.LD_LIBRARY_PATH = ["/opt/udiImage/modules/mpich/lib64"]
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` writes the module's own name.
    pub(crate) static ENV_OTHER_MODULE = {
        id: id("MOD011", "env-other-module", Error, Correctness),
        fix: Repair::Unsafe,
        source: "manual 5.2.3",
        check: Check::View(other_module),
    }
}

fn other_module(view: &View<'_>, out: &mut Findings<'_>) {
    for module in view.modules() {
        for (at, path) in named_paths(view, &module) {
            let Some(other) = path_of_a_module(&path).filter(|other| *other != module.name) else { continue };
            if module.table.requires.iter().any(|name| name.split('/').next() == Some(other)) {
                continue;
            }
            let own = path.replacen(&format!("{MODULES}/{other}"), &module.directory(), 1);
            out.report(format!("`{path}` belongs to the module `{other}`, not to `{}`", module.name), |finding| {
                finding
                    .at(at.clone(), "")
                    .help(format!("write `{own}`, or add `{other}` to `requires`"))
                    .fix(Fix::risky("use the module's own directory", vec![Edit::set(at, own)]))
            });
        }
    }
}

/// The module whose directory a path lies in.
fn path_of_a_module(path: &str) -> Option<&str> {
    lies_in(path, MODULES).then(|| components(path)[3..].first().copied()).flatten()
}

/// Paths that the module's environment and user hook name, an element of a list at a time.
fn named_paths(view: &View<'_>, module: &Module<'_>) -> Vec<(KeyPath, String)> {
    let own = view.environments().into_iter().filter(|env| env.module == Some(module.name));
    let values = own.flat_map(|env| env.values()).map(|(at, _, value)| (at, value));
    let hook = module.table.hooks.as_ref().and_then(|hooks| hooks.user.as_ref());
    let hook = hook.map(|hook| (module.at().key("hooks").key("user"), hook.to_string()));
    values.chain(hook).filter(|(_, value)| value.starts_with('/')).collect()
}

rule! {
    /// The directory to copy is the empty path, and the whole host is copied.
    ///
    /// # What it checks
    /// No module has an empty `copy_from`.
    ///
    /// # Why is this bad
    /// The original appends `/` to the value and copies from there, as root: the host's root directory goes into the memory of
    /// every container with the module.
    ///
    /// # Bad
    /// ```toml
    /// [module.scratch]
    /// copy_from = ""
    /// filesystem = [{ source = "/shared/scratch" }]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.scratch]
    /// filesystem = [{ source = "/shared/scratch" }]
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the key.
    pub(crate) static COPY_SOURCE_EMPTY = {
        id: id("MOD014", "copy-source-empty", Error, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "copyUdiImage in shifter_core.c",
        check: Check::View(|view, out| {
            for module in view.modules() {
                if module.table.copy_from.as_ref().is_some_and(|path| path.as_str().is_empty()) {
                    let at = module.at().key("copy_from");
                    out.report("an empty `copy_from` copies the host's root into containers", |finding| {
                        finding
                            .at(at.clone(), "")
                            .help("leave the key out")
                            .fix(Fix::safe("remove the key", vec![Edit::remove(at)]))
                    });
                }
            }
        }),
    }
}
