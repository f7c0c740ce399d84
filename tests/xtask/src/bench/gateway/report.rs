//! Where the figures of `bench gateway` go: docs/evidence/gateway-speed.md and, in short, the README, each part between marks of
//! its own.

use std::fs;

use anyhow::{Context, Result};

use crate::bench::report::between;
use crate::cargo;

const REPORT: &str = "docs/evidence/gateway-speed.md";
const README: &str = "README.md";

/// The connections that the README shows lookups of.
const SHOWN: &str = "| 64 |";

/// Writes a part into both.
pub(super) fn write(part: &str, text: &str) -> Result<()> {
    for (page, text) in [(REPORT, text.to_owned()), (README, summary(text))] {
        let path = cargo::root().join(page);
        let before = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(&path, between(&before, &begin(part), &text)?)?;
    }
    println!("{text}\nwritten to {REPORT} and {README}");
    Ok(())
}

fn begin(part: &str) -> String {
    format!("<!-- figures of `cargo xtask bench gateway {part}` -->\n")
}

/// The first table with names; of one that goes on for several numbers of connections, the rows of [`SHOWN`].
fn summary(text: &str) -> String {
    let tables = text.split("\n\n").filter(|part| part.starts_with('|'));
    let table =
        tables.clone().find(|table| table.contains(SHOWN)).or_else(|| tables.clone().next()).unwrap_or_default();
    let lines = table.lines().enumerate();
    let is_shown = |number: usize, line: &str| number < 2 || !table.contains(SHOWN) || line.contains(SHOWN);
    lines.filter(|(number, line)| is_shown(*number, line)).map(|(_, line)| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn the_readme_has_the_lookups_of_64_connections_that_stay() {
        let text = "Words.\n\nlibmunge:\n\n| threads |\n|---|\n| 1 |\n\nStay:\n\n| | connections |\n|---|---|\n| a | 1 |\n\
                    | a | 64 |\n| b | 64 |\n\nFresh:\n\n| | connections |\n|---|---|\n| c | 64 |\n";
        assert_eq!(summary(text), "| | connections |\n|---|---|\n| a | 64 |\n| b | 64 |\n");
    }

    #[test]
    fn the_readme_has_a_table_without_connections_whole() {
        assert_eq!(summary("Words.\n\n| nodes |\n|---|\n| 4096 |\n"), "| nodes |\n|---|\n| 4096 |\n");
    }
}
