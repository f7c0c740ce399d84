//! Any bytes as a profile: `../../properties/profile.rs` says what holds.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../properties/profile.rs"]
mod profile;

fuzz_target!(|bytes: &[u8]| profile::holds(bytes));
