//! The rule that says which keys of a profile nothing goes by yet.

use crate::coverage::RESERVED;
use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::docs::key;
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::item::{Item, Node};

rule! {
    /// A key is set that has no effect yet.
    ///
    /// # What it checks
    /// A layer or a class sets keys that are reserved: nothing is rendered from them, no rule reads them, and the toolkit does not
    /// either. `schemas/coverage.json` lists them.
    ///
    /// # Why is this bad
    /// Whoever reads the profile takes the setting to be in force.
    ///
    /// # Bad
    /// ```toml
    /// [policy]
    /// deny = ["docker:*/unsafe:*"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [images]
    /// expire_after = "30d"
    /// ```
    pub(crate) static RESERVED_KEY = {
        id: id("SITE021", "reserved-key", Info, Style),
        impact: Impact::Silent,
        source: "schemas/coverage.json, which the tests hold against the renderer and the rules",
        check: Check::View(reserved_key),
    }
}

fn reserved_key(view: &View<'_>, out: &mut Findings<'_>) {
    // What a class sets stands in the common tree too.
    if view.class.is_some() || RESERVED.is_empty() {
        return;
    }
    let mut found = Vec::new();
    gather(view.context.common.origins.root(), &KeyPath::root(), &mut found);
    found.sort_by_key(|(place, _)| *place);
    let mut names: Vec<String> = found.iter().map(|(_, path)| format!("`{path}`")).collect();
    names.dedup();
    let mut paths = found.into_iter().map(|(_, path)| path);
    let Some(first) = paths.next() else { return };
    let message = match names.as_slice() {
        [one] => format!("{one} has no effect yet"),
        many => format!("{} keys have no effect yet: {}", many.len(), many.join(", ")),
    };
    out.report(message, |finding| {
        let finding = finding.at_key(first, "reserved").help("nothing goes by it: keep it as a note, or take it out");
        paths.fold(finding, |finding, path| finding.also(path, "reserved"))
    });
}

/// The reserved keys below `item`, with where each is written.
fn gather(item: &Item, path: &KeyPath, found: &mut Vec<((std::cmp::Reverse<usize>, usize), KeyPath)>) {
    let own = match path.segments() {
        [class, _, set, own @ ..] if class == "class" && set == "set" => KeyPath::from(own.to_vec()),
        _ => path.clone(),
    };
    if let Some(key) = key::find(&own).filter(|key| !own.is_root() && !key.is_table) {
        if RESERVED.contains(&key.path().as_str()) {
            found.push(((std::cmp::Reverse(item.place.source), item.place.value.start), path.clone()));
        }
        if own.segments().len() == path.segments().len() && path.last() != Some("set") {
            return;
        }
    }
    match &item.node {
        Node::Table(entries) => {
            for (name, item) in entries {
                gather(item, &path.clone().key(name), found);
            }
        }
        Node::Array(elements) => {
            // Only a table can hold a key.
            let tables = elements.iter().enumerate().filter(|(_, element)| element.as_table().is_some());
            for (n, item) in tables {
                gather(item, &path.clone().index(n), found);
            }
        }
        _ => {}
    }
}
