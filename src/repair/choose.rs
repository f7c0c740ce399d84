//! Which of all fixes are carried out in one round.

use super::{Key, Skipped, key};
use crate::diagnostic::{Edit, Fix, KeyPath, Report, Safety, Written};

/// A fix that is to be carried out.
pub(super) struct Choice {
    code: &'static str,
    title: String,
    pub(super) written: Vec<Written>,
}

impl Choice {
    /// By what the fix is known when it turns up again.
    pub(super) fn name(&self) -> String {
        let edits = self.written.iter().map(|written| format!("{}: {:?}", written.source.name, written.edit));
        format!("{} {}", self.code, edits.collect::<Vec<_>>().join("; "))
    }

    pub(super) fn skipped(&self, why: &str) -> Skipped {
        let source = self.written.first().map_or(String::new(), |written| written.source.name.clone());
        Skipped { code: self.code, title: self.title.clone(), source, why: why.to_owned() }
    }
}

/// The first fix of each finding that may be carried out, without those that touch what another one changes.
pub(super) fn choose(report: &Report, allowed: Safety, editable: &[Key], skipped: &mut Vec<Skipped>) -> Vec<Choice> {
    let mut chosen: Vec<Choice> = Vec::new();
    for located in report.findings() {
        let code = located.finding.code;
        let is_allowed = |fix: &&Fix| fix.safety == Safety::Safe || allowed == Safety::Unsafe;
        for fix in located.finding.fixes.iter().filter(is_allowed) {
            let choice = Choice { code, title: fix.title.clone(), written: fix.written.clone() };
            if let Some(why) = obstacle(fix, editable) {
                let source = located.anchor().map_or(String::new(), |place| place.source.name.clone());
                let one = choice.skipped(&why);
                skipped.push(Skipped { source: if one.source.is_empty() { source } else { one.source }, ..one });
                continue;
            }
            if chosen.iter().all(|other| !collide(&other.written, &choice.written)) {
                chosen.push(choice);
            }
            break;
        }
    }
    chosen
}

/// What stands in the way of a fix.
fn obstacle(fix: &Fix, editable: &[Key]) -> Option<String> {
    if fix.written.is_empty() {
        return Some("what it changes is not written in one place".to_owned());
    }
    fix.written.iter().find_map(|written| match key(&written.source) {
        Some(key) if editable.contains(&key) => None,
        Some(_) => Some(format!("`{}` is not one of the files to change", written.source.name)),
        None => Some(format!("`{}` is not a file of the site", written.source.name)),
    })
}

/// Whether two fixes change the same part of a text.
fn collide(left: &[Written], right: &[Written]) -> bool {
    left.iter().any(|a| right.iter().any(|b| a.source.name == b.source.name && meet(&a.edit, &b.edit)))
}

fn meet(left: &Edit, right: &Edit) -> bool {
    // A part of a script is known by its place, which any other edit of it may move.
    if matches!(left, Edit::Script { .. }) || matches!(right, Edit::Script { .. }) {
        return true;
    }
    if let (Edit::Comment { span: left, .. }, Edit::Comment { span: right, .. }) = (left, right) {
        return left.start < right.end && right.start < left.end || left == right;
    }
    // A comment is known by its place, which another edit may move.
    if matches!(left, Edit::Comment { .. }) || matches!(right, Edit::Comment { .. }) {
        return true;
    }
    let (a, b) = (left.path(), right.path());
    a.starts_with(b) || b.starts_with(a) || in_one_list(a, b) && [left, right].iter().any(|edit| shifts(edit))
}

/// Whether both paths go through the same list.
fn in_one_list(left: &KeyPath, right: &KeyPath) -> bool {
    let mut pairs = left.segments().iter().zip(right.segments());
    let is_index = |segment: &String| segment.parse::<usize>().is_ok();
    pairs.find(|(a, b)| a != b).is_some_and(|(a, b)| is_index(a) && is_index(b))
}

/// Whether the edit gives other elements another index.
fn shifts(edit: &Edit) -> bool {
    matches!(edit, Edit::Remove { .. })
}
