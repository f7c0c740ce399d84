//! Passwords of imported files, covered wherever a text is shown.

use super::FileKind;
use crate::profile::document::{assigned_secret, names_a_secret};
use crate::secret::logins;
use std::ops::Range;

/// Where a text holds passwords: in the logins of addresses, behind keys and variables whose names say so, and in
/// `requirepass` of redis.conf.
pub(crate) fn spans(kind: FileKind, text: &str) -> Vec<Range<usize>> {
    let mut found = logins(text);
    if kind == FileKind::ImageManager {
        found.extend(named_in_json(text));
    }
    if kind == FileKind::UdiRoot {
        found.extend(named_in_lines(text));
    }
    if kind == FileKind::Redis {
        found.extend(
            super::redis::directives(text).into_iter().filter(super::redis::Directive::is_secret).map(|d| d.value),
        );
    }
    found
}

/// The strings of a JSON text behind keys that say that they are secret. The text need be no right JSON.
fn named_in_json(text: &str) -> Vec<Range<usize>> {
    let mut strings: Vec<Range<usize>> = Vec::new();
    let (mut start, mut is_escaped) = (None, false);
    for (at, c) in text.char_indices() {
        match (c, start) {
            _ if is_escaped => is_escaped = false,
            ('\\', Some(_)) => is_escaped = true,
            ('"', None) => start = Some(at + 1),
            ('"' | '\n', Some(from)) => {
                strings.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    let pairs = strings.iter().zip(strings.iter().skip(1));
    let named = pairs.filter(|(key, value)| {
        let between = text[key.end..value.start].trim_matches(|c: char| c == '"' || c.is_whitespace());
        between == ":" && names_a_secret(&text[(*key).clone()])
    });
    named.map(|(_, value)| value.clone()).filter(|value| !value.is_empty()).collect()
}

/// What stands behind `NAME=` in the lines of udiRoot.conf, where a variable's name says that it is secret.
fn named_in_lines(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        if let Some(value) = assigned_secret(content) {
            found.push(at + content.len() - value.len()..at + content.len());
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_covered_in_place() {
        let text = "{\"MongoDBURI\": \"mongodb://u:<P@5>@h/S\", \"x\": \"http://gw:5000/\"}";
        let shown: Vec<&str> = spans(FileKind::ImageManager, text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(shown, ["<P@5>"]);
        let text = "{\"password\": \"a \\\" b\", \"x\": [\"password\"], \"api_token\" : \"c\"";
        let shown: Vec<&str> = spans(FileKind::ImageManager, text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(shown, ["a \\\" b", "c"]);
        let text = "siteEnv=DB_PASSWORD=x=y\netcPath=/etc\nsiteEnv=A=b\n";
        let shown: Vec<&str> = spans(FileKind::UdiRoot, text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(shown, ["x=y"]);
        let text = "# requirepass no\ndir /x\nrequirepass  \"a b\"\n";
        let shown: Vec<&str> = spans(FileKind::Redis, text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(shown, ["\"a b\""]);
    }
}
