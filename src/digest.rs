//! SHA-256 as text, for everything here that names bytes by their digest.

use std::fmt::Write as _;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

/// The SHA-256 of `bytes`: 64 lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    text(&Sha256::digest(bytes))
}

/// The SHA-256 of all that is left to read.
///
/// # Errors
/// What reading says.
pub(crate) fn sha256_of(from: &mut impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut part = vec![0; 64 * 1024];
    loop {
        match from.read(&mut part)? {
            0 => return Ok(text(&hash.finalize())),
            read => hash.update(&part[..read]),
        }
    }
}

fn text(digest: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in digest {
        write!(text, "{byte:02x}").expect("a String takes all text");
    }
    text
}
