//! Any bytes as a file of the index: what is accepted is written in exactly these bytes, and each platform is one name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::image::Platform;
use shifter_formats::index::{IndexEntry, list};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = IndexEntry::parse(bytes) {
        assert_eq!(entry.to_string().as_bytes(), bytes);
        assert_eq!(entry.file_name().len(), 64);
        assert_eq!(list::read(bytes), Ok(vec![entry]));
    }
    if let Ok(entries) = list::read(bytes) {
        assert_eq!(list::write(&entries).as_bytes(), bytes);
        let node: Platform = "linux/amd64/v3".parse().expect("a platform");
        for entry in &entries {
            assert_eq!(entry.file_name(), entries[0].file_name());
            let Ok(platform) = entry.platform.parse::<Platform>() else { continue };
            assert_eq!(platform.to_string().parse::<Platform>().as_ref(), Ok(&platform));
            let _ = (node.runs(&platform), platform.level());
        }
    }
});
