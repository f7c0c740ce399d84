//! For people.

use super::{Fleet, Group};
use crate::verify::State;
use std::fmt::Write as _;

/// How many files that are no reports are named.
const MOST_UNREADABLE: usize = 10;

/// What many nodes say.
#[must_use]
pub fn write(fleet: &Fleet) -> String {
    let mut text = String::new();
    for group in &fleet.groups {
        let what = match (group.state, group.count) {
            (State::Same, _) => "same",
            (State::Differs, 1) => "differs",
            (State::Differs, _) => "differ the same way",
            (State::Failed, _) => "unknown",
        };
        let _ = writeln!(text, "{} {what}{}: {}", nodes(group.count), configuration(group), group.nodes);
        for difference in &group.differences {
            let _ = writeln!(text, "  {}", difference.line());
        }
        if let Some(error) = &group.error {
            let _ = writeln!(text, "  {error}");
        }
    }
    for mixed in &fleet.mixed {
        let class = mixed.class.as_ref().map(|class| format!(" of class `{class}`")).unwrap_or_default();
        let _ = writeln!(text, "the nodes{class} have {} configurations:", mixed.configurations.len());
        for one in &mixed.configurations {
            let _ = writeln!(text, "  {} {}: {}", one.config_id, nodes(one.count), one.nodes);
        }
    }
    if !fleet.twice.is_empty() {
        let _ = writeln!(text, "reported more than once, and not the same: {}", fleet.twice);
    }
    for unreadable in fleet.unreadable.iter().take(MOST_UNREADABLE) {
        let _ = writeln!(text, "`{}` is no report: {}", unreadable.file, unreadable.why);
    }
    if let Some(more) = fleet.unreadable.len().checked_sub(MOST_UNREADABLE).filter(|more| *more > 0) {
        let _ = writeln!(text, "and {more} more that are no reports");
    }
    let _ = writeln!(
        text,
        "{}: {} same, {} differ, {} unknown",
        nodes(fleet.nodes),
        grouped(fleet.same),
        grouped(fleet.differs),
        grouped(fleet.failed)
    );
    text
}

fn configuration(group: &Group) -> String {
    let words = [group.class.clone(), group.config_id.as_ref().map(|id| format!("configuration {id}"))];
    let words: Vec<String> = words.into_iter().flatten().collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

fn nodes(count: usize) -> String {
    if count == 1 { "1 node".to_owned() } else { format!("{} nodes", grouped(count)) }
}

/// `3,998`.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
