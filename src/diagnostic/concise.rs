//! One line for each finding: `file:line:column: severity[CODE] name: message`.

use std::fmt::Write as _;

use super::Report;

/// The report as lines, with the summary as the last.
#[must_use]
pub fn write(report: &Report) -> String {
    let mut text = String::new();
    for located in report.findings() {
        let finding = &located.finding;
        if let Some(address) = located.address() {
            let _ = write!(text, "{address}: ");
        }
        let _ = writeln!(text, "{}[{}] {}: {}", finding.severity, finding.code, finding.name, finding.message);
    }
    text.push_str(&report.summary());
    text.push('\n');
    text
}
