//! File modes: `"0640"`.

use super::{Scalar, scalar};
use std::fmt;

/// The twelve permission bits of a file, written as four octal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mode(u32);

impl Mode {
    /// A mode from its bits; bits above `07777` are dropped.
    #[must_use]
    pub const fn new(bits: u32) -> Self {
        Self(bits & 0o7777)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl Scalar for Mode {
    const EXPECTING: &'static str = "a mode of four octal digits in quotes, such as \"0640\"";
    const EXAMPLES: &'static [&'static str] = &["0640", "0755"];
    const PATTERN: Option<&'static str> = Some("^[0-7]{4}$");

    fn read(text: &str) -> Result<Self, String> {
        if text.len() != 4 || !text.bytes().all(|b| matches!(b, b'0'..=b'7')) {
            return Err(format!("`{text}` is not four octal digits"));
        }
        u32::from_str_radix(text, 8).map(Self).map_err(|e| e.to_string())
    }
}

scalar!(Mode, "a file mode: four octal digits");

impl serde::Serialize for Mode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_four_octal_digits() {
        assert_eq!("0640".parse::<Mode>().unwrap(), Mode::new(0o640));
        assert_eq!(Mode::new(0o640).to_string(), "0640");
        for text in ["640", "0o640", "0888", "rw-r-----", ""] {
            assert!(text.parse::<Mode>().is_err(), "{text}");
        }
    }
}
