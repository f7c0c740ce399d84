//! Where the figures of `bench start` go: docs/evidence/start.md, and the README between its two marks.

use std::fs;

use anyhow::{Context, Result};

use crate::cargo;

const REPORT: &str = "docs/evidence/start.md";
const BEGIN: &str = "<!-- figures of `cargo xtask bench start` -->\n";
const END: &str = "<!-- end of figures -->";

/// Writes both.
pub(super) fn write(text: &str) -> Result<()> {
    let path = cargo::root().join(REPORT);
    let report = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    fs::write(&path, between(&report, BEGIN, text)?)?;
    let readme = cargo::root().join("README.md");
    let page = fs::read_to_string(&readme)?;
    fs::write(&readme, between(&page, BEGIN, &summary(text))?)?;
    println!("{text}\nwritten to {REPORT} and README.md");
    Ok(())
}

/// The text between the mark `begin` and the next end replaced.
pub(super) fn between(page: &str, begin: &str, text: &str) -> Result<String> {
    let (before, rest) = page.split_once(begin).context("a page without the mark where figures begin")?;
    let (_, after) = rest.split_once(END).context("a page without the mark where figures end")?;
    Ok(format!("{before}{begin}{text}{END}{after}"))
}

/// What the README shows: the tables for the large image, without the columns for connoisseurs.
fn summary(text: &str) -> String {
    let large = text.rsplit("\n### ").next().unwrap_or(text);
    let rows = large.lines().filter(|line| line.starts_with('|') && line.matches('|').count() == 12);
    let mut shown: Vec<String> = Vec::new();
    let mut is_first = true;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let line = |name: &str| {
            format!("| {name} | {} | {} | {} | {} | {} |", cells[2], cells[3], cells[4], cells[7], cells[9])
        };
        match cells[1] {
            "" if shown.is_empty() => shown.push(line("")),
            "" => is_first = false,
            "---" if shown.len() == 1 => shown.push("|---|---|---|---:|---:|---:|".to_owned()),
            "---" => {}
            name if is_first => shown.push(line(&format!("{name}, first start of the image on a node"))),
            name => shown.push(line(name)),
        }
    }
    shown.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let page = format!("a\n{BEGIN}old\n{END}\nb\n");
        assert_eq!(between(&page, BEGIN, "new\n").unwrap(), format!("a\n{BEGIN}new\n{END}\nb\n"));
        assert!(between("no marks", BEGIN, "new").is_err());
    }

    #[test]
    fn the_readme_has_the_rows_of_the_last_image() {
        let head = "| | as | image | wall ms: median | min | p95 | CPU ms: median | min | CPU, floor = 1 | peak KiB | system calls |\n\
                    |---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
        let row = |name: &str| format!("| {name} | root | squashfs | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |\n");
        let text = format!("x\n### small\n{head}{}\n### large\n{head}{}\n{head}{}", row("no"), row("one"), row("two"));
        assert_eq!(
            summary(&text),
            "|  | as | image | wall ms: median | CPU ms: median | CPU, floor = 1 |\n|---|---|---|---:|---:|---:|\n\
             | one, first start of the image on a node | root | squashfs | 1 | 4 | 6 |\n\
             | two | root | squashfs | 1 | 4 | 6 |\n"
        );
    }
}
