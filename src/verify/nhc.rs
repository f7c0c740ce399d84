//! For Node Health Check: one line that begins with `OK` or `ERROR`.
//!
//! In `nhc.conf`: `* || check_cmd_output -t 5 -m '/^OK/' -e 'shifter-site verify --format nhc'`.

use super::{Difference, NodeReport, State};

/// NHC puts the line into the node's reason, which Slurm keeps short.
const MOST_CHARACTERS: usize = 160;

/// What was found on a node, in a line.
#[must_use]
pub fn write(report: &NodeReport) -> String {
    let line = match (&report.error, report.state) {
        (Some(error), _) => format!("ERROR: shifter: {error}"),
        (None, State::Same) => format!("OK: shifter: {} files, {}", report.files, report.configuration()),
        (None, _) => {
            let first = report.differences.first().map(Difference::line).unwrap_or_default();
            let more = report.differences.len().saturating_sub(1);
            let rest = if more == 0 { String::new() } else { format!("; and {more} more") };
            format!("ERROR: shifter: {first}{rest}")
        }
    };
    let mut short: String = line.replace('\n', " ").chars().take(MOST_CHARACTERS).collect();
    short.push('\n');
    short
}
