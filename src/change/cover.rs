//! What may not be shown: credentials within values, and values whose name says what they are.

/// Parts of names that say that a value is a secret.
const TELLING: &[&str] = &["passw", "secret", "token", "credential", "apikey", "api_key", "private_key"];

/// Whether a name says that its value is a secret.
pub(super) fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TELLING.iter().any(|part| name.contains(part))
}

/// Whether a value has a credential within: a URI with user information, or a word like `password=`.
pub(super) fn holds_credential(value: &str) -> bool {
    value.contains("://") && value.contains('@') || is_telling(value)
}

/// A text with the user information of its URIs covered, and so with lines that name a secret.
pub(super) fn text(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

fn line(line: &str) -> String {
    let end = if line.ends_with('\n') { "\n" } else { "" };
    let mut words: Vec<String> = Vec::new();
    for word in line.trim_end_matches('\n').split(' ') {
        words.push(match word.split_once("://") {
            Some((scheme, rest)) => match rest.rsplit_once('@') {
                Some((_, host)) => format!("{scheme}://***@{host}"),
                None => word.to_owned(),
            },
            None => match word.split_once('=') {
                Some((name, value)) if is_telling(name) && !value.is_empty() => format!("{name}=***"),
                _ => word.to_owned(),
            },
        });
    }
    words.join(" ") + end
}
