//! The findings of a run, and which rules had to stay silent.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::diagnostic::{Finding, KeyPath};
use crate::lint::{Fact, Rule, View};

/// Where a rule puts what it finds. Made for one rule and one view at a time.
pub struct Findings<'r> {
    rule: &'static Rule,
    view: &'r View<'r>,
    run: &'r mut Run,
}

/// What a whole run has gathered.
#[derive(Default)]
pub(crate) struct Run {
    found: Vec<(Finding, BTreeSet<Option<String>>)>,
    /// Where in `found` the findings of a rule with one message are.
    index: HashMap<(&'static str, String), Vec<usize>>,
    silent: BTreeMap<Fact, BTreeSet<&'static str>>,
}

impl<'r> Findings<'r> {
    pub(crate) fn of(rule: &'static Rule, view: &'r View<'r>, run: &'r mut Run) -> Self {
        Findings { rule, view, run }
    }

    /// Reports `message`; `build` adds places, help and repairs.
    pub fn report(&mut self, message: impl Into<String>, build: impl FnOnce(Finding) -> Finding) {
        let mut finding = build(Finding::new(&self.rule.id, message));
        for label in &mut finding.labels {
            label.path = self.view.place(std::mem::take(&mut label.path));
        }
        for edit in finding.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
            *edit = edit.moved(self.view.written_at(edit.path()));
        }
        self.run.add(finding, self.view.class);
    }

    /// Reports `message` about the value at `path`, with `help`.
    pub fn at(&mut self, path: impl Into<KeyPath>, message: impl Into<String>, help: impl Into<String>) {
        let path = path.into();
        let help = help.into();
        self.report(message, |finding| finding.at(path, "").help(help));
    }

    /// The site's limit for this rule, by code or name in `[lint.thresholds]`, or the usual one where it
    /// wrote none, or one that is no limit (SITE023).
    #[must_use]
    pub fn threshold(&self, usual: f64) -> f64 {
        self.limit("", usual)
    }

    /// The same for a second thing that the rule limits: it stands under the code or name, a dot and `what`.
    #[must_use]
    pub fn threshold_of(&self, what: &str, usual: f64) -> f64 {
        self.limit(&format!(".{what}"), usual)
    }

    fn limit(&self, suffix: &str, usual: f64) -> f64 {
        let own = self.view.profile.lint.as_ref().map(|lint| &lint.thresholds);
        let find = |name: &str| own.and_then(|own| own.get(&format!("{name}{suffix}"))).copied();
        let own = find(self.rule.id.code).or_else(|| find(self.rule.id.name));
        own.filter(|own| own.is_finite() && *own > 0.0).unwrap_or(usual)
    }

    /// Rules that had no answer, by the fact they lack.
    #[must_use]
    pub fn silent(&self) -> &BTreeMap<Fact, BTreeSet<&'static str>> {
        &self.run.silent
    }
}

impl Run {
    /// Keeps `finding`, once for all classes in which it is the same.
    fn add(&mut self, finding: Finding, class: Option<&str>) {
        let class = class.map(str::to_owned);
        let alike = self.index.entry((finding.code, finding.message.clone())).or_default();
        match alike.iter().find(|n| self.found[**n].0 == finding) {
            Some(n) => {
                self.found[*n].1.insert(class);
            }
            None => {
                alike.push(self.found.len());
                self.found.push((finding, BTreeSet::from([class])));
            }
        }
    }

    /// Notes that `rule` has no answer without `fact`.
    pub(crate) fn stay_silent(&mut self, rule: &'static Rule, fact: Fact) {
        self.silent.entry(fact).or_default().insert(rule.id.code);
    }

    /// The findings in the order of their rules; what only some classes show says which.
    pub(crate) fn finish(self) -> Vec<Finding> {
        self.found
            .into_iter()
            .map(|(finding, classes)| {
                if classes.contains(&None) {
                    return finding;
                }
                let names: Vec<String> = classes.into_iter().flatten().map(|name| format!("`{name}`")).collect();
                finding.note(format!("seen for class {}", names.join(", ")))
            })
            .collect()
    }
}
