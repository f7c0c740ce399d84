//! User and password in a URI, percent-encoded (RFC 3986, section 3.2.1).

/// The URI with `user:password@` before its host. What `uri` has there already is replaced.
pub(super) fn with_login(uri: &str, user: &str, password: Option<&str>) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let login = match password {
        Some(password) => format!("{}:{}@", encode(user), encode(password)),
        None if user.is_empty() => String::new(),
        None => format!("{}@", encode(user)),
    };
    format!("{scheme}://{login}{hosts}{after}")
}

/// All but unreserved characters as `%XX`. A placeholder stays as it is, so that it is found and refused by name.
fn encode(text: &str) -> String {
    if super::vault::is_placeholder(text) {
        return text.to_owned();
    }
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_encoded_once() {
        assert_eq!(
            with_login("mongodb://localhost/Shifter?a=b", "admin", Some("P@55:w/0%rd")),
            "mongodb://admin:P%4055%3Aw%2F0%25rd@localhost/Shifter?a=b"
        );
        assert_eq!(with_login("redis://localhost/", "", Some("x")), "redis://:x@localhost/");
        assert_eq!(with_login("mongodb://a,b/?replicaSet=r", "u", None), "mongodb://u@a,b/?replicaSet=r");
        assert_eq!(with_login("mongodb://old:pw@h", "u", Some("p")), "mongodb://u:p@h");
    }

    #[test]
    fn a_placeholder_stays_recognisable() {
        assert_eq!(with_login("redis://h/", "", Some("@SECRET:redis@")), "redis://:@SECRET:redis@@h/");
    }
}
