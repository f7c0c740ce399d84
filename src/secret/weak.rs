//! Secrets that can be guessed.

use super::Extent;

/// Passwords and keys of published examples (L17 and L20; manual 4.2.2).
const PRINTED: [&str; 3] = ["P@55w0rd", "P@ssw0rd", "abcdefghijklmnopqrstuvwxyz"];

/// The fewest characters of a secret, unless a site says otherwise.
pub const FEWEST: f64 = 16.0;

/// Why a secret can be guessed, as the end of a sentence about it. No answer holds any of it, nor how long it is.
#[must_use]
pub fn weakness(secret: &[u8], extent: Extent, fewest: f64) -> Option<String> {
    let holds = |known: &str| secret.windows(known.len()).any(|part| part == known.as_bytes());
    let is_a_word = || extent == Extent::FirstLine && holds("password");
    #[expect(clippy::cast_precision_loss, reason = "a secret has few bytes")]
    let is_short = (secret.trim_ascii().len() as f64) < fewest;
    if PRINTED.into_iter().any(holds) || is_a_word() {
        Some("holds one that was printed".to_owned())
    } else if is_short {
        Some(format!("has fewer than {fewest} characters"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_printed_secrets_are_weak() {
        for weak in
            ["", "hunter2hunter2", "P@55w0rdP@55w0rd", "my-password-is-long", "abcdefghijklmnopqrstuvwxyz123456"]
        {
            assert!(weakness(weak.as_bytes(), Extent::FirstLine, FEWEST).is_some());
        }
        assert_eq!(weakness(b"v3ry-l0ng-and-synthetic", Extent::FirstLine, FEWEST), None);
    }

    #[test]
    fn a_document_may_have_a_key_called_password() {
        assert_eq!(weakness(br#"{"username": "u", "password": "v3ry-l0ng"}"#, Extent::Whole, FEWEST), None);
    }
}
