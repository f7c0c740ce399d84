//! Quotes: where they end, and when one was forgotten.

use super::reader::Reader;

impl Reader<'_> {
    /// Where the double quote opened at `open` ends: the offset of the closing quote, with what is inside
    /// substitutions left out. `None` without one.
    pub(super) fn end_of_quote(&self, open: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = open + 1;
        while at < self.end {
            match bytes[at] {
                b'\\' => at += 1,
                b'"' => return Some(at),
                b'$' if self.text[at..self.end].starts_with("$(") => at = self.end_of_parenthesis(at + 1)?,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Where the parenthesis opened at `open` ends, quotes and nested ones left out.
    fn end_of_parenthesis(&self, open: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (mut at, mut depth) = (open, 0_usize);
        while at < self.end {
            match bytes[at] {
                b'\\' => at += 1,
                b'\'' => at = self.text[at + 1..self.end].find('\'')? + at + 1,
                b'"' => at = self.flat_end_of_quote(at)?,
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// The next double quote without a backslash: within substitutions nobody looks deeper than this.
    fn flat_end_of_quote(&self, open: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = open + 1;
        while at < self.end {
            match bytes[at] {
                b'\\' => at += 1,
                b'"' => return Some(at),
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Whether the quote from `open` to `close` was closed by one that was meant to open: it spans lines, stands
    /// where a quote opens, and a word goes on behind it. The offset where it was meant to end: in front of the
    /// first `;` of its line, or at the end of the line.
    pub(super) fn forgotten_end(&self, open: usize, close: usize) -> Option<usize> {
        let inner = &self.text[open + 1..close];
        let line_end = open + 1 + inner.find('\n')?;
        let before = inner.chars().next_back()?;
        let behind = self.text[close + 1..].chars().next()?;
        let opens = matches!(before, ' ' | '\t' | '=' | '(');
        let goes_on = behind.is_alphanumeric() || matches!(behind, '$' | '/' | '_' | '-' | '.');
        (opens && goes_on).then(|| self.plausible_end(open, line_end))
    }

    /// In front of the first `;` between `open` and `line_end`, or `line_end`.
    pub(super) fn plausible_end(&self, open: usize, line_end: usize) -> usize {
        self.text[open + 1..line_end].find(';').map_or(line_end, |at| open + 1 + at)
    }

    /// Where the line of `from` ends.
    pub(super) fn line_end(&self, from: usize) -> usize {
        self.text[from..self.end].find('\n').map_or(self.end, |at| from + at)
    }
}
