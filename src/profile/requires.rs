//! `requires = ">=0.2"`: which versions of this program a profile was written for.

/// Why a requirement does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// It cannot be read.
    #[error("`{0}` is not a requirement such as `>=0.2` or `>=0.2, <1`")]
    Unreadable(String),
    /// It asks for another version.
    #[error("this is shifter-site {0}")]
    Version(&'static str),
}

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks a comma-separated list of comparisons against the version of this program.
///
/// # Errors
/// When a comparison cannot be read or does not hold.
pub fn check(requirement: &str) -> Result<(), Unmet> {
    holds(requirement, VERSION)
}

fn holds(requirement: &str, version: &'static str) -> Result<(), Unmet> {
    let unreadable = || Unmet::Unreadable(requirement.to_owned());
    let ours = numbers(version).ok_or_else(unreadable)?;
    for comparison in requirement.split(',') {
        let comparison = comparison.trim();
        let digits = comparison.find(|c: char| c.is_ascii_digit()).ok_or_else(unreadable)?;
        let (operator, wanted) = comparison.split_at(digits);
        let wanted = numbers(wanted).ok_or_else(unreadable)?;
        let met = match operator.trim() {
            ">=" => ours >= wanted,
            ">" => ours > wanted,
            "<=" => ours <= wanted,
            "<" => ours < wanted,
            "=" | "==" => ours == wanted,
            _ => return Err(unreadable()),
        };
        if !met {
            return Err(Unmet::Version(version));
        }
    }
    Ok(())
}

/// One to three numbers; missing ones are zero.
fn numbers(text: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    for (n, part) in text.trim().split('.').enumerate() {
        *numbers.get_mut(n)? = part.parse().ok()?;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_by_number_and_all_must_hold() {
        assert_eq!(holds(">=0.2", "0.10.0"), Ok(()));
        assert_eq!(holds(">=0.2, <1", "0.10.0"), Ok(()));
        assert_eq!(holds("<0.10", "0.10.0"), Err(Unmet::Version("0.10.0")));
        assert_eq!(holds(">0.1", "0.1.0"), Err(Unmet::Version("0.1.0")));
        for bad in ["", "0.2", "new", ">=0.2.3.4", ">=x", "~>0.2"] {
            assert!(matches!(holds(bad, "1.0.0"), Err(Unmet::Unreadable(_))), "{bad} was read");
        }
    }
}
