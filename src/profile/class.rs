//! What a node class changes: `[class.NAME] from = [...]` and `set.KEY = VALUE`.

use super::{
    item::Item,
    merge::{self, Note, Upper},
    problem::placed,
};
use crate::diagnostic::{Aim, Edit, Finding, Fix, KeyPath, RuleId, nearest, structural};

/// The names of all classes of the merged tree, in alphabetical order.
#[must_use]
pub fn names(root: &Item) -> Vec<String> {
    root.child("class").and_then(Item::as_table).map(|classes| classes.keys().cloned().collect()).unwrap_or_default()
}

/// Lays the overrides of class `name`, and of the classes it is made from, over `root`.
pub fn apply(root: &mut Item, name: &str) -> (Vec<Note>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut order = Vec::new();
    if root.get(&path(name)).is_some() {
        chain(root, name, &mut Vec::new(), &mut order, &mut findings);
    } else {
        findings.push(unknown(root, name, &"class".into(), name));
    }
    let sets: Vec<Item> = order.iter().filter_map(|class| root.get(&path(class).key("set")).cloned()).collect();
    let notes = sets.iter().flat_map(|set| merge::over(root, set, Upper::Override)).collect();
    (notes, findings)
}

/// The classes that `name` is made from, and then `name`, in the order in which their overrides apply.
#[must_use]
pub fn order(root: &Item, name: &str) -> Vec<String> {
    let mut order = Vec::new();
    if root.get(&path(name)).is_some() {
        chain(root, name, &mut Vec::new(), &mut order, &mut Vec::new());
    }
    order
}

/// Whether a class can have this name: its files lie in a directory that is called so.
#[must_use]
pub fn is_a_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The problems of the names of classes and of all `from` lists: unknown classes and circles.
#[must_use]
pub fn check(root: &Item) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in names(root) {
        if !is_a_name(&name) {
            let finding = Finding::new(&structural::WRONG_TYPE, format!("`{name}` cannot be the name of a class"))
                .label(placed(&path(&name), Aim::Key, "names the directory of its files", root))
                .help("write letters, digits, `_` and `-`");
            findings.push(finding);
        }
        chain(root, &name, &mut Vec::new(), &mut Vec::new(), &mut findings);
    }
    findings
}

/// Puts the classes that `name` is made from, and then `name`, into `order`.
fn chain(root: &Item, name: &str, open: &mut Vec<String>, order: &mut Vec<String>, findings: &mut Vec<Finding>) {
    if order.iter().any(|done| done == name) {
        return;
    }
    open.push(name.to_owned());
    let from = path(name).key("from");
    if let Some(item) = root.get(&from) {
        for (n, (base, _)) in item.strings().into_iter().enumerate() {
            let at = if item.as_str().is_some() { from.clone() } else { from.clone().index(n) };
            if let Some(first) = open.iter().position(|class| class == base) {
                let message = format!("classes are made from one another: {} -> {base}", open[first..].join(" -> "));
                let finding = Finding::new(&structural::EXTENDS_CYCLE, message)
                    .label(placed(&at, Aim::Value, "closes the circle", root))
                    .help("take one `from` away");
                findings.push(finding);
            } else if root.get(&path(base)).is_none() {
                findings.push(unknown(root, base, &at, name));
            } else {
                chain(root, base, open, order, findings);
            }
        }
    }
    open.pop();
    order.push(name.to_owned());
}

fn unknown(root: &Item, name: &str, at: &KeyPath, by: &str) -> Finding {
    const RULE: RuleId = structural::UNKNOWN_CLASS;
    let known = names(root);
    let near = nearest(name, known.iter().map(String::as_str));
    let text = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "no such class".to_owned(),
    };
    let message = if at.segments().len() > 1 {
        format!("class `{by}` is made from `{name}`, which is not a class of this profile")
    } else {
        format!("`{name}` is not a class of this profile")
    };
    let help = if known.is_empty() {
        format!("the profile has no classes: add `[class.{name}]`")
    } else {
        format!("classes: {}", known.join(", "))
    };
    let finding = Finding::new(&RULE, message).label(placed(at, Aim::Value, text, root)).help(help);
    match near {
        Some(near) if at.segments().len() > 1 => {
            finding.fix(Fix::risky(format!("write {near:?}"), vec![Edit::set(at, near)]))
        }
        _ => finding,
    }
}

fn path(name: &str) -> KeyPath {
    KeyPath::from(["class", name])
}
