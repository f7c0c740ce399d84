//! Why an `imagemanager.json` is refused, and where.

use std::fmt;

/// A mistake in `imagemanager.json`, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Line, from 1; 0 when the mistake is in no one place.
    pub line: usize,
    /// Column in bytes, from 1; 0 when the mistake is in no one place.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub help: Option<String>,
}

impl ConfigError {
    /// Takes apart an error of the JSON reader and finds the nearest known name.
    pub(super) fn from_json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let whole = error.to_string();
        let message = whole.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&whole);
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let unknown = ["unknown field", "unknown variant"].iter().any(|start| message.starts_with(start));
        match quoted.split_first() {
            Some((written, known)) if unknown => {
                let noun = if message.starts_with("unknown field") { "key" } else { "value" };
                Self {
                    line,
                    column,
                    message: format!("unknown {noun} `{written}`"),
                    help: Some(suggest(written, known)),
                }
            }
            _ => Self { line, column, message: message.to_owned(), help: None },
        }
    }
}

/// Names the nearest of `known`, or lists them all when none is near.
fn suggest(written: &str, known: &[&str]) -> String {
    let near = |name: &&&str| strsim::damerau_levenshtein(&name.to_lowercase(), &written.to_lowercase());
    match known.iter().min_by_key(near) {
        Some(best) if near(&best) <= 1 + written.len() / 3 => format!("did you mean `{best}`?"),
        _ => format!("expected one of `{}`", known.join("`, `")),
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}
