//! The words of `setupRoot`, a line each: what is accepted names a user and an image, the hosts are lines of names,
//! and a key names one directory below the user's home.
#![no_main]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use shifter_formats::job_key::JobKey;
use shifter::setup::options;

fuzz_target!(|bytes: &[u8]| {
    let words: Vec<OsString> =
        bytes.split(|byte| *byte == b'\n').map(|word| OsStr::from_bytes(word).to_owned()).collect();
    let options = match options::parse(words) {
        Ok(options) => options,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!options.user.is_empty());
    assert!(["docker", "custom", "id", "local"].contains(&options.image_type.as_str()));
    if let Some(key) = options.key.as_deref().and_then(|key| JobKey::parse(key).ok()) {
        let place = key.directory(Path::new("/home/ada"));
        assert!(place.starts_with("/home/ada/.udiRoot/ssh") && place.components().count() == 6);
        assert_eq!(JobKey::parse(&key.to_string()), Ok(key));
    }
    let hosts = options.hosts.unwrap_or_default();
    assert!(hosts.len() <= 64 << 20 && (hosts.is_empty() || hosts.ends_with('\n')));
    // Lines of one host are alike; so few are looked at.
    for host in hosts.lines().take(64) {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        assert!(!host.is_empty() && !host.starts_with('-') && host.bytes().all(is_plain));
    }
});
