//! For people.

use super::{NodeReport, State};
use std::fmt::Write as _;

/// What was found on a node.
#[must_use]
pub fn write(report: &NodeReport) -> String {
    let mut text = report.node.clone();
    let configuration = report.configuration();
    if !configuration.is_empty() {
        let _ = write!(text, " ({configuration})");
    }
    let files = if report.files == 1 { "1 file".to_owned() } else { format!("{} files", report.files) };
    match (&report.error, report.state) {
        (Some(error), _) => {
            let _ = writeln!(text, ": {error}");
        }
        (None, State::Same) => {
            let manifest = report.manifest.as_deref().unwrap_or("its manifest");
            let _ = writeln!(text, ": {files} as in {manifest}");
        }
        (None, _) => {
            let _ = writeln!(text, ": {} of {files} differ", report.differing());
            for difference in &report.differences {
                let _ = writeln!(text, "  {}", difference.line());
            }
        }
    }
    text
}
