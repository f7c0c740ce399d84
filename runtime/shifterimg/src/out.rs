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

/// A text of the command line, without what moves a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.escape_debug().to_string()
}

/// Writes what a gateway answered, for programs.
pub(crate) fn json(body: &impl Serialize) -> Result<(), Failure> {
    line(&serde_json::to_string(body).expect("bodies have plain fields"))
}
