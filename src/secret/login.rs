//! Addresses with a login: taken apart, and found in a text.

use std::ops::Range;

/// An address and the login that stood in it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The address without user and password.
    pub(crate) uri: String,
    /// The user, decoded.
    pub(crate) user: Option<String>,
    /// The password, decoded.
    pub(crate) password: Option<String>,
    /// Whether the login is written as a URI must have it: no raw `@ : / % < >`.
    pub(crate) is_encoded: bool,
}

impl Address {
    /// Takes an address apart. A password with raw `@` or `/`, which no driver reads, is found all the same: the login
    /// ends at the last `@` that can end it.
    pub(crate) fn split(uri: &str) -> Self {
        let bare = || Self { uri: uri.to_owned(), user: None, password: None, is_encoded: true };
        let Some((scheme, rest)) = uri.split_once("://") else { return bare() };
        let Some(at) = login_end(rest) else { return bare() };
        let (login, after) = (&rest[..at], &rest[at + 1..]);
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        };
        let is_encoded = |text: &str| !text.contains(['@', ':', '/', '<', '>', ' ', '"']) && decoded(text).is_some();
        Self {
            uri: format!("{scheme}://{after}"),
            is_encoded: is_encoded(user) && password.is_none_or(is_encoded),
            user: Some(user).filter(|user| !user.is_empty()).map(read),
            password: password.map(read),
        }
    }
}

/// Where the `@` behind a login stands.
fn login_end(rest: &str) -> Option<usize> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if let Some(at) = rest[..end].rfind('@').filter(|at| is_hosts(&rest[at + 1..end])) {
        return Some(at);
    }
    // A raw `/` in the password: what looks like a port is none.
    let (_, port) = rest[..end].rsplit_once(':')?;
    if port.is_empty() || port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let query = rest.find('?').unwrap_or(rest.len());
    rest[..query].rfind('@')
}

/// Whether no port is something else than a number, as it is where a raw `/` cuts a password with a raw `:` short.
fn is_hosts(text: &str) -> bool {
    let port = |host: &str| host.rsplit_once(':').map(|(_, port)| port.to_owned()).unwrap_or_default();
    text.split(',').all(|host| host.ends_with(']') || port(host).bytes().all(|b| b.is_ascii_digit()))
}

fn read(text: &str) -> String {
    decoded(text).unwrap_or_else(|| text.to_owned())
}

/// The text with each `%XX` replaced; none where one is no such thing.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Where passwords of addresses stand in a text, whatever kind of text it is.
pub(crate) fn logins(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let rest = &text[start..];
        let rest = &rest[..rest.find(['"', '\'', '\n']).unwrap_or(rest.len())];
        let Some(end) = login_end(rest) else { continue };
        if let Some(colon) = rest[..end].find(':') {
            found.push(start + colon + 1..start + end);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(uri: &str) -> (String, String, String, bool) {
        let Address { uri, user, password, is_encoded } = Address::split(uri);
        (uri, user.unwrap_or_default(), password.unwrap_or_default(), is_encoded)
    }

    fn owned(uri: &str, user: &str, password: &str, is_encoded: bool) -> (String, String, String, bool) {
        (uri.to_owned(), user.to_owned(), password.to_owned(), is_encoded)
    }

    #[test]
    fn a_login_is_taken_out_however_it_is_written() {
        assert_eq!(split("mongodb://u:P%4055@h/S?a=b"), owned("mongodb://h/S?a=b", "u", "P@55", true));
        assert_eq!(split("mongodb://u:<P@55>@h/S?a=b@c"), owned("mongodb://h/S?a=b@c", "u", "<P@55>", false));
        assert_eq!(split("mongodb://u:a/b@h/S"), owned("mongodb://h/S", "u", "a/b", false));
        assert_eq!(split("mongodb://u:a@b:c/d@h/S"), owned("mongodb://h/S", "u", "a@b:c/d", false));
        assert_eq!(split("mongodb://u:p@[::1]/S"), owned("mongodb://[::1]/S", "u", "p", true));
        assert_eq!(split("redis://:x@h/"), owned("redis://h/", "", "x", true));
        assert_eq!(split("mongodb://u@h"), owned("mongodb://h", "u", "", true));
        assert_eq!(split("mongodb://a:27017/S?x=y@z"), owned("mongodb://a:27017/S?x=y@z", "", "", true));
        assert_eq!(split("mongodb://u:100%@h"), owned("mongodb://h", "u", "100%", false));
        assert_eq!(split("no address"), owned("no address", "", "", true));
    }
}
