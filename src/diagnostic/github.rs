//! Workflow commands of GitHub Actions: `::error file=…,line=…::message`.

use std::fmt::Write as _;

use super::{Report, Severity};

/// The report as workflow commands, with the summary as an ordinary last line.
#[must_use]
pub fn write(report: &Report) -> String {
    let mut text = String::new();
    for located in report.findings() {
        let finding = &located.finding;
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warn => "warning",
            Severity::Info => "notice",
        };
        let _ = write!(text, "::{level} ");
        if let Some(place) = located.anchor() {
            let (start, end) = (place.start(), place.end());
            let _ = write!(text, "file={},line={},endLine={},", property(&place.source.name), start.line, end.line);
            // Columns may be given only for places within one line.
            if start.line == end.line {
                let _ = write!(text, "col={},endColumn={},", start.column, end.column);
            }
        }
        let _ = write!(text, "title={}::", property(&format!("{} {}", finding.code, finding.name)));
        let mut message = finding.message.clone();
        if let Some(help) = &finding.help {
            let _ = write!(message, "\nhelp: {help}");
        }
        let _ = writeln!(text, "{}", data(&message));
    }
    text.push_str(&report.summary());
    text.push('\n');
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
