//! The usual form of a profile's text: one order of tables and keys, one way to write values.
//!
//! Tables and keys come in the order of the schema, and what a site names itself (modules, variables,
//! classes, file systems) in the order in which it was written. Every comment stays with what it stands
//! above or behind. Strings are in double quotes where that needs no escapes, arrays on one line while
//! they fit, and the `=` of a table's keys below one another. A second run changes nothing.
//!
//! [`tidy`] compares what both texts mean and hands out no text that means anything else.

mod blocks;
mod order;
mod value;

use toml::Table;

use crate::{
    edit::syntax,
    profile::{self, LoadOptions, Loaded},
};

/// Why a text was not brought into the usual form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// It is not TOML; `check` says where.
    #[error("the text is not valid TOML; `shifter-site check` says where")]
    NotToml,
    /// A mistake of this module.
    #[error("the text would mean something else in the usual form; it is left as it is")]
    Changed,
}

/// The text in the usual form.
///
/// # Errors
/// When it is not TOML.
pub fn tidy(text: &str) -> Result<String, LayoutError> {
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let meant: Table = bare.parse().map_err(|_| LayoutError::NotToml)?;
    let newline = syntax::read(text).newline();
    let unix = bare.replace("\r\n", "\n");
    let mut tidied = blocks::lay_out(&unix);
    if newline == "\r\n" {
        tidied = tidied.replace('\n', "\r\n");
    }
    if bare.len() < text.len() {
        tidied.insert(0, '\u{feff}');
    }
    let means: Table = tidied.trim_start_matches('\u{feff}').parse().map_err(|_| LayoutError::Changed)?;
    // Shown, because `nan` equals nothing, itself least of all.
    let is_same = format!("{means:?}") == format!("{meant:?}") && same_profile(text, &tidied);
    if is_same { Ok(tidied) } else { Err(LayoutError::Changed) }
}

/// Whether both texts make the same profile, with what a site names itself in the same order.
fn same_profile(before: &str, after: &str) -> bool {
    // Only the text itself is compared: what it extends is the same on both sides.
    let alone = |text: &str| -> Option<Loaded> { profile::load(&LoadOptions::text("", text)).ok() };
    let (Some(before), Some(after)) = (alone(before), alone(after)) else { return false };
    let orders = |loaded: &Loaded| -> Vec<Vec<String>> {
        let keys = |path: &str| loaded.origins.keys_as_written(&path.into()).into_iter().map(str::to_owned).collect();
        order::NAMED.iter().map(|path| keys(path)).collect()
    };
    let shown = |loaded: &Loaded| format!("{:?}", loaded.profile);
    shown(&before) == shown(&after) && orders(&before) == orders(&after)
}

#[cfg(test)]
mod tests;
