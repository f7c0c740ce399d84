//! What is explained, as data; [`super::text`] and [`super::json`] are its two forms.

use super::environment::Told;
use crate::request::sources::Source;

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// In order.
    pub(super) parts: Vec<Part>,
    /// The variables.
    pub(super) environment: Told,
}

/// What is chosen for one part of a start, and by whom.
#[derive(Debug)]
pub(super) struct Part {
    /// Its name.
    pub(super) what: &'static str,
    /// What is chosen.
    pub(super) value: Value,
    /// The place that counts, if there is one.
    pub(super) from: String,
    /// What is known of it, by name.
    pub(super) facts: Vec<(&'static str, String)>,
    /// More about it.
    pub(super) notes: Vec<String>,
    /// The places that do not count, with what is written there.
    pub(super) losers: Vec<Source>,
}

/// A value.
#[derive(Debug)]
pub(super) enum Value {
    /// One.
    One(String),
    /// Any number, and what stands between them for people.
    List(Vec<String>, &'static str),
    /// Words as they are run: each is one argument.
    Words(Vec<String>),
    /// There is none, for this reason: a start would be refused.
    Refused(String),
}

impl Page {
    /// A part, its value, and the place that counts.
    pub(super) fn part(&mut self, what: &'static str, value: Value, from: &str) -> &mut Part {
        let from = from.to_owned();
        let part = Part { what, value, from, facts: Vec::new(), notes: Vec::new(), losers: Vec::new() };
        self.parts.push(part);
        self.parts.last_mut().expect("one was added")
    }
}

impl Part {
    /// A fact about it.
    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// A place that does not count.
    pub(super) fn loser(&mut self, place: &str, text: String) {
        self.losers.push(Source { place: place.to_owned(), text });
    }

    /// Places that do not count.
    pub(super) fn losers(&mut self, sources: &[Source]) {
        self.losers.extend_from_slice(sources);
    }
}
