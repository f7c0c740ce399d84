//! Paths into a profile: `registry."docker.io".mirrors.0`.

use std::{fmt, str::FromStr};

/// The way from the top of a profile to a value. A segment is a table key as TOML means it
/// (unquoted) or the decimal index of an array element.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(Vec<String>);

/// A dotted key that TOML would not accept either.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a dotted key: {reason}")]
pub struct KeyPathError {
    text: String,
    reason: &'static str,
}

impl KeyPath {
    /// The whole profile.
    pub const ROOT: Self = Self(Vec::new());

    /// The whole profile.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The path one key further down.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.0.push(key.into());
        self
    }

    /// The path of an array element.
    #[must_use]
    pub fn index(self, index: usize) -> Self {
        self.key(index.to_string())
    }

    /// The path with the segments of `rest` behind it.
    #[must_use]
    pub fn join(mut self, rest: &Self) -> Self {
        self.0.extend(rest.0.iter().cloned());
        self
    }

    /// The segments in order.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// The last segment, or nothing for the whole profile.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    /// The table or array that holds this entry.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, parent) = self.0.split_last()?;
        Some(Self(parent.to_vec()))
    }

    /// Whether this path is `prefix` or lies below it.
    #[must_use]
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// Whether this is the whole profile.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for KeyPath {
    /// The dotted key as TOML writes it; array indices are plain segments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, segment) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(".")?;
            }
            let bare =
                !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            if bare {
                f.write_str(segment)?;
            } else {
                write!(f, "{}", toml::Value::String(segment.clone()))?;
            }
        }
        Ok(())
    }
}

impl FromStr for KeyPath {
    type Err = KeyPathError;

    /// Reads a dotted key: bare segments, `"..."` with `\"` and `\\`, or `'...'`.
    fn from_str(text: &str) -> Result<Self, KeyPathError> {
        let fail = |reason| KeyPathError { text: text.to_owned(), reason };
        let mut segments = Vec::new();
        let mut rest = text;
        loop {
            let (segment, after) = match rest.as_bytes().first() {
                Some(b'\'') => { rest[1..].split_once('\'').map(|(s, after)| (s.to_owned(), after)) }
                    .ok_or_else(|| fail("a quote is not closed"))?,
                Some(b'"') => basic(&rest[1..]).ok_or_else(|| fail("a quote is not closed"))?,
                _ => {
                    let end = rest.find('.').unwrap_or(rest.len());
                    let bare = &rest[..end];
                    if bare.is_empty() {
                        return Err(fail("a segment is empty"));
                    }
                    if !bare.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
                        return Err(fail("quote segments that hold other than letters, digits, _ and -"));
                    }
                    (bare.to_owned(), &rest[end..])
                }
            };
            segments.push(segment);
            match after.strip_prefix('.') {
                Some(more) => rest = more,
                None if after.is_empty() => return Ok(Self(segments)),
                None => return Err(fail("a dot is missing after a quoted segment")),
            }
        }
    }
}

/// The rest of a `"..."` segment after its opening quote, and what follows it.
fn basic(text: &str) -> Option<(String, &str)> {
    let mut segment = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((segment, &text[at + 1..])),
            '\\' => segment.push(chars.next()?.1),
            c => segment.push(c),
        }
    }
    None
}

impl<S: Into<String>, const N: usize> From<[S; N]> for KeyPath {
    fn from(segments: [S; N]) -> Self {
        Self(segments.into_iter().map(Into::into).collect())
    }
}

impl From<Vec<String>> for KeyPath {
    fn from(segments: Vec<String>) -> Self {
        Self(segments)
    }
}

impl From<&KeyPath> for KeyPath {
    fn from(path: &KeyPath) -> Self {
        path.clone()
    }
}

/// A path whose keys hold no dots, as rules write them: `"paths.udi_mount".into()`.
impl From<&str> for KeyPath {
    fn from(dotted: &str) -> Self {
        Self(dotted.split('.').filter(|s| !s.is_empty()).map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_a_dot_is_written_in_quotes_and_read_back() {
        let path = KeyPath::from(["registry", "docker.io"]).key("mirrors").index(0);
        assert_eq!(path.to_string(), r#"registry."docker.io".mirrors.0"#);
        assert_eq!(path.to_string().parse(), Ok(path));
    }

    #[test]
    fn single_quotes_and_escapes_are_read() {
        let path: KeyPath = r#"a.'b.c'."d\"e""#.parse().expect("a dotted key");
        assert_eq!(path.segments(), ["a", "b.c", "d\"e"]);
    }

    #[test]
    fn broken_keys_are_refused() {
        for text in ["", ".", "a.", "a..b", "\"a", "'a", "\"a\"b", "a b"] {
            assert!(text.parse::<KeyPath>().is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn below_means_by_segment() {
        let long = KeyPath::from("gateway.workers.threads");
        assert!(long.starts_with(&"gateway.workers".into()));
        assert!(!long.starts_with(&"gateway.work".into()));
        assert_eq!(long.parent(), Some("gateway.workers".into()));
    }
}
