//! Any bytes as a `udiRoot.conf` of each release. What is printed for a release reads back there as what was printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::Target;
use shifter_formats::original;

fuzz_target!(|bytes: &[u8]| {
    for target in Target::ALL {
        let reading = original::interpret(bytes, target);
        for notice in &reading.notices {
            let _ = notice.kind.to_string();
        }
        if reading.refusal.is_some() || target.is_native() {
            continue;
        }
        if let Ok(text) = reading.conf.try_print(target, "") {
            let again = original::interpret(&text, target);
            assert_eq!(again.refusal, None, "{text}");
            assert_eq!(again.conf.try_print(target, "").as_deref(), Ok(text.as_str()));
        }
    }
});
