//! The rule that holds a test system against the one it stands for.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Aim, Category::*, Finding, KeyPath, KeyPathError, Label, Severity::*};
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::item::{Item, Node};
use crate::profile::section::Role;
use crate::profile::{Twin, origin};

/// What makes a profile the twin of another, and can be in one of them only.
const OF_ONE: [&str; 4] = ["extends", "preset", "site.role", "site.twin"];

/// Keys that can hold the name of an element of a list of tables, first choice first.
const NAMES: [&str; 6] = ["target", "link", "source", "path", "install", "name"];

rule! {
    /// A test system is not what the system is that it stands for.
    ///
    /// # What it checks
    /// The profile named by `site.twin.of` can be read without errors and says the same, key by key, with all layers laid over one another and
    /// in what classes set. `site.twin.may_differ` lists the keys, or tables, that may be different; `site.twin` and `site.role` always may. A
    /// system whose `role` is `test` names its twin.
    ///
    /// # Why is this bad
    /// What was tried on the test system was not tried for the other one.
    ///
    /// # Bad
    /// ```toml production.toml
    /// [images]
    /// expire_after = "30d"
    /// ```
    ///
    /// ```toml
    /// [site]
    /// role = "test"
    /// twin = { of = "production.toml", may_differ = ["scale"] }
    ///
    /// [images]
    /// expire_after = "60d"
    /// ```
    ///
    /// # Good
    /// ```toml production.toml
    /// [images]
    /// expire_after = "30d"
    /// ```
    ///
    /// ```toml
    /// extends = "production.toml"
    ///
    /// [site]
    /// role = "test"
    /// twin = { of = "production.toml", may_differ = ["scale"] }
    ///
    /// [scale]
    /// nodes = 50
    /// ```
    pub(crate) static TWIN_DRIFT = {
        id: id("SITE024", "twin-drift", Warn, Correctness),
        impact: Impact::Silent,
        source: "the merged layers of both profiles",
        check: Check::View(twin_drift),
    }
}

fn twin_drift(view: &View<'_>, out: &mut Findings<'_>) {
    // What classes set stands in the common tree too.
    if view.class.is_some() {
        return;
    }
    let site = view.site();
    let Some(twin) = view.context.common.twin() else {
        if site.role == Some(Role::Test) || site.twin.is_some() {
            let at = if site.twin.is_some() { "site.twin" } else { "site.role" };
            let help = "write `twin = { of = \"production.toml\", may_differ = [\"site\"] }` into `[site]`";
            out.at(at, "the profile does not name the one that it is meant to equal", help);
        }
        return;
    };
    let other = match &twin.root {
        Ok(root) => root,
        Err(why) => {
            let message = format!("there is nothing to compare with in `{}`: {why}", twin.of);
            out.at("site.twin.of", message, "paths in `twin` count from the directory of the file that names them");
            return;
        }
    };
    let mut may_differ: Vec<KeyPath> = OF_ONE.into_iter().map(KeyPath::from).collect();
    for (n, key) in site.twin.iter().flat_map(|twin| twin.may_differ.iter()).enumerate() {
        match key.parse() {
            Ok(path) => may_differ.push(path),
            Err(error) => {
                let at = KeyPath::from("site.twin.may_differ").index(n);
                let error: KeyPathError = error;
                out.at(at, error.to_string(), "write a key or a table, such as `images.path`");
            }
        }
    }
    let mut comparison = Comparison { twin, root: other, may_differ: &may_differ, out };
    let root = KeyPath::root();
    comparison.compare(Some(view.context.common.origins.root()), Some(other), &root, &root);
}

/// Two trees that are to be equal.
struct Comparison<'a, 'r> {
    twin: &'a Twin,
    root: &'a Item,
    may_differ: &'a [KeyPath],
    out: &'a mut Findings<'r>,
}

impl Comparison<'_, '_> {
    /// Compares what stands at `path` here with what stands at `there` in the other profile.
    fn compare(&mut self, own: Option<&Item>, other: Option<&Item>, path: &KeyPath, there: &KeyPath) {
        if self.may_differ.iter().any(|allowed| path.starts_with(allowed)) {
            return;
        }
        let is_whole = !self.may_differ.iter().any(|allowed| allowed.starts_with(path));
        match (own.map(|item| &item.node), other.map(|item| &item.node)) {
            (Some(Node::Table(_)), Some(Node::Table(_))) => self.tables(own, other, path, there),
            (Some(Node::Table(_)), None) | (None, Some(Node::Table(_))) if !is_whole => {
                self.tables(own, other, path, there);
            }
            (Some(Node::Array(ours)), Some(Node::Array(theirs))) => match name_of_both(ours, theirs) {
                Some(name) => self.lists(ours, theirs, name, path, there),
                None if own.zip(other).is_some_and(|(own, other)| own.same(other)) => {}
                None => self.differ(format!("`{path}` is another than in `{}`", self.twin.of), path, there),
            },
            (Some(_), Some(_)) if own.zip(other).is_some_and(|(own, other)| own.same(other)) => {}
            (Some(_), Some(_)) => self.differ(format!("`{path}` is another than in `{}`", self.twin.of), path, there),
            (Some(_), None) => self.differ(format!("`{path}` is not in `{}`", self.twin.of), path, there),
            (None, Some(_)) => self.differ(format!("`{there}` is only in `{}`", self.twin.of), path, there),
            (None, None) => {}
        }
    }

    fn tables(&mut self, own: Option<&Item>, other: Option<&Item>, path: &KeyPath, there: &KeyPath) {
        let both = [own, other].into_iter().flatten().filter_map(Item::as_table);
        let keys: BTreeSet<&String> = both.flat_map(BTreeMap::keys).collect();
        for key in keys {
            let (ours, theirs) = (own.and_then(|item| item.child(key)), other.and_then(|item| item.child(key)));
            self.compare(ours, theirs, &path.clone().key(key), &there.clone().key(key));
        }
    }

    /// Lists of tables with names: in whatever order they stand.
    fn lists(&mut self, ours: &[Item], theirs: &[Item], name: &str, path: &KeyPath, there: &KeyPath) {
        let is_of = |item: &Item, other: &Item| {
            item.child(name).zip(other.child(name)).is_some_and(|(item, other)| item.same(other))
        };
        for (n, own) in ours.iter().enumerate() {
            let found = theirs.iter().position(|other| is_of(own, other));
            let there = found.map_or_else(|| there.clone(), |at| there.clone().index(at));
            self.compare(Some(own), found.map(|at| &theirs[at]), &path.clone().index(n), &there);
        }
        for (n, other) in theirs.iter().enumerate() {
            if !ours.iter().any(|own| is_of(own, other)) {
                self.compare(None, Some(other), path, &there.clone().index(n));
            }
        }
    }

    fn differ(&mut self, message: String, path: &KeyPath, there: &KeyPath) {
        let (item, depth) = self.root.nearest(there);
        let span = origin::part(item, Aim::Value, depth == there.segments().len());
        let label = Label::secondary(there.clone(), "the other one").pinned(item.place.source, Some(span));
        let help = format!("make them equal, or add `{path}` to `site.twin.may_differ`");
        self.out.report(message, |finding: Finding| finding.at(path.clone(), "").label(label).help(help));
    }
}

/// The key by which the elements of two lists of tables are told apart, if there is one.
fn name_of_both(ours: &[Item], theirs: &[Item]) -> Option<&'static str> {
    let tells_apart = |name: &str, items: &[Item]| {
        let names: Vec<_> = items.iter().map(|item| item.child(name).and_then(Item::as_str)).collect();
        names.iter().enumerate().all(|(n, name)| name.is_some() && !names[..n].contains(name))
    };
    let has_any = !ours.is_empty() || !theirs.is_empty();
    NAMES.into_iter().find(|name| has_any && tells_apart(name, ours) && tells_apart(name, theirs))
}
