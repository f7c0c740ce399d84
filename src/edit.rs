//! Changes of a TOML text that leave alone what they are not about.
//!
//! An [`Edit`] names a key path. [`apply`] finds where the text says it ([`syntax`]) and changes those
//! bytes and no others: comments, order, quotes, blanks, line ends and a byte order mark stay. Each
//! result is read again and compared with what the edit means ([`meaning`]), so that no text leaves
//! here that says anything else.

mod insert;
pub(crate) mod literal;
mod meaning;
mod patch;
mod remove;
pub(crate) mod syntax;

use toml::Table;

use self::patch::Patch;
use crate::diagnostic::{Edit, KeyPath};

/// Why a text was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML to begin with.
    #[error("the text is not valid TOML")]
    NotToml,
    /// There is nothing at the path that is to be renamed or taken out.
    #[error("there is no `{0}` in this text")]
    Missing(KeyPath),
    /// The way to the path leads through something that is no table, or the new name is taken.
    #[error("`{0}` cannot be changed like that: something else is in its place")]
    NoPlace(KeyPath),
    /// A comment is not where it was.
    #[error("the text has changed since it was looked at")]
    Moved,
}

/// The text with the edits carried out one after the other; all of them or none.
///
/// The paths are those of this text alone, not of a profile with all its layers.
///
/// # Errors
/// When the text is neither TOML nor a script that the edits are about, or an edit cannot be carried out in it.
pub fn apply(source_text: &str, edits: &[Edit]) -> Result<String, EditError> {
    if edits.iter().any(|edit| matches!(edit, Edit::Script { .. })) {
        return patch::script(source_text, edits);
    }
    // ORDER: comments are named by their place in the original text; the other edits would move them.
    let mut text = patch::comments(source_text, edits)?;
    for edit in edits.iter().filter(|edit| !matches!(edit, Edit::Comment { .. })) {
        text = one(&text, edit)?;
    }
    Ok(text)
}

fn one(text: &str, edit: &Edit) -> Result<String, EditError> {
    let mut meant: Table = parse(text)?;
    let path = edit.path();
    if !meaning::carry_out(&mut meant, edit) {
        return Err(match edit {
            Edit::Remove { .. } => EditError::Missing(path.clone()),
            _ => EditError::NoPlace(path.clone()),
        });
    }
    let read = syntax::read(text);
    let mut patch = Patch::new(text);
    match edit {
        Edit::Set { path, value } => insert::set(&read, path, value, &mut patch)?,
        Edit::Append { path, value } => insert::append(&read, path, value, &mut patch)?,
        Edit::Rename { path, to } => insert::rename(&read, path, to, &mut patch)?,
        Edit::Remove { path } => remove::remove(&read, path, &mut patch)?,
        Edit::Comment { .. } | Edit::Script { .. } => {}
    }
    let changed = patch.finish();
    if meaning::same(&parse(&changed)?, &meant) { Ok(changed) } else { Err(EditError::NoPlace(path.clone())) }
}

fn parse(text: &str) -> Result<Table, EditError> {
    text.trim_start_matches('\u{feff}').parse().map_err(|_| EditError::NotToml)
}

#[cfg(test)]
mod tests;
