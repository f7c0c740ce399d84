//! Lines on standard error. `eprintln!` panics when nobody reads them any more; these are lost instead.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::OnceLock;

/// The program that speaks, if it is not `shifter`.
static PROGRAM: OnceLock<&'static str> = OnceLock::new();

/// Says every later line in the name of another program.
pub(crate) fn speak_as(program: &'static str) {
    let _the_first_counts = PROGRAM.set(program);
}

/// Prints one line after the program's name, by one call: the ranks of a job often have one file.
pub(crate) fn say(line: impl Display) {
    let program = PROGRAM.get().unwrap_or(&"shifter");
    let _nobody_reads = std::io::stderr().write_all(format!("{program}: {line}\n").as_bytes());
}
