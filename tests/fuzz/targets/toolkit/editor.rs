//! Any text as a profile in an editor: `../../properties/editor.rs` says what holds.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../properties/editor.rs"]
mod editor;

fuzz_target!(|text: &str| editor::holds(text));
