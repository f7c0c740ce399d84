//! Giving keys values and names in a text.

use toml::Value as Toml;

use super::{
    EditError,
    literal::{inline, key, pairs},
    patch::Patch,
    remove,
    syntax::{Kind, Node, Text, Value},
};
use crate::diagnostic::KeyPath;

/// Gives `path` a value, in the place where it has one or in the table where it belongs.
pub(crate) fn set(text: &Text<'_>, path: &KeyPath, value: &Toml, patch: &mut Patch<'_>) -> Result<(), EditError> {
    if let Some((holder, rest)) = text.holder(path) {
        return within(text.text, holder, rest, value, patch).ok_or_else(|| EditError::NoPlace(path.clone()));
    }
    if let (Some(list), Some(index)) = (path.parent(), path.last().and_then(|last| last.parse::<usize>().ok()))
        && text.elements(&list) == index
        && index > 0
    {
        return append(text, &list, value, patch);
    }
    if text.below(path).next().is_some() {
        remove::remove(text, path, patch)?;
    }
    make(text, path, value, patch);
    Ok(())
}

/// Adds an element to the list at `path`.
pub(crate) fn append(text: &Text<'_>, path: &KeyPath, value: &Toml, patch: &mut Patch<'_>) -> Result<(), EditError> {
    if let Some((holder, rest)) = text.holder(path) {
        let list = descend(holder, rest).filter(|value| matches!(value.node, Node::Array(_)));
        let list = list.ok_or_else(|| EditError::NoPlace(path.clone()))?;
        extend(text.text, list, &inline(value), patch);
        return Ok(());
    }
    let Toml::Table(table) = value else {
        make(text, path, &Toml::Array(vec![value.clone()]), patch);
        return Ok(());
    };
    let newline = text.newline();
    let block = format!("[[{path}]]{newline}{}{newline}", pairs(table).join(newline));
    match text.below(path).last() {
        Some((last, _)) => after_block(text, last, &block, patch),
        None => at_end(text, &block, patch),
    }
    Ok(())
}

/// Gives the last segment of `path` another name, wherever it is written.
pub(crate) fn rename(text: &Text<'_>, path: &KeyPath, to: &str, patch: &mut Patch<'_>) -> Result<(), EditError> {
    let mut found = false;
    let keys = text.statements.iter().flat_map(|statement| &statement.keys);
    for (span, _) in keys.filter(|(_, at)| at == path) {
        patch.replace(span.clone(), key(to));
        found = true;
    }
    if let Some((holder, rest)) = text.holder(path).filter(|_| !found)
        && let Some((last, parents)) = rest.split_last()
        && let Some(Value { node: Node::Table(entries), .. }) = descend(holder, parents)
    {
        let segments = entries.iter().filter_map(|(keys, _)| keys.first()).filter(|(_, name)| name == last);
        for (span, _) in segments {
            patch.replace(span.clone(), key(to));
            found = true;
        }
    }
    if found { Ok(()) } else { Err(EditError::Missing(path.clone())) }
}

/// The value below `value`, if it is written as its own.
fn descend<'v>(value: &'v Value, rest: &[String]) -> Option<&'v Value> {
    let Some(first) = rest.first() else { return Some(value) };
    match &value.node {
        Node::Array(elements) => descend(elements.get(first.parse::<usize>().ok()?)?, &rest[1..]),
        Node::Table(entries) => entries.iter().find_map(|(keys, below)| {
            let fits = rest.len() >= keys.len() && keys.iter().zip(rest).all(|((_, name), wanted)| name == wanted);
            if fits { descend(below, &rest[keys.len()..]) } else { None }
        }),
        Node::Scalar => None,
    }
}

/// Sets something inside of a value: an element, or a key of an inline table.
fn within(text: &str, holder: &Value, rest: &[String], value: &Toml, patch: &mut Patch<'_>) -> Option<()> {
    if let Some(found) = descend(holder, rest) {
        patch.replace(found.span.clone(), inline(value));
        return Some(());
    }
    let known = (0..rest.len()).rev().find_map(|depth| Some((depth, descend(holder, &rest[..depth])?)));
    let (depth, parent) = known?;
    let missing = &rest[depth..];
    match &parent.node {
        Node::Array(elements) if missing.len() == 1 && missing[0].parse() == Ok(elements.len()) => {
            extend(text, parent, &inline(value), patch);
        }
        Node::Table(_) => {
            let name: Vec<String> = missing.iter().map(|segment| key(segment)).collect();
            extend(text, parent, &format!("{} = {}", name.join("."), inline(value)), patch);
        }
        _ => return None,
    }
    Some(())
}

/// Puts an entry behind the others of an array or inline table, in the way they are laid out.
fn extend(text: &str, list: &Value, entry: &str, patch: &mut Patch<'_>) {
    let last = match &list.node {
        Node::Array(elements) => elements.last().map(|element| element.span.clone()),
        Node::Table(entries) => entries
            .last()
            .map(|(keys, value)| keys.first().map_or(value.span.start, |(span, _)| span.start)..value.span.end),
        Node::Scalar => return,
    };
    let Some(last) = last else {
        let blank = if matches!(list.node, Node::Table(_)) { " " } else { "" };
        patch.replace(list.span.start + 1..list.span.end - 1, format!("{blank}{entry}{blank}"));
        return;
    };
    let line = text[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let on_its_own_line = line > list.span.start && text[line..last.start].trim().is_empty();
    let separator = if on_its_own_line {
        let newline = if text[..line].ends_with("\r\n") { "\r\n" } else { "\n" };
        format!(",{newline}{}", &text[line..last.start])
    } else {
        ", ".to_owned()
    };
    let rest = &text[last.end..list.span.end];
    let has_comma = rest.trim_start().starts_with(',');
    if has_comma {
        let comma = last.end + (rest.len() - rest.trim_start().len());
        patch.replace(comma..comma, format!("{separator}{entry}"));
    } else {
        patch.replace(last.end..last.end, format!("{separator}{entry}"));
    }
}

/// Writes a key that is not there yet.
fn make(text: &Text<'_>, path: &KeyPath, value: &Toml, patch: &mut Patch<'_>) {
    let mut table = path.parent();
    while let Some(at) = table.filter(|at| !at.is_root()) {
        if let Some(header) = text.statements.iter().position(|s| s.kind != Kind::Pair && s.path == at) {
            let is_element = text.statements[header].kind == Kind::Element;
            let depth = path.segments().len() - at.segments().len();
            if depth == 1 || is_element || at.segments().iter().any(|segment| segment.parse::<usize>().is_ok()) {
                return pair_in(text, header, &relative(path, &at), value, patch);
            }
            let last = text.below(&at).last().map_or(header, |(last, _)| last);
            return block_after(text, last, path, value, patch);
        }
        let dotted = text.statements.iter().rposition(|s| s.kind == Kind::Pair && s.path.starts_with(&at));
        if let Some(index) = dotted
            && !text.statements[index].table.starts_with(&at)
        {
            let name = relative(path, &text.statements[index].table);
            return pair_after(text, index, &name, value, patch);
        }
        if let Some((first, _)) = text.below(&at).next() {
            let depth = path.segments().len() - at.segments().len();
            if depth > 1 {
                let last = text.below(&at).last().map_or(first, |(last, _)| last);
                return block_after(text, last, path, value, patch);
            }
            let start = text.comments_above(text.line_start(text.statements[first].span.start));
            let newline = text.newline();
            patch.replace(start..start, format!("{}{newline}", block(text, path, value)));
            return;
        }
        table = at.parent();
    }
    if path.segments().len() > 1 {
        return at_end(text, &block(text, path, value), patch);
    }
    let name = relative(path, &KeyPath::root());
    match text.statements.iter().position(|statement| statement.kind != Kind::Pair) {
        Some(0) | None if text.statements.first().is_none_or(|s| s.kind != Kind::Pair) => {
            let first = text.statements.first().map_or(text.text.len(), |s| text.line_start(s.span.start));
            let start = text.comments_above(first);
            let newline = text.newline();
            let open = if text.text[..start].ends_with('\n') || start == text.line_start(start) { "" } else { newline };
            let gap = if text.statements.is_empty() { "" } else { newline };
            patch.replace(start..start, format!("{open}{name} = {}{newline}{gap}", inline(value)));
        }
        first_header => {
            let last = first_header.unwrap_or(text.statements.len()) - 1;
            pair_after(text, last, &name, value, patch);
        }
    }
}

/// The key as it is written in the table `table`.
fn relative(path: &KeyPath, table: &KeyPath) -> String {
    let rest = &path.segments()[table.segments().len()..];
    rest.iter().map(|segment| key(segment)).collect::<Vec<_>>().join(".")
}

/// `[table]` and the key, or the header of a table that is the value.
fn block(text: &Text<'_>, path: &KeyPath, value: &Toml) -> String {
    let newline = text.newline();
    let (table, key) = (path.parent().unwrap_or_default(), relative(path, &path.parent().unwrap_or_default()));
    format!("[{table}]{newline}{key} = {}{newline}", inline(value))
}

fn block_after(text: &Text<'_>, last: usize, path: &KeyPath, value: &Toml, patch: &mut Patch<'_>) {
    after_block(text, last, &block(text, path, value), patch);
}

/// Puts a block behind the statement `last`, with a blank line between.
fn after_block(text: &Text<'_>, last: usize, block: &str, patch: &mut Patch<'_>) {
    let newline = text.newline();
    let end = text.line_end(text.statements[last].span.end);
    let open = if text.text[..end].ends_with('\n') { "" } else { newline };
    patch.replace(end..end, format!("{open}{newline}{block}"));
}

fn at_end(text: &Text<'_>, block: &str, patch: &mut Patch<'_>) {
    let newline = text.newline();
    let end = text.text.len();
    let open = match text.text.trim_start_matches('\u{feff}') {
        "" => String::new(),
        text if text.ends_with('\n') => newline.to_owned(),
        _ => format!("{newline}{newline}"),
    };
    patch.replace(end..end, format!("{open}{block}"));
}

/// Puts a pair behind the last one of the table with the header `header`.
fn pair_in(text: &Text<'_>, header: usize, name: &str, value: &Toml, patch: &mut Patch<'_>) {
    pair_after(text, text.body_end(header) - 1, name, value, patch);
}

/// Puts a pair on the line behind the statement `index`, with its `=` below the others.
fn pair_after(text: &Text<'_>, index: usize, name: &str, value: &Toml, patch: &mut Patch<'_>) {
    let newline = text.newline();
    let statement = &text.statements[index];
    let end = text.line_end(statement.span.end);
    let start = text.line_start(statement.span.start);
    let indent = &text.text[start..statement.span.start];
    let open = if text.text[..end].ends_with('\n') { "" } else { newline };
    let width = column(text, index).unwrap_or(0);
    patch.replace(end..end, format!("{open}{indent}{name:width$} = {}{newline}", inline(value)));
}

/// How wide keys are in the table of the statement, if their `=` stand below one another.
fn column(text: &Text<'_>, index: usize) -> Option<usize> {
    let width = |n: usize| {
        let statement = &text.statements[n];
        let value = statement.value.as_ref()?;
        let before = &text.text[statement.span.start..value.span.start];
        Some(before.trim_end().strip_suffix('=')?.strip_suffix(' ')?.chars().count())
    };
    let own = width(index)?;
    let mut others = (0..index).rev().take_while(|n| text.statements[*n].kind == Kind::Pair).filter_map(width);
    (others.next()? == own && others.all(|other| other == own)).then_some(own)
}
