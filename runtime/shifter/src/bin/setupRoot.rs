//! The program `setupRoot`.

#![no_main]

shifter_sys::program!(shifter::setup::main);
