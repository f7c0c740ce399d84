//! Any text as a profile in an editor: its usual form means the same and stays as it is, and repairs leave TOML that needs none.

use shifter_site::{
    check::Strictness,
    diagnostic::Safety,
    layout::{self, LayoutError},
    lint::Tier,
    profile::LoadOptions,
    repair,
};
use toml::Table;

/// Holds the text against everything that is promised of `fmt` and `check --fix`.
///
/// # Panics
/// When a promise is broken.
pub(crate) fn holds(text: &str) {
    tidies(text);
    for safety in [Safety::Safe, Safety::Unsafe] {
        repairs(text, safety);
    }
}

fn meaning(text: &str) -> Option<Table> {
    text.trim_start_matches('\u{feff}').parse().ok()
}

fn tidies(text: &str) {
    let tidied = match layout::tidy(text) {
        Ok(tidied) => tidied,
        Err(LayoutError::NotToml) => return assert!(meaning(text).is_none(), "{text}"),
        Err(error @ LayoutError::Changed) => panic!("{error}: {text}"),
    };
    // A number that is none equals nothing, itself least of all.
    assert_eq!(format!("{:?}", meaning(text)), format!("{:?}", meaning(&tidied)), "{text}");
    assert_eq!(layout::tidy(&tidied).as_ref(), Ok(&tidied), "the usual form of {text}");
}

fn repairs(text: &str, allowed: Safety) {
    let Some(repaired) = repaired(text, allowed) else { return };
    assert!(meaning(text).is_none() || meaning(&repaired).is_some(), "{text}\n---\n{repaired}");
    let again = self::repaired(&repaired, allowed);
    assert_eq!(again, None, "repaired twice: {text}\n---\n{repaired}");
}

/// The text after its repairs; nothing when none was carried out.
fn repaired(text: &str, allowed: Safety) -> Option<String> {
    let strictness = Strictness { tier: Some(Tier::Strict), ..Strictness::default() };
    let done = repair::repair(&[LoadOptions::text("fuzzed.toml", text)], None, &strictness, allowed).ok()?;
    done.changed.first().map(|changed| changed.after.clone())
}
