//! Standard output, where a reader may stop reading.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Writes a line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|_| Failure::Closed)
}

/// Writes what a gateway answered, for programs.
pub(crate) fn json(body: &impl Serialize) -> Result<(), Failure> {
    line(&serde_json::to_string(body).expect("bodies have plain fields"))
}
