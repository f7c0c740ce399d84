//! A comparison as text, as Markdown for a merge request, and as GitLab's Code Quality report.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{ClassDifference, Comparison};
use crate::digest::sha256;

/// `gpu-mi300, 1,024 nodes`.
fn heading(one: &ClassDifference) -> String {
    let name = one.class.as_deref().unwrap_or("every node");
    match one.nodes {
        None => name.to_owned(),
        Some(1) => format!("{name}, 1 node"),
        Some(nodes) => format!("{name}, {} nodes", thousands(nodes)),
    }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What differs for one class, in a line.
fn summary(one: &ClassDifference) -> String {
    if one.files.is_empty() {
        return "no change".to_owned();
    }
    let needs = if one.no_restart { "no restart".to_owned() } else { format!("needs: {}", one.needs.join("; ")) };
    let mut words: Vec<String> = one.words.iter().take(6).cloned().collect();
    if one.words.len() > words.len() {
        words.push(format!("and {} more", one.words.len() - words.len()));
    }
    format!("{}; {needs}", words.join(", "))
}

/// The comparison as text: a line for each class, then every file that differs.
#[must_use]
pub fn human(comparison: &Comparison) -> String {
    let Comparison { from, to, profile, classes } = comparison;
    let mut out = format!("{profile}: {from} -> {to}\n\n");
    for one in classes {
        let _ = writeln!(out, "{}: {}", heading(one), summary(one));
    }
    for one in classes.iter().filter(|one| !one.files.is_empty()) {
        for file in &one.files {
            let class = one.class.as_ref().map(|class| format!(" ({class})")).unwrap_or_default();
            let _ = writeln!(out, "\n{} {}{class}", file.what, file.file);
            for change in &file.changes {
                let _ = writeln!(out, "  {change}");
            }
        }
    }
    out
}

/// The comparison as Markdown: a table, and the files folded away below it.
#[must_use]
pub fn markdown(comparison: &Comparison) -> String {
    let Comparison { from, to, profile, classes } = comparison;
    let mut out =
        format!("### {}: {} → {}\n\n| Class | What changes |\n|---|---|\n", cell(profile), cell(from), cell(to));
    for one in classes {
        let _ = writeln!(out, "| {} | {} |", cell(&heading(one)), cell(&summary(one)));
    }
    for one in classes.iter().filter(|one| !one.files.is_empty()) {
        let name = one.class.as_deref().unwrap_or("every node");
        let files = if one.files.len() == 1 { "file" } else { "files" };
        let _ = writeln!(out, "\n<details><summary>{}: {} {files}</summary>\n", cell(name), one.files.len());
        for file in &one.files {
            let _ = writeln!(out, "- {} `{}`", file.what, file.file.replace('`', "'"));
            for change in &file.changes {
                let _ = writeln!(out, "  - {}", cell(&change.to_string()));
            }
        }
        out.push_str("\n</details>\n");
    }
    out
}

/// Text that no Markdown renderer takes for anything else.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The comparison as GitLab's Code Quality report: one entry for each class that changes, shown beside the merge request.
#[must_use]
pub fn gitlab(comparison: &Comparison) -> Value {
    let changing = comparison.classes.iter().filter(|one| !one.files.is_empty());
    changing
        .map(|one| {
            let description = format!("{}: {}", heading(one), summary(one));
            json!({
                "description": description,
                "check_name": "shifter-site-diff",
                "fingerprint": sha256(format!("{}\0{description}", comparison.profile).as_bytes()),
                "severity": if one.no_restart { "info" } else { "minor" },
                "location": { "path": comparison.profile, "lines": { "begin": 1 } },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_readable() {
        let shown: Vec<String> = [1, 999, 1024, 1_000_000].map(thousands).into();
        assert_eq!(shown, ["1", "999", "1,024", "1,000,000"]);
    }

    #[test]
    fn a_value_cannot_break_out_of_a_table() {
        assert_eq!(cell("a|b\n<img> `x`"), "a\\|b &lt;img> \\`x\\`");
    }
}
