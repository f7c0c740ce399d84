//! The program `unsetupRoot`.

#![no_main]

shifter_sys::program!(shifter::unsetup::main);
