//! A finding with its key paths turned into files, lines and columns.

use std::{cmp::Ordering, ops::Range, sync::Arc};

use super::{
    Finding,
    source::{Position, Source},
};

/// A finding whose places are known. Its texts hold no secret of its sources any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// What is wrong.
    pub finding: Finding,
    /// One place for each label, in the order of the labels.
    pub places: Vec<Place>,
}

/// Part of a source and what to say there.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The text it lies in.
    pub source: Arc<Source>,
    /// The bytes meant; they lie in the text, on character boundaries.
    pub span: Range<usize>,
    /// Text beside the marked part; may be empty.
    pub text: String,
    /// Whether this is the place of the mistake.
    pub primary: bool,
}

impl Place {
    /// Where the part begins.
    #[must_use]
    pub fn start(&self) -> Position {
        self.source.position(self.span.start)
    }

    /// Where the part ends: the position behind its last character.
    #[must_use]
    pub fn end(&self) -> Position {
        self.source.position(self.span.end)
    }
}

impl Located {
    /// The place of the finding itself.
    #[must_use]
    pub fn anchor(&self) -> Option<&Place> {
        self.places.iter().find(|place| place.primary).or_else(|| self.places.first())
    }

    /// `file:line:column`, or nothing for a finding without a place.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        let place = self.anchor()?;
        let Position { line, column } = place.start();
        Some(format!("{}:{line}:{column}", place.source.name))
    }

    /// The order of output: by file, offset, code and message; findings without a place come last.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let key = |located: &Self| {
            let place = located.anchor().map(|place| (place.source.name.clone(), place.span.start));
            (place.is_none(), place, located.finding.code, located.finding.message.clone())
        };
        key(self).cmp(&key(other))
    }

    /// Whether both say the same of the same place.
    #[must_use]
    pub fn repeats(&self, other: &Self) -> bool {
        let place = |located: &Self| located.anchor().map(|place| (place.source.name.clone(), place.span.clone()));
        self.finding.code == other.finding.code
            && self.finding.message == other.finding.message
            && place(self) == place(other)
    }
}
