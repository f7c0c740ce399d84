//! The command `shifter`.

#![no_main]

shifter_sys::program!(shifter::start::main);
