//! What an edit means, apart from how a text is written.

use toml::{Table, Value};

use crate::diagnostic::{Edit, KeyPath};

/// Carries the edit out on plain values; says whether it could.
pub(crate) fn carry_out(table: &mut Table, edit: &Edit) -> bool {
    match edit {
        Edit::Set { path, value } => set(table, path.segments(), value.clone()).is_some(),
        Edit::Append { path, value } => append(table, path, value.clone()).is_some(),
        Edit::Rename { path, to } => rename(table, path, to).is_some(),
        Edit::Remove { path } => remove(table, path).is_some(),
        Edit::Comment { .. } | Edit::Script { .. } => true,
    }
}

/// Whether both hold the same values. A table that holds nothing is as good as none.
pub(crate) fn same(left: &Table, right: &Table) -> bool {
    let (mut left, mut right) = (left.clone(), right.clone());
    prune(&mut left);
    prune(&mut right);
    left == right
}

fn prune(table: &mut Table) {
    for (_, value) in table.iter_mut() {
        if let Value::Table(table) = value {
            prune(table);
        }
    }
    table.retain(|_, value| !matches!(value, Value::Table(table) if table.is_empty()));
}

fn set(table: &mut Table, path: &[String], value: Value) -> Option<()> {
    let (first, rest) = path.split_first()?;
    if rest.is_empty() {
        table.insert(first.clone(), value);
        return Some(());
    }
    let next = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
    set_in(next, rest, value)
}

fn set_in(at: &mut Value, path: &[String], value: Value) -> Option<()> {
    match at {
        Value::Table(table) => set(table, path, value),
        Value::Array(elements) => {
            let (first, rest) = path.split_first()?;
            let index: usize = first.parse().ok()?;
            if index == elements.len() && rest.is_empty() {
                elements.push(value);
                return Some(());
            }
            let element = elements.get_mut(index)?;
            if rest.is_empty() {
                *element = value;
                Some(())
            } else {
                set_in(element, rest, value)
            }
        }
        _ => None,
    }
}

fn append(table: &mut Table, path: &KeyPath, value: Value) -> Option<()> {
    match find(table, path) {
        Some(Value::Array(elements)) => elements.push(value),
        Some(_) => return None,
        None => set(table, path.segments(), Value::Array(vec![value]))?,
    }
    Some(())
}

fn rename(table: &mut Table, path: &KeyPath, to: &str) -> Option<()> {
    let (parent, key) = (path.parent()?, path.last()?);
    let table = tables(table, &parent)?;
    if table.contains_key(to) {
        return None;
    }
    let value = table.remove(key)?;
    table.insert(to.to_owned(), value);
    Some(())
}

fn remove(table: &mut Table, path: &KeyPath) -> Option<()> {
    let (parent, key) = (path.parent()?, path.last()?);
    if parent.is_root() {
        return table.remove(key).map(drop);
    }
    match find(table, &parent)? {
        Value::Table(table) => table.remove(key).map(drop),
        Value::Array(elements) => {
            let index = key.parse().ok().filter(|index| *index < elements.len())?;
            elements.remove(index);
            Some(())
        }
        _ => None,
    }
}

fn tables<'t>(table: &'t mut Table, path: &KeyPath) -> Option<&'t mut Table> {
    if path.is_root() {
        return Some(table);
    }
    find(table, path)?.as_table_mut()
}

fn find<'t>(table: &'t mut Table, path: &KeyPath) -> Option<&'t mut Value> {
    let (first, rest) = path.segments().split_first()?;
    let mut at = table.get_mut(first)?;
    for segment in rest {
        at = match at {
            Value::Table(table) => table.get_mut(segment)?,
            Value::Array(elements) => elements.get_mut(segment.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(at)
}
