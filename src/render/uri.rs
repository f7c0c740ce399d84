//! User and password in a URI, percent-encoded (RFC 3986, section 3.2.1).

/// The URI with `user:password@` before its host. What `uri` has there already is replaced. None when there is no place
/// for it: no `://`, or no host after it.
pub(super) fn with_login(uri: &str, user: &str, password: Option<&str>) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    if hosts.is_empty() {
        return None;
    }
    let login = match password {
        Some(password) => format!("{}:{}@", encode(user), encode(password)),
        None if user.is_empty() => String::new(),
        None => format!("{}@", encode(user)),
    };
    Some(format!("{scheme}://{login}{hosts}{after}"))
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

    fn login(uri: &str, user: &str, password: Option<&str>) -> String {
        with_login(uri, user, password).unwrap()
    }

    #[test]
    fn a_password_is_encoded_once() {
        assert_eq!(
            login("mongodb://localhost/Shifter?a=b", "admin", Some("P@55:w/0%rd")),
            "mongodb://admin:P%4055%3Aw%2F0%25rd@localhost/Shifter?a=b"
        );
        assert_eq!(login("redis://localhost/", "", Some("x")), "redis://:x@localhost/");
        assert_eq!(login("mongodb://a,b/?replicaSet=r", "u", None), "mongodb://u@a,b/?replicaSet=r");
        assert_eq!(login("mongodb://old:pw@h", "u", Some("p")), "mongodb://u:p@h");
    }

    #[test]
    fn a_placeholder_stays_recognisable() {
        assert_eq!(login("redis://h/", "", Some("@SECRET:redis@")), "redis://:@SECRET:redis@@h/");
    }

    #[test]
    fn a_login_is_never_dropped_without_a_word() {
        assert_eq!(with_login("localhost:27017", "u", Some("p")), None);
        assert_eq!(with_login("sqlite:///var/lib/x.db", "u", Some("p")), None);
    }
}
