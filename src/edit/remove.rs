//! Taking keys, tables and elements out of a text.

use std::ops::Range;

use super::{
    EditError,
    patch::Patch,
    syntax::{Keys, Kind, Node, Text, Value},
};
use crate::diagnostic::{KeyPath, suppress};

/// Takes out what is written at `path` and below.
pub(crate) fn remove(text: &Text<'_>, path: &KeyPath, patch: &mut Patch<'_>) -> Result<(), EditError> {
    let gone: Vec<usize> = text.below(path).map(|(index, _)| index).collect();
    if gone.is_empty() {
        return match text.holder(path) {
            Some((value, rest)) => {
                inside(text.text, value, rest, patch).ok_or_else(|| EditError::Missing(path.clone()))
            }
            None => Err(EditError::Missing(path.clone())),
        };
    }
    for span in lines(text, &gone) {
        patch.replace(span, "");
    }
    Ok(())
}

/// The lines of the statements, runs of them as one, with the comments that speak of nothing else.
fn lines(text: &Text<'_>, gone: &[usize]) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut last: Option<usize> = None;
    for &index in gone {
        let statement = &text.statements[index];
        let whole = text.line_start(statement.span.start)..text.line_end(statement.span.end);
        match (last, spans.last_mut()) {
            // What lies between the lines of a table goes with it.
            (Some(before), Some(span))
                if before + 1 == index
                    && (text.text[span.end..whole.start].trim().is_empty() || is_in_gone_table(text, gone, index)) =>
            {
                span.end = whole.end;
            }
            _ => spans.push(directives_above(text, whole.start)..whole.end),
        }
        last = Some(index);
    }
    for span in &mut spans {
        // One blank line between what is left, not two.
        let above = &text.text[..span.start];
        let open = above.is_empty() || above.ends_with("\n\n") || above.ends_with("\n\r\n");
        while open && span.end < text.text.len() {
            let end = text.line_end(span.end);
            if !text.text[span.end..end].trim().is_empty() {
                break;
            }
            span.end = end;
        }
    }
    spans
}

/// Whether the statement at `index` is a pair, and the header of its table goes as well.
fn is_in_gone_table(text: &Text<'_>, gone: &[usize], index: usize) -> bool {
    let header = text.statements[..index].iter().rposition(|statement| statement.kind != Kind::Pair);
    text.statements[index].kind == Kind::Pair && header.is_some_and(|header| gone.contains(&header))
}

/// Where the suppressions begin that stand directly above a statement: without it they would speak of the next.
fn directives_above(text: &Text<'_>, start: usize) -> usize {
    let mut at = start;
    while at > 0 {
        let above = text.line_start(at - 1);
        if above >= at || !suppress::is_directive(text.text[above..at].trim()) {
            break;
        }
        at = above;
    }
    at
}

/// Takes an element or pair out of a value.
fn inside(text: &str, value: &Value, rest: &[String], patch: &mut Patch<'_>) -> Option<()> {
    let (first, deeper) = rest.split_first()?;
    match &value.node {
        Node::Array(elements) => {
            let index: usize = first.parse().ok()?;
            let element = elements.get(index)?;
            if !deeper.is_empty() {
                return inside(text, element, deeper, patch);
            }
            let spans: Vec<Range<usize>> = elements.iter().map(|element| element.span.clone()).collect();
            cut(text, &value.span, &spans, &[index], patch);
            Some(())
        }
        Node::Table(pairs) => {
            let names = |keys: &[(Range<usize>, String)]| keys.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
            if let Some((keys, below)) = pairs.iter().find(|(keys, _)| {
                let keys = names(keys);
                rest.len() > keys.len() && rest.starts_with(&keys)
            }) {
                return inside(text, below, &rest[keys.len()..], patch);
            }
            let gone: Vec<usize> = (0..pairs.len()).filter(|n| names(&pairs[*n].0).starts_with(rest)).collect();
            let whole = |(keys, value): &(Keys, Value)| {
                keys.first().map_or(value.span.start, |(span, _)| span.start)..value.span.end
            };
            let spans: Vec<Range<usize>> = pairs.iter().map(whole).collect();
            (!gone.is_empty()).then(|| cut(text, &value.span, &spans, &gone, patch))
        }
        Node::Scalar => None,
    }
}

/// Takes entries out of a list with commas.
fn cut(text: &str, list: &Range<usize>, entries: &[Range<usize>], gone: &[usize], patch: &mut Patch<'_>) {
    for &index in gone {
        let entry = &entries[index];
        let kept_before = (0..index).rev().find(|n| !gone.contains(n));
        let next = entries.get(index + 1);
        let comma = text[entry.end..list.end].find(|c: char| !c.is_whitespace());
        let comma = comma.map(|at| entry.end + at).filter(|at| text[*at..].starts_with(','));
        let end = comma.map_or(entry.end, |at| at + 1);
        let own_line = line_of_its_own(text, list, entry.start, end);
        if let Some(line) = own_line {
            patch.replace(line, "");
            continue;
        }
        let span = match (next, kept_before) {
            (Some(next), _) => entry.start..next.start,
            (None, Some(before)) if !text[entries[before].end..entry.start].contains('#') => {
                let from = if before + 1 == index { entries[before].end } else { entry.start };
                from..entry.end
            }
            _ => entry.start..end,
        };
        patch.replace(span, "");
    }
}

/// The lines of an entry of a list, with a comment behind it, if nothing else is on them.
fn line_of_its_own(text: &str, list: &Range<usize>, start: usize, end: usize) -> Option<Range<usize>> {
    let first = text[..start].rfind('\n').map(|at| at + 1).filter(|first| *first > list.start)?;
    let last = text[end..list.end].find('\n').map(|at| end + at + 1)?;
    let behind = text[end..last].trim_start();
    let is_alone = text[first..start].trim().is_empty() && (behind.is_empty() || behind.starts_with('#'));
    is_alone.then_some(first..last)
}
