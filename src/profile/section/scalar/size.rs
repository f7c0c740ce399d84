//! Sizes in bytes: `"10GiB"`.

use super::{Scalar, scalar};
use std::fmt;

/// A number of bytes, kept as written too. Units are powers of 1024.
#[derive(Clone, Debug)]
pub struct Size {
    written: String,
    bytes: u64,
}

impl Size {
    /// The size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl PartialEq for Size {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Size {}

impl Scalar for Size {
    const EXPECTING: &'static str = "a size with a binary unit, such as \"512MiB\" or \"10GiB\"";
    const EXAMPLES: &'static [&'static str] = &["512MiB", "10GiB", "80TiB"];
    const PATTERN: Option<&'static str> = Some("^[0-9]+(B|KiB|MiB|GiB|TiB|PiB)$");

    fn read(text: &str) -> Result<Self, String> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let shift = match &text[end..] {
            "B" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            "TiB" => 40,
            "PiB" => 50,
            "" => return Err(format!("`{text}` lacks a unit")),
            unit => return Err(format!("`{text}` has the unknown unit `{unit}`")),
        };
        let number: u64 = text[..end].parse().map_err(|_| format!("`{text}` lacks a number"))?;
        let bytes = number.checked_mul(1 << shift).ok_or_else(|| format!("`{text}` is too large"))?;
        Ok(Self { written: text.to_owned(), bytes })
    }
}

scalar!(Size, "a size: a whole number and B, KiB, MiB, GiB, TiB or PiB");

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!("10GiB".parse::<Size>().unwrap().bytes(), 10 << 30);
        assert_eq!("0B".parse::<Size>().unwrap().bytes(), 0);
    }

    #[test]
    fn a_decimal_or_missing_unit_is_refused() {
        for text in ["", "10", "10GB", "10G", "GiB", "1.5GiB", "99999999999PiB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
