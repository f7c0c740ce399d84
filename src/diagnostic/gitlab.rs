//! GitLab's Code Quality report: a JSON array in a subset of the Code Climate form.

use serde_json::{Value, json};

use super::{Located, Report, Severity};
use crate::digest::sha256;

/// The report as a Code Quality document.
#[must_use]
pub fn write(report: &Report) -> String {
    let issues: Vec<Value> = report.findings().iter().map(issue).collect();
    format!("{:#}\n", Value::Array(issues))
}

fn issue(located: &Located) -> Value {
    let finding = &located.finding;
    let (path, line) = located.anchor().map_or(("", 1), |place| (place.source.name.as_str(), place.start().line));
    json!({
        "description": finding.message,
        "check_name": finding.code,
        "fingerprint": fingerprint(located),
        "severity": match finding.severity {
            Severity::Error => "major",
            Severity::Warn => "minor",
            Severity::Info => "info",
        },
        "location": { "path": path, "lines": { "begin": line } },
    })
}

/// A name for the finding that stays when lines move: file, code, key path and message.
#[must_use]
pub(super) fn fingerprint(located: &Located) -> String {
    let finding = &located.finding;
    let file = located.anchor().map_or("", |place| place.source.name.as_str());
    let path = finding.anchor().map(|label| label.path.to_string()).unwrap_or_default();
    let mut digits = sha256([file, finding.code, &path, &finding.message].join("\0").as_bytes());
    digits.truncate(32);
    digits
}
