//! How a field of the table is read and written.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use super::fault::{Fault, ParseErrorKind};
use super::{KeySpec, Kind};
use crate::Target;
use crate::original::{NoticeKind, RefusalKind};

/// What both tables offer to the readers and the printer.
pub(crate) trait Table {
    /// The rows.
    const ROWS: &'static [KeySpec];
    /// Reads the value of `key`, refusing what is unclear. The key is one of the rows.
    fn read_native(&mut self, key: &str, text: &str, faults: &mut Vec<Fault>);
    /// Reads the value of `key` as the original does.
    fn read_original(
        &mut self,
        key: &str,
        text: &str,
        replace: bool,
        notices: &mut Vec<NoticeKind>,
    ) -> Result<(), RefusalKind>;
    /// The values that are one path.
    fn paths(&self) -> Vec<(&'static KeySpec, &Path)>;
    /// Writes every row.
    fn write(&self, target: Target) -> Vec<(&'static KeySpec, Written)>;
}

/// The row of a key.
pub(crate) fn row<T: Table>(key: &str) -> Option<&'static KeySpec> {
    T::ROWS.iter().find(|row| row.name == key)
}

/// The type of a field.
pub(crate) trait Value: Default + Clone + PartialEq + fmt::Debug {
    /// How it is written.
    const KIND: Kind;
    /// Reads a value that is not empty. A list takes more elements.
    fn read_native(&mut self, text: &str, faults: &mut Vec<Fault>);
    /// Reads as the original does; what it swallows or changes becomes a notice.
    fn read_original(&mut self, text: &str, notices: &mut Vec<NoticeKind>) -> Result<(), RefusalKind>;
    /// The value as the target reads it.
    fn write(&self, target: Target) -> Written;
    /// The path, where the value is one.
    fn path(&self) -> Option<&Path> {
        None
    }
}

/// A printed value.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// What follows the `=`; `None` when there is nothing to write.
    pub(crate) text: Option<String>,
    /// Values that the target's grammar cannot hold, and why.
    pub(crate) left_out: Vec<(String, &'static str)>,
}

/// A single value.
pub(crate) trait Scalar: Clone + PartialEq + fmt::Debug + Sized {
    /// How it is written.
    const KIND: Kind;
    /// Reads it, or says what is wrong with it.
    fn native(text: &str) -> Result<Self, ParseErrorKind>;
    /// Reads it as the original does; `None` is a value the original refuses without a message.
    fn original(text: &str, notices: &mut Vec<NoticeKind>) -> Result<Option<Self>, RefusalKind>;
    /// As it is written.
    fn show(&self) -> String;
    /// The path, where the value is one.
    fn path(&self) -> Option<&Path> {
        None
    }
}

impl<T: Scalar> Value for Option<T> {
    const KIND: Kind = T::KIND;

    fn read_native(&mut self, text: &str, faults: &mut Vec<Fault>) {
        match T::native(text) {
            Ok(value) => *self = Some(value),
            Err(kind) => faults.push(Fault { range: 0..text.len(), kind }),
        }
    }

    fn read_original(&mut self, text: &str, notices: &mut Vec<NoticeKind>) -> Result<(), RefusalKind> {
        *self = T::original(text, notices)?;
        Ok(())
    }

    fn path(&self) -> Option<&Path> {
        self.as_ref().and_then(Scalar::path)
    }

    fn write(&self, target: Target) -> Written {
        let Some(value) = self else {
            return Written::default();
        };
        let text = value.show();
        let why = unwritable(&text, target).or_else(|| {
            let reads_back = if target.is_native() {
                T::native(&text).ok()
            } else {
                T::original(&text, &mut Vec::new()).ok().flatten()
            };
            (reads_back.as_ref() != Some(value)).then_some(READS_OTHERWISE)
        });
        match why {
            None => Written { text: Some(text), left_out: Vec::new() },
            Some(why) => Written { text: None, left_out: vec![(text, why)] },
        }
    }
}

/// The last reason: nothing is printed that the target would not read as it is meant.
const READS_OTHERWISE: &str = "the target would refuse it or read something else";

/// Why a line of the target's grammar cannot hold this text as its value.
fn unwritable(text: &str, target: Target) -> Option<&'static str> {
    if text.contains(['\n', '\0']) {
        return Some("it holds a line break or NUL");
    }
    if text.trim() != text {
        return Some("it begins or ends with a blank, which is cut off");
    }
    if text.ends_with('\\') {
        return Some("it ends with `\\`, which continues the line");
    }
    if target.is_native() {
        if text.is_empty() {
            return Some("it is empty");
        }
        if has_inline_comment(text) {
            return Some("it holds a blank and a `#`, which looks like a comment");
        }
        if text.contains(char::is_control) {
            return Some("it holds a control character");
        }
    }
    None
}

/// Whether a `#` follows a blank.
pub(crate) fn has_inline_comment(text: &str) -> bool {
    inline_comment(text).is_some()
}

/// Where a `#` follows a blank, or begins the value.
pub(crate) fn inline_comment(text: &str) -> Option<usize> {
    text.match_indices('#').map(|(at, _)| at).find(|at| *at == 0 || text[..*at].ends_with([' ', '\t']))
}

/// What stands between the elements of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    /// A blank.
    Blank,
    /// A comma, without blanks.
    Comma,
    /// A semicolon; printed with one element a line.
    Semicolon,
}

/// An element of a list.
pub(crate) trait Element: Clone + PartialEq + fmt::Debug + Sized {
    /// How the list is written.
    const LIST: Kind;
    /// What stands between elements.
    const SEPARATOR: Separator = Separator::Blank;
    /// Reads it, or says what is wrong with it.
    fn native(text: &str) -> Result<Self, ParseErrorKind>;
    /// Reads it as the original does; `None` is an element the original ignores.
    fn original(text: &str) -> Option<Self>;
    /// As it is written.
    fn show(&self) -> String;
    /// Why the target would not read it as meant.
    fn unwritable(&self, _target: Target) -> Option<&'static str> {
        None
    }
}

impl<T: Element> Value for Vec<T> {
    const KIND: Kind = T::LIST;

    fn read_native(&mut self, text: &str, faults: &mut Vec<Fault>) {
        for (range, word) in elements(text, T::SEPARATOR) {
            let kind = match T::SEPARATOR {
                Separator::Blank if word.is_empty() => continue,
                Separator::Semicolon if word.is_empty() => continue,
                _ if word.is_empty() => Some(ParseErrorKind::EmptyElement),
                Separator::Comma if word.trim() != word => Some(ParseErrorKind::BlankBesideComma),
                _ if word.contains('\t') => Some(ParseErrorKind::TabInList),
                _ => match T::native(word) {
                    Ok(element) => {
                        self.push(element);
                        None
                    }
                    Err(kind) => Some(kind),
                },
            };
            faults.extend(kind.map(|kind| Fault { range, kind }));
        }
    }

    fn read_original(&mut self, text: &str, notices: &mut Vec<NoticeKind>) -> Result<(), RefusalKind> {
        for (_, word) in elements(text, T::SEPARATOR) {
            if word.is_empty() {
                continue;
            }
            match T::original(word) {
                Some(element) => self.push(element),
                None => notices.push(NoticeKind::ElementIgnored(word.to_owned())),
            }
        }
        Ok(())
    }

    fn write(&self, target: Target) -> Written {
        let mut written = Written::default();
        let mut words = Vec::new();
        for element in self {
            let text = element.show();
            let why = if text.is_empty() {
                Some("it is empty")
            } else if text.contains(char::is_whitespace) {
                Some("it holds a blank, which ends an element")
            } else {
                element.unwritable(target).or_else(|| unwritable(&text, target)).or_else(|| {
                    let reads_back = if target.is_native() { T::native(&text).ok() } else { T::original(&text) };
                    (reads_back.as_ref() != Some(element)).then_some(READS_OTHERWISE)
                })
            };
            match why {
                None => words.push(text),
                Some(why) => written.left_out.push((text, why)),
            }
        }
        if !words.is_empty() {
            written.text = Some(words.join(match T::SEPARATOR {
                Separator::Blank => " ",
                Separator::Comma => ",",
                Separator::Semicolon => ENTRY_BREAK,
            }));
        }
        written
    }
}

/// What stands between the entries of a map: each has a line of its own.
pub(super) const ENTRY_BREAK: &str = ";\\\n    ";

/// The elements of a list with their bytes. Blanks around `;` belong to no element.
fn elements(text: &str, separator: Separator) -> Vec<(Range<usize>, &str)> {
    let character = match separator {
        Separator::Blank => ' ',
        Separator::Comma => ',',
        Separator::Semicolon => ';',
    };
    let mut start = 0;
    text.split(character)
        .map(|raw| {
            let begin = start;
            start += raw.len() + 1;
            if separator != Separator::Semicolon {
                return (begin..begin + raw.len(), raw);
            }
            let front = raw.len() - raw.trim_start_matches(' ').len();
            let word = raw.trim_matches(' ');
            (begin + front..begin + front + word.len(), word)
        })
        .collect()
}
