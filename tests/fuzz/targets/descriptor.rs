//! Any text as the name of an image: what is accepted prints and reads back, whatever the default type.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::image::{Descriptor, ImageType};

fuzz_target!(|text: &str| {
    for default in ImageType::ALL {
        let Ok(image) = Descriptor::parse(text, default) else { continue };
        assert!(!image.tag.is_empty());
        assert!(!image.tag.contains(char::is_whitespace));
        for other in ImageType::ALL {
            assert_eq!(Descriptor::parse(&image.to_string(), other).as_ref(), Ok(&image));
        }
    }
});
