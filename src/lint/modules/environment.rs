//! MOD rules about environments.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::rule::{id, rule};
use crate::lint::{Check, Findings, View};

rule! {
    /// The site sets a variable for everybody that a module sets too.
    ///
    /// # What it checks
    /// No variable of `[env.set]` is also in `set`, `prepend` or `append` of a module.
    ///
    /// # Why is this bad
    /// The site's environment is applied last and wins: loading the module changes nothing (manual 5.2.3).
    ///
    /// # Bad
    /// ```toml
    /// [env.set]
    /// FI_PROVIDER = "tcp"
    ///
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// env.set.FI_PROVIDER = "cxi"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// env.set.FI_PROVIDER = "cxi"
    /// ```
    pub(crate) static GLOBAL_ENV_WINS = {
        id: id("MOD020", "global-env-wins", Warn, Correctness),
        source: "manual 5.2.3",
        check: Check::View(global_env_wins),
    }
}

fn global_env_wins(view: &View<'_>, out: &mut Findings<'_>) {
    let environments = view.environments();
    let (site, modules): (Vec<_>, Vec<_>) = environments.iter().partition(|env| env.module.is_none());
    let set: Vec<_> = site.iter().flat_map(|env| env.set()).collect();
    for env in modules {
        for (at, name) in env.names() {
            let Some((site, ..)) = set.iter().find(|(_, set, _)| *set == name) else { continue };
            out.report(
                format!("`{name}` of the module `{}` has no effect", env.module.unwrap_or_default()),
                |finding| {
                    finding
                        .at(at, "set by the module")
                        .also(site.clone(), "applied later, for everybody")
                        .help("leave the variable to one of the two")
                },
            );
        }
    }
}
