//! MOD rules about versions.

use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::lint::modules::reading::Module;
use crate::lint::paths::components;
use crate::lint::rule::{Fact, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::scalar::Glob;
use crate::target::Target;

/// Names that sites give to the symlink to the version in use.
const MOVING_NAMES: [&str; 4] = ["default", "current", "latest", "stable"];

rule! {
    /// A module comes from a directory that changes under running jobs.
    ///
    /// # What it checks
    /// No component of `copy_from` or `from` is `default`, `current`, `latest` or `stable`.
    ///
    /// # Why is this bad
    /// Such names are symlinks that an update turns. The ranks of a job that start before and after it get different libraries, and
    /// nobody can tell later which one a job had.
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich/default"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich/8.1.30"
    /// ```
    pub(crate) static MODULE_UNVERSIONED_SOURCE = {
        id: id("MOD023", "module-unversioned-source", Warn, Correctness),
        source: "Cray Programming Environment, default symlinks",
        check: Check::View(unversioned),
    }
}

fn unversioned(view: &View<'_>, out: &mut Findings<'_>) {
    for module in view.modules() {
        let own = module.table.copy_from.iter().map(|path| (module.at().key("copy_from"), path));
        let versions = module.table.version.iter().filter_map(|(version, table)| {
            Some((module.at().key("version").key(version).key("from"), table.from.as_ref()?))
        });
        let sources: Vec<(KeyPath, _)> = own.chain(versions).collect();
        for (at, path) in sources {
            if let Some(name) = components(path.as_str()).into_iter().find(|part| MOVING_NAMES.contains(part)) {
                out.at(
                    at,
                    format!("`{path}` is another directory after the next update of `{name}`"),
                    "name the version's own directory",
                );
            }
        }
    }
}

rule! {
    /// A version is still offered after its last day.
    ///
    /// # What it checks
    /// `deprecated.until` of a version is not before the day given by `--today`.
    ///
    /// # Why is this bad
    /// Users were told that it goes. Jobs that still use it will fail on a day that nobody expects any more.
    ///
    /// # Bad
    /// ```toml today-2027-04-01
    /// [target]
    /// shifter = "native"
    ///
    /// [module.mpich.version."8.1.28"]
    /// from = "/opt/shifter/mpich/8.1.28"
    /// deprecated = { until = 2027-03-31 }
    /// ```
    ///
    /// # Good
    /// ```toml today-2027-03-31
    /// [target]
    /// shifter = "native"
    ///
    /// [module.mpich.version."8.1.28"]
    /// from = "/opt/shifter/mpich/8.1.28"
    /// deprecated = { until = 2027-03-31 }
    /// ```
    pub(crate) static DEPRECATED_MODULE_PAST_DATE = {
        id: id("MOD024", "deprecated-module-past-date", Warn, Correctness),
        needs: &[Fact::Today],
        source: "the profile's own date",
        check: Check::View(past_date),
    }
}

fn past_date(view: &View<'_>, out: &mut Findings<'_>) {
    let Some(today) = view.context.today else { return };
    for module in view.modules() {
        for (version, table) in &module.table.version {
            let Some(deprecated) = &table.deprecated else { continue };
            if let Some(until) = deprecated.until.filter(|until| *until < today) {
                let instead = deprecated
                    .r#use
                    .as_ref()
                    .map_or_else(String::new, |better| format!("; users should have {better}"));
                out.at(
                    module.at().key("version").key(version).key("deprecated").key("until"),
                    format!("`{}/{version}` was to go after {until}", module.name),
                    format!("take it out, or set a later date{instead}"),
                );
            }
        }
    }
}

rule! {
    /// The launcher's variables do not reach a module that finds its ranks by them.
    ///
    /// # What it checks
    /// For each `wireup` of a version (`pmi`, `pmi2`, `pmix`), `keep_env` of the runtime, the fabric, the module or a module it requires has a pattern that
    /// fits `PMI_RANK` or `PMIX_RANK`.
    ///
    /// # Why is this bad
    /// An image's own environment, or `--clearenv`, drops them. Every rank then believes to be alone, and a job of a thousand ranks runs a thousand times the
    /// same.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [module.mpich.version."8.1.30"]
    /// from = "/opt/shifter/mpich/8.1.30"
    /// wireup = ["pmi2"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [module.mpich]
    /// keep_env = ["PMI_*"]
    ///
    /// [module.mpich.version."8.1.30"]
    /// from = "/opt/shifter/mpich/8.1.30"
    /// wireup = ["pmi2"]
    /// ```
    pub(crate) static WIREUP_ENV_DROPPED = {
        id: id("MOD026", "wireup-env-dropped", Warn, Correctness),
        targets: Targets::Only(&[Target::Native]),
        source: "PMI-2 and PMIx, the variables of a rank",
        check: Check::View(wireup),
    }
}

fn wireup(view: &View<'_>, out: &mut Findings<'_>) {
    for module in view.modules() {
        for (version, table) in &module.table.version {
            let kept = kept_patterns(view, &module, &table.requires);
            for (n, wireup) in table.wireup.iter().enumerate() {
                let variable = match wireup.as_str() {
                    "pmi" | "pmi1" | "pmi2" => "PMI_RANK",
                    "pmix" => "PMIX_RANK",
                    _ => continue,
                };
                if !kept.iter().any(|pattern| fits(pattern, variable)) {
                    let family = variable.trim_end_matches("RANK");
                    out.at(
                        module.at().key("version").key(version).key("wireup").index(n),
                        format!("`{variable}` may not reach `{}/{version}`", module.name),
                        format!("add `{family}*` to `keep_env` of the module, the fabric or `[runtime]`"),
                    );
                }
            }
        }
    }
}

/// What survives when the version is loaded with all it requires.
fn kept_patterns<'a>(view: &View<'a>, module: &Module<'a>, of_version: &[String]) -> Vec<&'a str> {
    let required: Vec<&str> =
        module.table.requires.iter().chain(of_version).filter_map(|name| name.split('/').next()).collect();
    let fabric =
        view.profile.fabric.iter().filter(|_| required.contains(&"fabric")).flat_map(|fabric| &fabric.keep_env);
    let others = view
        .modules()
        .into_iter()
        .filter(|other| required.contains(&other.name))
        .flat_map(|other| &other.table.keep_env);
    let own = module.table.keep_env.iter();
    view.runtime().keep_env.iter().chain(fabric).chain(others).chain(own).map(Glob::as_str).collect()
}

/// Whether a pattern whose only wildcard is a `*` at its end fits the name.
fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |beginning| name.starts_with(beginning))
}
