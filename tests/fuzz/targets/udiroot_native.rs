//! Any bytes as a native `udiRoot.conf`: errors have places, and what is accepted prints and reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::Target;
use shifter_formats::udiroot::Conf;

fuzz_target!(|bytes: &[u8]| {
    match Conf::parse_native(bytes) {
        Ok(conf) => {
            let text = conf.try_print(Target::Native, "").expect("what was read can be written");
            assert_eq!(Conf::parse_native(text), Ok(conf));
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                assert!(error.span.start <= error.span.end && error.span.end <= bytes.len());
                let _ = error.to_string();
            }
        }
    }
});
