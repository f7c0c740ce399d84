//! The single values that both dialects share.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Kind;
use super::fault::ParseErrorKind;
use super::value::Scalar;
use crate::image::ImageType;
use crate::original::{NoticeKind, RefusalKind};
use crate::size::Bytes;
use crate::volume::Propagation;

/// One line for people: words with blanks between.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text(pub String);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Scalar for String {
    const KIND: Kind = Kind::Word;

    fn native(text: &str) -> Result<Self, ParseErrorKind> {
        if text.contains(char::is_whitespace) {
            return Err(ParseErrorKind::BlankInWord);
        }
        Ok(text.to_owned())
    }

    fn original(text: &str, _: &mut Vec<NoticeKind>) -> Result<Option<Self>, RefusalKind> {
        Ok(Some(text.to_owned()))
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Scalar for Text {
    const KIND: Kind = Kind::Text;

    fn native(text: &str) -> Result<Self, ParseErrorKind> {
        Ok(Self(text.to_owned()))
    }

    fn original(text: &str, _: &mut Vec<NoticeKind>) -> Result<Option<Self>, RefusalKind> {
        Ok(Some(Self(text.to_owned())))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Scalar for PathBuf {
    const KIND: Kind = Kind::Path;

    fn native(text: &str) -> Result<Self, ParseErrorKind> {
        if !text.starts_with('/') {
            return Err(ParseErrorKind::RelativePath);
        }
        if text.split('/').any(|part| part == "..") {
            return Err(ParseErrorKind::ParentInPath);
        }
        Ok(text.into())
    }

    fn original(text: &str, _: &mut Vec<NoticeKind>) -> Result<Option<Self>, RefusalKind> {
        Ok(Some(text.into()))
    }

    fn show(&self) -> String {
        self.display().to_string()
    }

    fn path(&self) -> Option<&Path> {
        Some(self)
    }
}

impl Scalar for bool {
    const KIND: Kind = Kind::Flag;

    fn native(text: &str) -> Result<Self, ParseErrorKind> {
        match text {
            "0" => Ok(false),
            "1" => Ok(true),
            _ => Err(ParseErrorKind::Flag),
        }
    }

    /// `strtol(text, NULL, 10) != 0`.
    fn original(text: &str, notices: &mut Vec<NoticeKind>) -> Result<Option<Self>, RefusalKind> {
        let value = leading_number(text).1 != 0;
        if !matches!(text, "0" | "1") {
            notices.push(NoticeKind::Changed { written: text.to_owned(), read: value.show() });
        }
        Ok(Some(value))
    }

    fn show(&self) -> String {
        u8::from(*self).to_string()
    }
}

impl Scalar for u64 {
    const KIND: Kind = Kind::Count;

    fn native(text: &str) -> Result<Self, ParseErrorKind> {
        // `parse` alone would take a leading `+`.
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ParseErrorKind::Number);
        }
        text.parse().map_err(|_| ParseErrorKind::Number)
    }

    /// `strtoul(text, NULL, 10)`: stops at the first other character, and negates modulo 2^64.
    fn original(text: &str, notices: &mut Vec<NoticeKind>) -> Result<Option<Self>, RefusalKind> {
        let (is_negative, size) = leading_number(text);
        let value = if is_negative && size != u64::MAX { size.wrapping_neg() } else { size };
        if text != value.show() {
            notices.push(NoticeKind::Changed { written: text.to_owned(), read: value.show() });
        }
        Ok(Some(value))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The sign and size of the number at the start of a text, as strtoul(3) finds them; too large is 2^64-1.
fn leading_number(text: &str) -> (bool, u64) {
    let text = text.trim_start();
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let size = digits
        .bytes()
        .take_while(u8::is_ascii_digit)
        .fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    (is_negative, size)
}

impl Scalar for Bytes {
    const KIND: Kind = Kind::Bytes;

    fn native(text: &str) -> Result<Self, ParseErrorKind> {
        Self::parse(text).map_err(ParseErrorKind::Size)
    }

    fn original(text: &str, notices: &mut Vec<NoticeKind>) -> Result<Option<Self>, RefusalKind> {
        let value = Self::read_original(text);
        if Self::parse(text) != Ok(value) {
            notices.push(NoticeKind::Changed { written: text.to_owned(), read: value.to_string() });
        }
        Ok(Some(value))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Scalar for Propagation {
    const KIND: Kind = Kind::Propagation;

    fn native(text: &str) -> Result<Self, ParseErrorKind> {
        match text {
            "private" => Ok(Self::Private),
            "slave" => Ok(Self::Slave),
            _ => Err(ParseErrorKind::Choice { allowed: "private, slave" }),
        }
    }

    fn original(text: &str, _: &mut Vec<NoticeKind>) -> Result<Option<Self>, RefusalKind> {
        Self::native(text).map(Some).map_err(|_| RefusalKind::Propagation(text.to_owned()))
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Scalar for ImageType {
    const KIND: Kind = Kind::ImageType;

    fn native(text: &str) -> Result<Self, ParseErrorKind> {
        text.parse().map_err(|_| ParseErrorKind::Choice { allowed: "docker, custom, id, local" })
    }

    /// The original accepts any word here and refuses it when an image is named without a type. That is the same
    /// as having no default.
    fn original(text: &str, notices: &mut Vec<NoticeKind>) -> Result<Option<Self>, RefusalKind> {
        let found = text.parse().ok();
        if found.is_none() {
            notices.push(NoticeKind::ElementIgnored(text.to_owned()));
        }
        Ok(found)
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original<T: Scalar>(text: &str) -> T {
        T::original(text, &mut Vec::new()).unwrap().unwrap()
    }

    #[test]
    fn the_original_reads_the_number_in_front() {
        assert_eq!(original::<u64>("300s"), 300);
        assert_eq!(original::<u64>("31 # comment"), 31);
        assert_eq!(original::<u64>("-1"), u64::MAX);
        assert_eq!(original::<u64>("x"), 0);
        assert_eq!(original::<u64>("99999999999999999999999"), u64::MAX);
        assert!(!original::<bool>("true"));
        assert!(!original::<bool>("yes"));
        assert!(!original::<bool>("0x1"));
        assert!(original::<bool>("2"));
        assert!(original::<bool>("-1"));
    }

    #[test]
    fn natively_flags_and_numbers_are_digits_only() {
        assert_eq!(bool::native("true"), Err(ParseErrorKind::Flag));
        assert_eq!(u64::native("300s"), Err(ParseErrorKind::Number));
        assert_eq!(u64::native("+3"), Err(ParseErrorKind::Number));
        assert_eq!(u64::native("99999999999999999999"), Err(ParseErrorKind::Number));
    }
}
