//! What root finds of an earlier start: the mark of a container, the note of a loop device; and the look-up's answer.
#![no_main]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use libfuzzer_sys::fuzz_target;
use shifter::attach::mark;
use shifter::enact::loops;
use shifter::image::lookup;

fuzz_target!(|bytes: &[u8]| {
    if let Some(identity) = lookup::parse(bytes) {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+.".contains(&byte);
        assert!((1..=128).contains(&identity.len()) && !identity.starts_with('.') && identity.bytes().all(is_plain));
    }
    if let Some(number) = loops::number_in(OsStr::from_bytes(bytes)) {
        assert!(bytes.starts_with(b"loop") && bytes.ends_with(number.to_string().as_bytes()));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = mark::is_in_the_making(text);
    if let Some(owner) = mark::owner(text) {
        assert!(text.contains(&format!("{owner}")) || text.contains("uid=+") || text.contains("uid=0"));
    }
    assert_eq!(mark::is_of_base(text), text.starts_with("base "));
});
