//! Any bytes as `.meta`. What is accepted natively prints, and the print never says more.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::meta::Meta;

fuzz_target!(|bytes: &[u8]| {
    let _ = Meta::read_original(bytes);
    if let Ok(meta) = Meta::read_native(bytes) {
        let printed = meta.print();
        let again = Meta::read_native(&printed.text).expect("what was written is read");
        assert_eq!(again.access, meta.access);
        assert_eq!(again.entry, meta.entry);
        assert_eq!(again.cmd, meta.cmd);
        let omitted = printed.omitted.iter().filter(|value| value.key == "ENV").count();
        assert_eq!(again.env.len() + omitted, meta.env.len());
    }
});
