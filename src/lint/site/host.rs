//! The rule about facts that no class of the profile takes up.

use crate::diagnostic::{Category::*, Severity::*};
use crate::facts::by_class;
use crate::lint::Check;
use crate::lint::host::listed;
use crate::lint::rule::{Fact, Impact, id, rule};

rule! {
    /// Facts are given of a node that the profile does not know.
    ///
    /// # What it checks
    /// Where a profile has classes, each node that facts are given of is in one: the class that the facts name, or one whose `hosts` name the node.
    ///
    /// # Why is this bad
    /// No rule judges such a node, which looks as if all were well with it.
    ///
    /// # Bad
    /// ```toml
    /// [class.compute]
    /// hosts = "nid[1-4]"
    /// ```
    /// ```json facts.json
    /// { "host": "login1" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [class.compute]
    /// hosts = "nid[1-4]"
    /// ```
    /// ```json facts.json
    /// { "host": "nid2" }
    /// ```
    pub(crate) static FACTS_OF_NO_CLASS = {
        id: id("SITE022", "facts-of-no-class", Warn, Correctness),
        impact: Impact::Silent,
        needs: &[Fact::Host],
        source: "the facts that are given",
        check: Check::View(|view, out| {
            if view.class.is_some() || view.profile.class.is_empty() {
                return;
            }
            let nodes = by_class(view.context.facts, view.profile);
            let mut names: Vec<&str> = nodes.get(&None).into_iter().flatten().map(|facts| facts.host.as_str()).collect();
            names.sort_unstable();
            if !names.is_empty() {
                let message = format!("{} in no class: nothing is said of what the facts show", listed(&names));
                out.at("class", message, "name the nodes in `hosts` of their class, or gather the facts with `--class`");
            }
        }),
    }
}
