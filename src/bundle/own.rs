//! The node's own secrets, as far as whoever runs this may read them: what must not be found in the archive.

use crate::profile::file;
use crate::secret::{Forms, SecretValue};
use crate::verify::Root;
use std::path::Path;

/// What to look for.
pub(super) fn forms(root: &Root, config: &str) -> Vec<Forms> {
    let mut values: Vec<SecretValue> = Vec::new();
    let read = |path: String| root.read(Path::new(&path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    for name in ["imagemanager.json", "proxy.env", "udiRoot.conf"] {
        let text = read(format!("{config}/{name}")).unwrap_or_default();
        values.extend(passwords(&text).iter().map(|password| SecretValue::new(password)));
    }
    let redis = read("/etc/redis.conf".to_owned()).unwrap_or_default();
    let line = redis.lines().filter_map(|line| line.strip_prefix("requirepass "));
    values.extend(line.map(|password| SecretValue::new(password.trim().trim_matches('"'))));
    let secrets = root.path(Path::new(&format!("{config}/secrets")));
    for entry in std::fs::read_dir(secrets).into_iter().flatten().flatten() {
        let bytes = file::read(&entry.path()).unwrap_or_default();
        let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        values.push(SecretValue::from_bytes(first));
    }
    values.iter().filter_map(Forms::of).collect()
}

/// The passwords in the addresses of a text, as they stand there and decoded.
fn passwords(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == '"') {
        let Some(password) = crate::profile::document::uri_password(word) else { continue };
        found.push(password.to_owned());
        found.push(decoded(password));
    }
    found
}

/// `%XX` resolved (RFC 3986, section 2.1).
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
