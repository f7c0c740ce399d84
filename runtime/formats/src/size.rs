//! Sizes in bytes, with the binary suffixes both dialects know.

use std::fmt;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub u64);

/// The suffixes, each 1024 times the one before.
const SUFFIXES: [u8; 7] = *b"bkmgtpe";

/// Why a size was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeFault {
    /// It does not begin with a digit.
    NoNumber,
    /// What follows the number is none of `B K M G T P E` with an optional `iB` or `B`.
    Suffix,
    /// It does not fit 64 bits, or is no whole number of bytes.
    Range,
}

impl fmt::Display for SizeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoNumber => "a size begins with a digit",
            Self::Suffix => "a size ends with one of B, K, M, G, T, P or E, as in `10G`",
            Self::Range => "a size is a whole number of bytes below 2^64",
        })
    }
}

impl std::error::Error for SizeFault {}

impl Bytes {
    /// What the original stores for a size it cannot read: -1 in an unsigned field.
    pub const UNREADABLE: Self = Self(u64::MAX);

    /// Reads `1048576`, `500M`, `1.5G`, `10KiB`: powers of 1024, nothing after the suffix.
    ///
    /// # Errors
    /// Refuses what the original would have cut short or stored as -1.
    pub fn parse(text: &str) -> Result<Self, SizeFault> {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, suffix) = text.split_at(digits);
        if !number.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(SizeFault::NoNumber);
        }
        let scale = scale_of_suffix(suffix)?;
        scaled(number, scale).map(Self)
    }

    /// Reads as the original's `parseBytes`: `strtod`, then the first character after it.
    ///
    /// Anything after the suffix is ignored; no suffix means bytes; an unknown one gives
    /// [`Bytes::UNREADABLE`], which is -1 stored in an unsigned field.
    #[must_use]
    pub fn read_original(text: &str) -> Self {
        let text = text.trim_start();
        let end = float_prefix(text);
        let value: f64 = text[..end].parse().unwrap_or(0.0);
        let Some(suffix) = text.as_bytes().get(end).map(u8::to_ascii_lowercase) else {
            return Self::from_float(value);
        };
        match (0i32..).zip(SUFFIXES).find(|(_, known)| *known == suffix) {
            Some((power, _)) => Self::from_float(value * 1024f64.powi(power)),
            None => Self::UNREADABLE,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "C converts the same way; a negative size wraps as it does there"
    )]
    fn from_float(value: f64) -> Self {
        if value < 0.0 { Self((value as i64) as u64) } else { Self(value as u64) }
    }
}

/// Length of the longest prefix of `text` that `strtod` takes as a decimal number.
fn float_prefix(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits_from = |start: usize| bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits_from(sign);
    let mut end = sign + whole;
    let mut mantissa = whole;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits_from(end + 1);
        mantissa += fraction;
        if mantissa > 0 {
            end += 1 + fraction;
        }
    }
    if mantissa == 0 {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits_from((end + 1 + signed).min(bytes.len()));
        if exponent > 0 {
            end += 1 + signed + exponent;
        }
    }
    end
}

fn scale_of_suffix(suffix: &str) -> Result<u64, SizeFault> {
    let lower = suffix.to_ascii_lowercase();
    let letter = match lower.as_bytes() {
        [] => return Ok(1),
        [letter] => *letter,
        [letter, b'b'] | [letter, b'i', b'b'] if *letter != b'b' => *letter,
        _ => return Err(SizeFault::Suffix),
    };
    let power = SUFFIXES.iter().position(|known| *known == letter).ok_or(SizeFault::Suffix)?;
    Ok(1u64 << (10 * power))
}

/// `number * scale` in whole bytes, with an exact decimal fraction.
fn scaled(number: &str, scale: u64) -> Result<u64, SizeFault> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.is_empty() || fraction.contains('.') {
        return Err(SizeFault::Suffix);
    }
    if fraction.len() > 18 {
        return Err(SizeFault::Range);
    }
    let whole: u128 = whole.parse().map_err(|_| SizeFault::Range)?;
    let parts: u128 = fraction.parse().map_err(|_| SizeFault::Range)?;
    let ten = 10u128.pow(u32::try_from(fraction.len()).map_err(|_| SizeFault::Range)?);
    let scale = u128::from(scale);
    let numerator = parts * scale;
    if !numerator.is_multiple_of(ten) {
        return Err(SizeFault::Range);
    }
    whole
        .checked_mul(scale)
        .and_then(|bytes| bytes.checked_add(numerator / ten))
        .and_then(|bytes| u64::try_from(bytes).ok())
        .ok_or(SizeFault::Range)
}

impl fmt::Display for Bytes {
    /// The plain number of bytes, which every dialect reads alike.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_powers_of_1024() {
        assert_eq!(Bytes::parse("10"), Ok(Bytes(10)));
        assert_eq!(Bytes::parse("10B"), Ok(Bytes(10)));
        assert_eq!(Bytes::parse("1.5G"), Ok(Bytes(1_610_612_736)));
        assert_eq!(Bytes::parse("500KiB"), Ok(Bytes(512_000)));
        assert_eq!(Bytes::parse("15E"), Ok(Bytes(15 << 60)));
    }

    #[test]
    fn trailing_junk_is_refused_where_the_original_stores_minus_one() {
        assert_eq!(Bytes::parse("12zz"), Err(SizeFault::Suffix));
        assert_eq!(Bytes::read_original("12zz"), Bytes::UNREADABLE);
        assert_eq!(Bytes::parse("16E"), Err(SizeFault::Range));
        assert_eq!(Bytes::parse("0.3"), Err(SizeFault::Range));
        assert_eq!(Bytes::parse(""), Err(SizeFault::NoNumber));
        assert_eq!(Bytes::parse("-1"), Err(SizeFault::NoNumber));
        assert_eq!(Bytes::parse("1."), Err(SizeFault::Suffix));
    }

    #[test]
    fn the_original_reads_the_first_letter_after_the_number() {
        assert_eq!(Bytes::read_original("500KB and more"), Bytes(512_000));
        assert_eq!(Bytes::read_original("1.5g"), Bytes(1_610_612_736));
        assert_eq!(Bytes::read_original("1e3"), Bytes(1000));
        assert_eq!(Bytes::read_original("7e"), Bytes(7 << 60));
        assert_eq!(Bytes::read_original(""), Bytes(0));
        assert_eq!(Bytes::read_original("-1"), Bytes::UNREADABLE);
        assert_eq!(Bytes::read_original("1e+"), Bytes(1 << 60));
    }
}
