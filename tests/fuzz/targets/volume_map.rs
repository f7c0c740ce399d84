//! Any text as a volume map: nothing forbidden and nothing relative is ever accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::original::parse_volumes;
use shifter_formats::volume::{Author, VolumeMap, forbidden_target};

fuzz_target!(|text: &str| {
    for author in [Author::Site, Author::User] {
        let _ = parse_volumes(text, author);
        let Ok(map) = VolumeMap::parse(text, author) else { continue };
        for entry in &map.entries {
            assert!(entry.from.is_absolute() && entry.to.is_absolute());
            assert_eq!(forbidden_target(&entry.to, author), None);
            if author == Author::User {
                assert!(!entry.recursive && entry.propagation.is_none() && !entry.is_native_only());
            }
        }
        let _ = map.signature();
        assert_eq!(VolumeMap::parse(&map.to_string(), author), Ok(map));
    }
});
