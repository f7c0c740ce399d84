//! `WWW-Authenticate` (RFC 9110, section 11.6.1): what a registry wants to see.

/// One challenge of an answer 401.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A token from `realm` (Docker Registry v2 authentication).
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
    /// Name and password.
    Basic,
}

/// The challenges of one header value, in its order; schemes that are not known are left out.
pub(crate) fn parse(value: &str) -> Vec<Challenge> {
    let mut schemes: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let length = rest.bytes().take_while(|byte| is_token(*byte)).count();
        if length == 0 {
            break;
        }
        let (word, behind) = rest.split_at(length);
        rest = behind;
        let parameter = behind.trim_start().strip_prefix('=');
        match (parameter, schemes.last_mut()) {
            (Some(behind), Some((_, parameters))) => {
                let (text, behind) = parameter_value(behind.trim_start());
                parameters.push((word.to_ascii_lowercase(), text));
                rest = behind;
            }
            (Some(_), None) => break,
            (None, _) => schemes.push((word.to_ascii_lowercase(), Vec::new())),
        }
    }
    schemes.into_iter().filter_map(known).collect()
}

fn known((scheme, parameters): (String, Vec<(String, String)>)) -> Option<Challenge> {
    let value = |name: &str| {
        let found = parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, text)| text.clone())
    };
    match scheme.as_str() {
        "bearer" => {
            Some(Challenge::Bearer { realm: value("realm")?, service: value("service"), scope: value("scope") })
        }
        "basic" => Some(Challenge::Basic),
        _ => None,
    }
}

/// A token or quoted string, and what is behind it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let length = text.bytes().take_while(|byte| is_token(*byte)).count();
        return (text[..length].to_owned(), &text[length..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => value.push(character),
        }
    }
    (value, "")
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        }
    }

    #[test]
    fn a_scope_may_hold_commas() {
        let value = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let scope = Some("repository:a/b:pull,push");
        let expected = bearer("https://auth.docker.io/token", Some("registry.docker.io"), scope);
        assert_eq!(parse(value), [expected]);
    }

    #[test]
    fn several_challenges_share_a_header() {
        let value = r#"Negotiate, basic realm="x, y", BEARER realm=t , service="a\"b""#;
        let expected = [Challenge::Basic, bearer("t", Some("a\"b"), None)];
        assert_eq!(parse(value), expected);
    }

    #[test]
    fn what_is_no_challenge_gives_none() {
        for value in ["", ",,", "=x", "Bearer", "Bearer service=x", "Digest realm=\"x", "\u{e9}"] {
            assert_eq!(parse(value), [], "{value:?}");
        }
    }
}
