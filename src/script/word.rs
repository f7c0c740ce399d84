//! Words: what stands between blanks, and how each part of it is quoted.

use std::ops::Range;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it stands.
    pub span: Range<usize>,
    /// What it is made of, in order. `''` is one empty text.
    pub parts: Vec<Part>,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text, without the quotes around it.
    Text {
        /// The text.
        text: String,
        /// Whether quotes or a backslash take its meaning from `*` and blanks.
        quoted: bool,
    },
    /// `$name` or `${name...}`.
    Parameter {
        /// The name: `user`, `1`, `@`, `?`.
        name: String,
        /// What else stands between the braces: `:-none`, `[@]`.
        rest: String,
        /// Whether it stands in double quotes: otherwise its value is split at blanks and matched against files.
        quoted: bool,
        /// Where it stands, with the `$`.
        span: Range<usize>,
    },
    /// `$(...)` or what stands in backquotes. Its commands are among those of the script.
    Substitution {
        /// Whether it stands in double quotes.
        quoted: bool,
        /// Where it stands.
        span: Range<usize>,
    },
    /// `$((...))`.
    Arithmetic {
        /// Where it stands.
        span: Range<usize>,
    },
}

impl Word {
    /// The word as text, quotes removed, expansions as they are written.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().map(Part::text).collect()
    }

    /// The text, if nothing in it is expanded.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        self.parts.iter().all(|part| matches!(part, Part::Text { .. })).then(|| self.text())
    }

    /// Whether the word is `text`, written without quotes, as reserved words must be.
    #[must_use]
    pub fn is_bare(&self, text: &str) -> bool {
        matches!(self.parts.as_slice(), [Part::Text { text: own, quoted: false }] if own == text)
    }

    /// The parameters in it.
    pub fn parameters(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| matches!(part, Part::Parameter { .. }))
    }

    /// Whether an unquoted `*`, `?` or `[` makes it a pattern.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Text { text, quoted: false } if text.contains(['*', '?', '['])))
    }
}

impl Part {
    /// The part as text, quotes removed, an expansion as it is written.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Part::Text { text, .. } => text.clone(),
            Part::Parameter { name, rest, .. } if rest.is_empty() => format!("${name}"),
            Part::Parameter { name, rest, .. } => format!("${{{name}{rest}}}"),
            Part::Substitution { .. } => "$()".to_owned(),
            Part::Arithmetic { .. } => "$(())".to_owned(),
        }
    }
}
