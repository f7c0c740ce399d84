//! JUnit XML: one test suite for each file, one failed test case for each finding.

use std::fmt::Write as _;

use super::{Located, Report};

/// The report as JUnit XML.
#[must_use]
pub fn write(report: &Report) -> String {
    let mut suites: Vec<(&str, Vec<&Located>)> = Vec::new();
    for located in report.findings() {
        let file = located.anchor().map_or("", |place| place.source.name.as_str());
        match suites.last_mut() {
            Some((name, cases)) if *name == file => cases.push(located),
            _ => suites.push((file, vec![located])),
        }
    }
    let all = report.findings().len();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<testsuites name=\"shifter-site\" tests=\"{all}\" failures=\"{all}\" errors=\"0\">");
    for (file, cases) in suites {
        let (file, n) = (escape(file), cases.len());
        let _ = writeln!(xml, "  <testsuite name=\"{file}\" tests=\"{n}\" failures=\"{n}\" errors=\"0\">");
        for located in cases {
            case(&mut xml, located, &file);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(xml: &mut String, located: &Located, file: &str) {
    let finding = &located.finding;
    let line = located.anchor().map_or(1, |place| place.start().line);
    let _ = writeln!(
        xml,
        "    <testcase name=\"{} {}:{line}\" classname=\"{}\" file=\"{file}\" line=\"{line}\">",
        finding.code,
        file,
        escape(finding.name),
    );
    let _ = writeln!(
        xml,
        "      <failure type=\"{}\" message=\"{}\">{}</failure>",
        finding.severity,
        escape(&finding.message),
        escape(finding.help.as_deref().unwrap_or_default()),
    );
    xml.push_str("    </testcase>\n");
}

/// Text as XML 1.0 may hold it: markup escaped, control characters replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
