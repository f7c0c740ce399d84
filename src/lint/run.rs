//! Asking every rule.

use std::collections::BTreeMap;

use crate::diagnostic::{Finding, Severity};
use crate::lint::findings::Run;
use crate::lint::{Check, Context, Findings, RULES, Rule, Tier, View};
use crate::profile::Loaded;
use crate::profile::section::scalar::Date;
use crate::target::Target;

/// What the rules of `tier` say about a loaded profile and all its classes.
///
/// `today` is for rules about dates; without it they are silent.
#[must_use]
pub fn check(loaded: &Loaded, tier: Tier, today: Option<Date>) -> Vec<Finding> {
    let classes: BTreeMap<String, Loaded> =
        loaded.classes().into_iter().map(|name| (name.clone(), loaded.for_class(&name))).collect();
    run(&Context { common: loaded, classes: &classes, tier, today, secrets: None, facts: &[] })
}

/// What the rules of the context's tier find, in the order of [`RULES`], each thing once.
///
/// Where the profile does not say which release is installed, or what it says cannot be read, only what holds for
/// every release is found.
#[must_use]
pub fn run(context: &Context<'_>) -> Vec<Finding> {
    if context.views().iter().all(|view| view.target.is_some()) {
        return ask(context, &context.views());
    }
    let of_release = |target: Target| {
        let mut views = context.views();
        for view in &mut views {
            view.target.get_or_insert(target);
        }
        ask(context, &views)
    };
    let mut releases = Target::ALL.into_iter().map(of_release);
    let mut found = releases.next().unwrap_or_default();
    for others in releases {
        found.retain(|finding| others.contains(finding));
    }
    found
}

/// What the rules find in these views.
fn ask(context: &Context<'_>, views: &[View<'_>]) -> Vec<Finding> {
    let mut run = Run::default();
    for rule in RULES.iter().filter(|rule| rule.is_in(context.tier)) {
        for view in views {
            let Check::View(check) = rule.check else { continue };
            if !rule.is_about(view.target) {
                continue;
            }
            let missing = view.missing(rule);
            if missing.is_empty() {
                check(view, &mut Findings::of(rule, view, &mut run));
            }
            for fact in missing {
                run.stay_silent(rule, fact);
            }
        }
    }
    for rule in RULES.iter().filter(|rule| rule.is_in(context.tier)) {
        if let (Check::Last(check), Some(view)) = (rule.check, views.first()) {
            check(view, &mut Findings::of(rule, view, &mut run));
        }
    }
    let mut found = run.finish();
    found.retain(|finding| !is_an_echo(finding, context));
    found.sort_by_key(|finding| place_in_the_manual(finding.code));
    found
}

/// Whether the finding is about a value that could not be read: to the rules it looks as if nobody had written it, and
/// loading has said what is wrong.
fn is_an_echo(finding: &Finding, context: &Context<'_>) -> bool {
    let unread = context.common.findings.iter().filter(|known| known.severity == Severity::Error);
    let mut places = unread.filter_map(Finding::anchor).map(|label| &label.path);
    finding.anchor().is_some_and(|at| places.any(|place| !place.is_root() && at.path.starts_with(place)))
}

fn place_in_the_manual(code: &str) -> usize {
    RULES.iter().position(|rule: &&Rule| rule.id.code == code).unwrap_or(RULES.len())
}
