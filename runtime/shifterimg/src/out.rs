//! Standard output, where a reader may stop reading.

use std::io::{self, Write};

use crate::failure::Failure;

/// Writes a line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|_| Failure::Closed)
}
