//! The version of musl, whose one file is loader and C library.

/// `musl 1.2.4`; `musl` where the file does not say.
pub(super) fn describe(library: &[u8]) -> String {
    // Its version is a text of its own among the constants (`__libc_version`); `ld-musl-*` prints it when it is run.
    let version = library.split(|byte| *byte == 0).find(|text| is_version(text));
    match version.and_then(|text| std::str::from_utf8(text).ok()) {
        Some(version) => format!("musl {version}"),
        None => "musl".to_owned(),
    }
}

/// `1.1.24`, `1.2.5`: since 2014 there was no other first number.
fn is_version(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"1.") else { return false };
    let parts: Vec<&[u8]> = rest.split(|byte| *byte == b'.').collect();
    parts.len() == 2 && parts.iter().all(|part| (1..=2).contains(&part.len()) && part.iter().all(u8::is_ascii_digit))
}
