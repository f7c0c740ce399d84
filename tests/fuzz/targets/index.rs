//! Any bytes as an index entry: what is accepted is written in exactly these bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::index::IndexEntry;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = IndexEntry::parse(bytes) {
        assert_eq!(entry.to_string().as_bytes(), bytes);
        assert_eq!(entry.file_name().len(), 64);
    }
});
