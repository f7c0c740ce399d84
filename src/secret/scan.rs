//! Finding a secret's bytes where none may be: as they are, percent-encoded, in base64, escaped as in JSON.

use super::SecretValue;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use std::fmt;
use zeroize::Zeroizing;

/// Shorter ones are words of any file, and no secrets.
const LEAST_BYTES: usize = 6;

/// How a secret stands somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Byte for byte.
    Plain,
    /// With `%XX` for some of its bytes (RFC 3986), whichever.
    PercentEncoded,
    /// In base64 (RFC 4648), of either alphabet, alone or amid other bytes.
    Base64,
    /// With backslashes, as in a JSON string (RFC 8259).
    Escaped,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "as it is",
            Self::PercentEncoded => "percent-encoded",
            Self::Base64 => "in base64",
            Self::Escaped => "with backslashes",
        })
    }
}

/// What to look for to find one secret.
pub struct Forms {
    plain: Zeroizing<Vec<u8>>,
    base64: Vec<Zeroizing<Vec<u8>>>,
    escaped: Zeroizing<Vec<u8>>,
}

impl Forms {
    /// The forms of `secret`; none for one so short that it stands in every file.
    #[must_use]
    pub fn of(secret: &SecretValue) -> Option<Self> {
        let plain = secret.expose();
        if plain.len() < LEAST_BYTES {
            return None;
        }
        let text = Zeroizing::new(String::from_utf8_lossy(plain).into_owned());
        let quoted = Zeroizing::new(serde_json::Value::String(text.to_string()).to_string());
        let escaped = quoted.as_bytes()[1..quoted.len() - 1].to_vec();
        let base64 = (0..3)
            .flat_map(|before| [inner_base64(plain, before, &STANDARD), inner_base64(plain, before, &URL_SAFE)])
            .collect();
        Some(Self { plain: Zeroizing::new(plain.to_vec()), base64, escaped: Zeroizing::new(escaped) })
    }

    /// How the secret stands in `bytes`, if it does.
    #[must_use]
    pub fn found_in(&self, bytes: &[u8]) -> Option<Form> {
        if contains(bytes, &self.plain) {
            Some(Form::Plain)
        } else if contains(bytes, &self.escaped) {
            Some(Form::Escaped)
        } else if self.base64.iter().any(|form| contains(bytes, form)) {
            Some(Form::Base64)
        } else if bytes.contains(&b'%') && contains(&percent_decoded(bytes), &self.plain) {
            Some(Form::PercentEncoded)
        } else {
            None
        }
    }
}

impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forms(…)")
    }
}

/// The characters that stand for `secret` alone when `before` other bytes are encoded ahead of it and more may follow.
fn inner_base64(secret: &[u8], before: usize, engine: &impl base64::Engine) -> Zeroizing<Vec<u8>> {
    let mut padded = Zeroizing::new(vec![0; before]);
    padded.extend_from_slice(secret);
    let text = Zeroizing::new(engine.encode(&*padded));
    // Six bits a character: the first whole ones after `before` bytes, the last whole ones before the end.
    let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    Zeroizing::new(text.as_bytes()[first..last].to_vec())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && bytes.windows(part.len()).any(|window| window == part)
}

fn percent_decoded(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            (byte, _, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use proptest::prelude::*;

    const SECRET: &str = "mongo@p:a/s%\"\\-0123456789";

    fn found(text: &str) -> Option<Form> {
        Forms::of(&SecretValue::new(SECRET)).unwrap().found_in(text.as_bytes())
    }

    #[test]
    fn each_form_is_found_and_no_other_text_is() {
        assert_eq!(found(&format!("uri = {SECRET}\n")), Some(Form::Plain));
        assert_eq!(found(&serde_json::json!({ "a": SECRET }).to_string()), Some(Form::Escaped));
        assert_eq!(found("mongo%40p%3aa%2Fs%25%22%5C-0123456789"), Some(Form::PercentEncoded));
        // A letter may be encoded too.
        assert_eq!(found("%6dongo%40p%3aa%2Fs%25%22%5C-0123456789"), Some(Form::PercentEncoded));
        assert_eq!(found("mongo@p:a/s%\"\\-012345678"), None);
        assert_eq!(found("100% of nothing"), None);
    }

    #[test]
    fn a_word_is_no_secret() {
        assert!(Forms::of(&SecretValue::new("admin")).is_none());
    }

    proptest! {
        #[test]
        fn base64_is_found_wherever_the_secret_stands(
            before in proptest::collection::vec(any::<u8>(), 0..7),
            after in proptest::collection::vec(any::<u8>(), 0..7),
        ) {
            let all = [before, SECRET.as_bytes().to_vec(), after].concat();
            prop_assert_eq!(found(&STANDARD.encode(&all)), Some(Form::Base64));
            prop_assert_eq!(found(&URL_SAFE.encode(&all)), Some(Form::Base64));
        }
    }
}
