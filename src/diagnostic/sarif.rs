//! SARIF 2.1.0 (OASIS), for code scanning.

use serde_json::{Map, Value, json};

use super::{Located, Place, Report, Severity, gitlab::fingerprint};

/// The report as a SARIF log with one run.
#[must_use]
pub fn write(report: &Report) -> String {
    let mut rules: Vec<(&'static str, &'static str, Severity, &'static str)> = report
        .findings()
        .iter()
        .map(|located| {
            let finding = &located.finding;
            (finding.code, finding.name, finding.severity, finding.category.as_str())
        })
        .collect();
    rules.sort_by_key(|(code, ..)| *code);
    rules.dedup_by_key(|(code, ..)| *code);
    let index = |code: &str| rules.iter().position(|(known, ..)| *known == code);
    let results: Vec<Value> =
        report.findings().iter().map(|located| result(located, index(located.finding.code))).collect();
    let rules: Vec<Value> = rules
        .iter()
        .map(|(code, name, severity, category)| {
            json!({
                "id": code,
                "name": name,
                "shortDescription": { "text": name.replace('-', " ") },
                "defaultConfiguration": { "level": level(*severity) },
                "properties": { "tags": [category] },
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "shifter-site",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(located: &Located, rule: Option<usize>) -> Value {
    let finding = &located.finding;
    let mut text = finding.message.clone();
    for more in finding.help.iter().map(|help| format!("help: {help}")).chain(finding.notes.iter().cloned()) {
        text.push('\n');
        text.push_str(&more);
    }
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), finding.code.into());
    if let Some(rule) = rule {
        result.insert("ruleIndex".to_owned(), rule.into());
    }
    result.insert("level".to_owned(), level(finding.severity).into());
    result.insert("message".to_owned(), json!({ "text": text }));
    if let Some(anchor) = located.anchor() {
        result.insert("locations".to_owned(), json!([location(anchor, None)]));
        let others = located.places.iter().filter(|place| !std::ptr::eq(*place, anchor));
        let related: Vec<Value> = others.enumerate().map(|(n, place)| location(place, Some(n + 1))).collect();
        if !related.is_empty() {
            result.insert("relatedLocations".to_owned(), Value::Array(related));
        }
    }
    result.insert("partialFingerprints".to_owned(), json!({ "shifterSite/v1": fingerprint(located) }));
    Value::Object(result)
}

fn location(place: &Place, id: Option<usize>) -> Value {
    let (start, end) = (place.start(), place.end());
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.source.name) },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        },
    });
    if let Some(id) = id {
        location["id"] = id.into();
        location["message"] = json!({ "text": place.text });
    }
    location
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warn => "warning",
        Severity::Info => "note",
    }
}

/// A file name as a URI reference (RFC 3986): what is not unreserved or `/` is percent-encoded.
fn uri(name: &str) -> String {
    let mut uri = String::new();
    if name.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
