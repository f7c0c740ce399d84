//! The identity of an image.

use std::fmt;
use std::str::FromStr;

/// The SHA-256 of an image's platform manifest: 64 lower-case hexadecimal digits.
///
/// It names the files `<id>.squashfs` and `<id>.meta`, so nothing else is accepted: no slash, no dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageId(String);

/// The text is no image identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageIdFault;

impl fmt::Display for ImageIdFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an image identity is 64 hexadecimal digits in lower case")
    }
}

impl std::error::Error for ImageIdFault {}

impl ImageId {
    /// The 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImageId {
    type Err = ImageIdFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digest = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if is_digest { Ok(Self(text.to_owned())) } else { Err(ImageIdFault) }
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_64_lower_case_digits_are_an_identity() {
        assert!("a".repeat(64).parse::<ImageId>().is_ok());
        for bad in [String::new(), "a".repeat(63), "A".repeat(64), format!("../{}", "a".repeat(61)), "g".repeat(64)] {
            assert_eq!(bad.parse::<ImageId>(), Err(ImageIdFault), "{bad}");
        }
    }
}
