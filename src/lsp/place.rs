//! Files as the protocol names them: `file:` URIs (RFC 8089), percent-encoded.

use std::{
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use lsp_types::Uri;

/// The path of a `file:` URI; no other kind of document has layers beside it.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    // Between `//` and the path a host may stand; `localhost` is this one.
    let encoded = rest.strip_prefix("localhost").unwrap_or(rest);
    if !encoded.starts_with('/') {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = encoded.split(['?', '#']).next()?.as_bytes();
    while let [first, more @ ..] = rest {
        match (first, more) {
            (b'%', [high, low, after @ ..]) => {
                bytes.push(digit(*high)? << 4 | digit(*low)?);
                rest = after;
            }
            (b'%', _) => return None,
            (byte, after) => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    (!bytes.contains(&0)).then(|| PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The URI of an absolute path.
pub(super) fn uri(path: &Path) -> Option<Uri> {
    let mut text = String::from("file://");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => text.push(char::from(*byte)),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_uris_say_the_same() {
        for name in ["/a/b.toml", "/with space/ü#?.toml", "/100%/x"] {
            let uri = uri(Path::new(name)).expect("a URI");
            assert_eq!(path(&uri).as_deref(), Some(Path::new(name)), "{}", uri.as_str());
        }
    }

    #[test]
    fn what_is_no_local_file_has_no_path() {
        for text in ["untitled:Untitled-1", "file://other/x", "http://h/x", "file:///a%zz", "file:///a%00b"] {
            let uri: Option<Uri> = text.parse().ok();
            assert_eq!(uri.as_ref().and_then(path), None, "{text}");
        }
        let local: Uri = "file://localhost/a".parse().expect("a URI");
        assert_eq!(path(&local), Some("/a".into()));
    }
}
