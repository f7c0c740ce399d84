//! The rule that says which rules had no answer.

use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::lint::rule::{Impact, Tier, id, rule};
use crate::lint::{Check, Fact, Findings, View};

rule! {
    /// Some rules have no answer, because the profile does not tell what they need.
    ///
    /// # What it checks
    /// `[scale]` tells `nodes_per_job`. In the tier `strict` it is also said which rules miss `[storage]`, `[identity]`, `--today` or `--facts`.
    ///
    /// # Why is this bad
    /// The rules are silent, which looks as if all were well.
    ///
    /// # Bad
    /// ```toml alone
    /// schema = 1
    ///
    /// [site]
    /// name = "tiny"
    ///
    /// [target]
    /// shifter = "18.03"
    ///
    /// [images]
    /// path = "/shared/images"
    ///
    /// [gateway]
    /// endpoints = ["http://gateway:5000"]
    /// timeout = "30s"
    ///
    /// [install]
    /// boot_dirs = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [scale]
    /// nodes_per_job = 16
    /// ```
    pub(crate) static MISSING_FACTS = {
        id: id("SITE017", "missing-facts", Info, Style),
        impact: Impact::Untidy,
        source: "the facts that each rule names",
        check: Check::Last(missing_facts),
    }
}

fn missing_facts(view: &View<'_>, out: &mut Findings<'_>) {
    let wanted = |fact: &Fact| match fact {
        Fact::Scale => view.describes_nodes(),
        _ => view.context.tier == Tier::Strict,
    };
    let silent: Vec<String> = out
        .silent()
        .iter()
        .filter(|(fact, _)| wanted(fact))
        .map(|(fact, codes)| {
            let codes: Vec<&str> = codes.iter().copied().collect();
            format!("{} for {}", fact.place(), codes.join(", "))
        })
        .collect();
    if !silent.is_empty() {
        out.at(
            KeyPath::root(),
            format!("rules without an answer: {}", silent.join("; ")),
            "tell what they need, or leave it: they are skipped",
        );
    }
}
