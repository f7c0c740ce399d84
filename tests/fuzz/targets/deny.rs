//! Any bytes as the file `deny`. What is accepted has a message for every entry; what is not names a line that is there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::deny::Deny;

fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n').count();
    match Deny::parse(bytes) {
        Ok(deny) => {
            for entry in &deny.entries {
                assert!((1..=lines).contains(&entry.line));
                assert!(!entry.message.is_empty() && !entry.message.contains(['\n', '\r', '\0', '\u{1b}']));
            }
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            assert!(faults.iter().all(|fault| (1..=lines).contains(&fault.line) && !fault.to_string().contains('\n')));
        }
    }
});
