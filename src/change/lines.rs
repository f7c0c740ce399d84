//! Texts, by line.

use super::{Change, Kind, What, cover, json};
use similar::{Algorithm, DiffOp, TextDiff, capture_diff_slices};

/// The differences by line; a line that took the place of one other is one change.
pub(super) fn compare(old: &str, new: &str) -> Vec<Change> {
    let (covered_old, covered_new) = (cover::text(old), cover::text(new));
    let hides = covered_old != old || covered_new != new;
    let (old, new): (Vec<&str>, Vec<&str>) = (covered_old.lines().collect(), covered_new.lines().collect());
    let mut changes = Vec::new();
    let line = |number: usize| format!("line {}", number + 1);
    let text = |text: &str| text.trim().to_owned();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        match op {
            DiffOp::Equal { .. } => {}
            DiffOp::Delete { old_index, old_len, .. } => changes.extend(
                (old_index..old_index + old_len)
                    .map(|at| Change::new(line(at), What::Removed { value: text(old[at]) })),
            ),
            DiffOp::Insert { new_index, new_len, .. } => changes.extend(
                (new_index..new_index + new_len).map(|at| Change::new(line(at), What::Added { value: text(new[at]) })),
            ),
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                let both = old_len.min(new_len);
                changes.extend((0..both).map(|n| {
                    let (from, to) = (text(old[old_index + n]), text(new[new_index + n]));
                    Change::new(line(new_index + n), What::Changed { from, to })
                }));
                changes.extend(
                    (old_index + both..old_index + old_len)
                        .map(|at| Change::new(line(at), What::Removed { value: text(old[at]) })),
                );
                changes.extend(
                    (new_index + both..new_index + new_len)
                        .map(|at| Change::new(line(at), What::Added { value: text(new[at]) })),
                );
            }
        }
    }
    if changes.is_empty() && hides {
        changes.push(Change::new("", What::Covered));
    }
    changes
}

/// A unified diff of two versions; empty when the bytes are the same. Secrets are covered.
#[must_use]
pub fn unified(kind: Kind, old_name: &str, new_name: &str, old: &[u8], new: &[u8]) -> String {
    if old == new {
        return String::new();
    }
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    match kind {
        Kind::UdiRoot | Kind::Text => diff(old_name, new_name, &cover::text(&old), &cover::text(&new)),
        Kind::Json => json::unified(old_name, new_name, &old, &new),
        Kind::Secret => hidden(old_name, new_name),
    }
}

pub(super) fn diff(old_name: &str, new_name: &str, old: &str, new: &str) -> String {
    let text = TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(old_name, new_name).to_string();
    // The same once secrets are covered.
    if text.is_empty() { hidden(old_name, new_name) } else { text }
}

pub(super) fn hidden(old_name: &str, new_name: &str) -> String {
    format!("--- {old_name}\n+++ {new_name}\n(changed; not shown, because it holds a secret)\n")
}
