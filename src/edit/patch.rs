//! Replacements of parts of a text, gathered and then made at once.

use std::ops::Range;

use super::EditError;
use crate::diagnostic::Edit;

/// Replacements that do not overlap.
pub(crate) struct Patch<'t> {
    text: &'t str,
    parts: Vec<(Range<usize>, String)>,
}

impl<'t> Patch<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, parts: Vec::new() }
    }

    /// Puts `with` in the place of `span`; an empty span inserts.
    pub(crate) fn replace(&mut self, span: Range<usize>, with: impl Into<String>) {
        self.parts.push((span, with.into()));
    }

    /// The text with all replacements.
    pub(crate) fn finish(mut self) -> String {
        self.parts.sort_by_key(|(span, _)| (span.start, span.end));
        let mut text = String::with_capacity(self.text.len());
        let mut at = 0;
        for (span, with) in self.parts {
            if span.start < at {
                continue;
            }
            text.push_str(&self.text[at..span.start]);
            text.push_str(&with);
            at = span.end;
        }
        text.push_str(&self.text[at..]);
        text
    }
}

/// The text with its comments replaced; one that is replaced by nothing goes with its line, if nothing else is on it.
pub(crate) fn comments(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut patch = Patch::new(text);
    for edit in edits {
        let Edit::Comment { span, text: with } = edit else { continue };
        let was = text.get(span.clone()).ok_or(EditError::Moved)?;
        if !was.starts_with('#') || was.contains('\n') {
            return Err(EditError::Moved);
        }
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let before = text[start..span.start].trim_start_matches('\u{feff}');
        let span = match (with.is_empty(), before.trim().is_empty()) {
            (false, _) => span.clone(),
            (true, true) => {
                let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at + 1);
                span.start - before.len()..end
            }
            (true, false) => span.start - (before.len() - before.trim_end().len())..span.end,
        };
        patch.replace(span, with.as_str());
    }
    Ok(patch.finish())
}

/// A script with its bytes replaced.
pub(crate) fn script(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut patch = Patch::new(text);
    for edit in edits {
        let Edit::Script { span, text: with } = edit else { return Err(EditError::NotToml) };
        text.get(span.clone()).ok_or(EditError::Moved)?;
        patch.replace(span.clone(), with.as_str());
    }
    Ok(patch.finish())
}
