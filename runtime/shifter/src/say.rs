//! Lines on standard error. `eprintln!` panics when nobody reads them any more; these are lost instead.

use std::fmt::Display;
use std::io::Write as _;

/// Prints one line after the program's name.
pub(crate) fn say(line: impl Display) {
    let _nobody_reads = writeln!(std::io::stderr(), "shifter: {line}");
}
