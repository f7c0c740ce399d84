//! Covering what is or may be a secret: passwords in addresses, and values whose names say so.

use serde_json::Value;

/// What stands in its place.
const COVER: &str = "***";

/// Parts of names that say that their value is a secret.
const TELLING: [&str; 9] =
    ["passw", "secret", "token", "credential", "apikey", "api_key", "private", "requirepass", "authorization"];

fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TELLING.iter().any(|part| name.contains(part))
}

/// A text of lines: `key=value`, `key value`, log lines.
pub(super) fn text(text: &str) -> String {
    let mut covered: String = text.lines().map(|line| self::line(line) + "\n").collect();
    if !text.ends_with('\n') {
        covered.pop();
    }
    covered
}

fn line(line: &str) -> String {
    let line = addresses(line);
    // All that follows a name that says so: a value may have blanks.
    let at = line.char_indices().find_map(|(at, c)| {
        let name = line[..at].rsplit([' ', '\t', '=', ':', '"', ',', ';', '{']).find(|word| !word.is_empty())?;
        (matches!(c, '=' | ':' | ' ' | '\t') && is_telling(name)).then_some(at + c.len_utf8())
    });
    match at {
        Some(at) if !line[at..].trim().is_empty() && !line.trim_start().starts_with('#') => {
            format!("{}{COVER}", &line[..at])
        }
        _ => line,
    }
}

/// `scheme://user:password@host` without user and password. A raw `@` in the password does not end it.
fn addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end =
            after.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ',')).unwrap_or(after.len());
        let (address, further) = after.split_at(end);
        out.push_str(before);
        out.push_str("://");
        match address.rsplit_once('@') {
            Some((_, host)) => {
                out.push_str(COVER);
                out.push('@');
                out.push_str(host);
            }
            None => out.push_str(address),
        }
        rest = further;
    }
    out.push_str(rest);
    out
}

/// A JSON document; none when it is none, because then nobody knows what is in it.
pub(super) fn json(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    cover(&mut value, false);
    Some(format!("{value:#}\n"))
}

fn cover(value: &mut Value, is_secret: bool) {
    match value {
        Value::String(text) if is_secret => COVER.clone_into(text),
        Value::String(text) => *text = addresses(text),
        Value::Number(_) if is_secret => *value = COVER.into(),
        Value::Array(elements) => elements.iter_mut().for_each(|element| cover(element, is_secret)),
        Value::Object(entries) => {
            for (key, entry) in entries {
                // `{ "file": ... }` says where a secret is, and `secret: true` that there is one.
                cover(entry, (is_secret || is_telling(key)) && key != "file");
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_what_their_names_call_secret() {
        assert_eq!(text("siteEnv=DB_PASSWORD=a b c;X=1\n"), "siteEnv=DB_PASSWORD=***\n");
        assert_eq!(text("requirepass hunter2 hunter3"), "requirepass ***");
        assert_eq!(text("INFO token: abc"), "INFO token:***");
        assert_eq!(text("imagePath=/images\n# no secret here\n"), "imagePath=/images\n# no secret here\n");
        assert_eq!(text("uri=mongodb://u:p@ss:w/d@host/db"), "uri=mongodb://***@host/db");
        assert_eq!(text("see http://host/x and \"redis://:pw@h\""), "see http://host/x and \"redis://***@h\"");
    }

    #[test]
    fn documents_keep_where_a_secret_is_and_lose_what_it_is() {
        let covered = json(
            r#"{"MongoDBURI": "mongodb://u:p@h/", "password": "x", "Locations": {"a": {"credential": {"file": "/s/harbor"}}},
                "tokens": ["a", {"b": 7}], "system": "cori"}"#,
        )
        .unwrap();
        for shown in ["mongodb://***@h/", "/s/harbor", "cori"] {
            assert!(covered.contains(shown), "{covered}");
        }
        for hidden in [":p@", "\"x\"", "\"a\",", "7"] {
            assert!(!covered.contains(hidden), "{hidden} in {covered}");
        }
        assert_eq!(json("{ broken"), None);
    }
}
