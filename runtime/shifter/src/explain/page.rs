//! The form of the page: one column for what, one for the value, and below it what lost.

use std::fmt::{Display, Write as _};

use crate::request::sources::Source;

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// A part, its value, and the place that counts.
    pub(super) fn part(&mut self, what: &str, value: &dyn Display, from: &str) {
        self.line(&format!("{what:<9}{}", harmless(&value.to_string())));
        self.line(&format!("{:<9}  source: {from}", ""));
    }

    /// A fact about it.
    pub(super) fn note(&mut self, text: &str) {
        self.line(&format!("{:<9}  {}", "", harmless(text)));
    }

    /// A place that does not count.
    pub(super) fn loser(&mut self, place: &str, text: &str) {
        self.line(&format!("{:<9}  not {place}: {}", "", harmless(text)));
    }

    /// Places that do not count.
    pub(super) fn losers(&mut self, sources: &[Source]) {
        for source in sources {
            self.loser(&source.place, &source.text);
        }
    }

    /// A line as it is.
    pub(super) fn line(&mut self, text: &str) {
        self.0.push_str(text.trim_end());
        self.0.push('\n');
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// Without what a terminal would obey: an image's variables are text from strangers.
pub(super) fn harmless(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        if character.is_control()
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            write!(shown, "{}", character.escape_default()).expect("a String takes all text");
        } else {
            shown.push(character);
        }
    }
    shown
}
