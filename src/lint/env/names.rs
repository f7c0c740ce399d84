//! ENV rules about the names of variables.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::rule::{Impact, Repair, Targets, Tier, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

rule! {
    /// A variable has a name that no shell can hold.
    ///
    /// # What it checks
    /// Names in `set`, `prepend`, `append` and `unset` consist of letters, digits and `_` and do not begin with a digit. In
    /// `unset` an exported bash function may stand too: `BASH_FUNC_name%%` or `BASH_FUNC_name()`. The native runtime also
    /// takes `*` in `unset`.
    ///
    /// # Why is this bad
    /// The program gets the variable, and no shell of the image can read or clear it (POSIX, Base Definitions 8.1).
    ///
    /// # Bad
    /// ```toml
    /// [env.set]
    /// MY-VAR = "1"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.set]
    /// MY_VAR = "1"
    /// ```
    pub(crate) static ENV_NAME = {
        id: id("ENV002", "env-name", Error, Correctness),
        source: "POSIX.1-2017, Base Definitions 8.1",
        check: Check::View(names),
    }
}

fn names(view: &View<'_>, out: &mut Findings<'_>) {
    for env in view.environments() {
        for (at, name) in env.names().into_iter().filter(|(_, name)| !is_a_name(name)) {
            out.report(format!("`{name}` is not the name of a variable"), |finding| {
                finding.at_key(at, "").help("use letters, digits and `_`")
            });
        }
        for (at, name) in env.unset().into_iter().filter(|(_, name)| !name.contains('=')) {
            if name.contains('*') {
                if !view.is_native() {
                    out.at(at, format!("the original runtime knows no patterns: `{name}`"), "name each variable");
                }
            } else if !is_a_name(name) && !is_a_function(name) {
                out.at(at, format!("`{name}` is not the name of a variable"), "use letters, digits and `_`");
            }
        }
    }
}

fn is_a_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_a_function(name: &str) -> bool {
    let Some(inner) = name.strip_prefix("BASH_FUNC_") else { return false };
    inner.strip_suffix("%%").or_else(|| inner.strip_suffix("()")).is_some_and(|inner| !inner.is_empty())
}

rule! {
    /// A variable is set and taken away again.
    ///
    /// # What it checks
    /// No name of `unset` is also in `set`, `prepend` or `append` of the same table, and none stands in `unset` twice.
    ///
    /// # Why is this bad
    /// One of the two has no effect, and which one depends on the order in which the runtime goes through the lists.
    ///
    /// # Bad
    /// ```toml
    /// [env]
    /// set.LICENSE = "27000@lic1"
    /// unset = ["LICENSE"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env]
    /// set.LICENSE = "27000@lic1"
    /// ```
    pub(crate) static ENV_DUPLICATE = {
        id: id("ENV010", "env-duplicate", Warn, Correctness),
        source: "setupUserEnvironment order in shifter_core.c",
        check: Check::View(duplicates),
    }
}

fn duplicates(view: &View<'_>, out: &mut Findings<'_>) {
    for env in view.environments() {
        let removed = env.unset();
        for (n, (at, name)) in removed.iter().enumerate() {
            let given = env.names().into_iter().find(|(_, given)| given == name);
            let before = removed[..n].iter().find(|(_, before)| before == name);
            if let Some((other, _)) = given.or_else(|| before.cloned()) {
                out.report(format!("`{name}` is removed and given elsewhere, or removed twice"), |finding| {
                    finding.at(at.clone(), "removed here").also(other, "and named here").help("keep one of the two")
                });
            }
        }
    }
}

rule! {
    /// A variable to remove is written with a value.
    ///
    /// # What it checks
    /// Entries of `unset` have no `=`.
    ///
    /// # Why is this bad
    /// The runtime looks for a variable of exactly that name and finds none: nothing is removed (manual 5.2).
    ///
    /// # Bad
    /// ```toml
    /// [env]
    /// unset = ["DISPLAY=:0"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env]
    /// unset = ["DISPLAY"]
    /// ```
    ///
    /// # Fix
    /// `--fix` cuts the entry at the `=`.
    pub(crate) static ENV_UNSET_VALUE = {
        id: id("ENV014", "env-unset-value", Error, Correctness),
        fix: Repair::Safe,
        source: "manual 5.2 siteEnvUnset",
        check: Check::View(|view, out| {
            for env in view.environments() {
                for (at, entry) in env.unset() {
                    let Some((name, _)) = entry.split_once('=') else { continue };
                    out.report(format!("`{entry}` removes nothing: no variable has such a name"), |finding| {
                        finding
                            .at(at.clone(), "")
                            .help(format!("write `{name}`"))
                            .fix(Fix::safe("drop the value", vec![Edit::set(at, name)]))
                    });
                }
            }
        }),
    }
}

rule! {
    /// A program is put into every process of every container.
    ///
    /// # What it checks
    /// `LD_PRELOAD` and `LD_AUDIT` are not given in the site's environment. In a module they are fine: users choose it.
    ///
    /// # Why is this bad
    /// The library is loaded into programs of every image, built with another libc or for another architecture. Each start
    /// fails with a linker message, or works until it does not (ld.so(8)).
    ///
    /// # Bad
    /// ```toml
    /// [env.set]
    /// LD_PRELOAD = "/home/lib/libtrace.so"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.trace]
    /// env.set.LD_PRELOAD = "/home/lib/libtrace.so"
    /// ```
    pub(crate) static ENV_PRELOAD = {
        id: id("ENV007", "env-preload", Warn, Security),
        impact: Impact::Exposure,
        source: "ld.so(8)",
        check: Check::View(|view, out| {
            for env in view.environments().iter().filter(|env| env.module.is_none()) {
                for (at, name) in env.names().into_iter().filter(|(_, name)| ["LD_PRELOAD", "LD_AUDIT"].contains(name)) {
                    out.at(at, format!("`{name}` applies to every program of every image"), "give it in a module");
                }
            }
        }),
    }
}

rule! {
    /// Programs cannot tell that they run in a container.
    ///
    /// # What it checks
    /// Where a file system is bound on `/home` or below, `SHIFTER_RUNTIME` is set.
    ///
    /// # Why is this bad
    /// The user's own start-up files are read in containers, and expect the host's programs. With `SHIFTER_RUNTIME` they can
    /// tell the difference (manual 5.2).
    ///
    /// # Bad
    /// ```toml
    /// [env]
    /// set = {}
    ///
    /// [[filesystem]]
    /// source = "/home"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.set]
    /// SHIFTER_RUNTIME = "1"
    ///
    /// [[filesystem]]
    /// source = "/home"
    /// ```
    ///
    /// # Fix
    /// `--fix` sets it.
    pub(crate) static ENV_SHIFTER_RUNTIME = {
        id: id("ENV013", "env-shifter-runtime", Info, Style),
        impact: Impact::Untidy,
        targets: Targets::Except(&[Target::Native]),
        tier: Tier::Strict,
        fix: Repair::Safe,
        source: "manual 5.2 siteEnv",
        check: Check::View(shifter_runtime),
    }
}

fn shifter_runtime(view: &View<'_>, out: &mut Findings<'_>) {
    let is_set = view.environments().iter().any(|env| env.names().iter().any(|(_, name)| *name == "SHIFTER_RUNTIME"));
    let homes = view.mounts().into_iter().find(|mount| crate::lint::paths::is_or_lies_in(mount.target, "/home"));
    if let (false, Some(home)) = (is_set, homes) {
        out.report("start-up files in the users' homes cannot tell that they run in a container", |finding| {
            finding
                .at(home.target_key(), "homes are visible in containers")
                .help("set `SHIFTER_RUNTIME = \"1\"` in `[env.set]`")
                .fix(Fix::safe("set SHIFTER_RUNTIME", vec![Edit::set("env.set.SHIFTER_RUNTIME", "1")]))
        });
    }
}
