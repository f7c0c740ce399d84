//! `docs/evidence/fuzz.md`: a row for each target, of the last run that was to be reported.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Fuzzed, Target, targets};
use crate::cargo;

const REPORT: &str = "docs/evidence/fuzz.md";

const HEAD: &str = "\
# Fuzzing

Of each target the last run that `cargo xtask fuzz --report` reported. Targets are built with debug assertions and checks of overflow.
What counts as broken: a panic, a promise that is not held, an error of memory, more than 10 s for an input, more than 2 GiB of memory.

libFuzzer ran them, with the compiler's coverage. On a machine that does other work too a target runs less than its time: the seconds
of a processor say how much it really ran. Edges are those of the control flow that were taken; ways are the inputs of the fuzzer's
corpus at the end, each of which takes one of its own.

| target | holds | seconds | of a processor | inputs | edges | ways | AddressSanitizer | date | compiler, kernel | result |
|---|---|---:|---:|---:|---:|---:|---|---|---|---|
";

/// Puts the row of a target in the place of its last one.
pub(super) fn add(target: &Target, fuzzed: &Fuzzed, address: bool) -> Result<()> {
    let path = cargo::root().join(REPORT);
    let mut rows = rows(&fs::read_to_string(&path).unwrap_or_default());
    rows.insert(target.name.clone(), row(target, fuzzed, address)?);
    let mut text = HEAD.to_owned();
    for target in targets()? {
        if let Some(row) = rows.get(&target.name) {
            let _ = writeln!(text, "{row}");
        }
    }
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The rows of a report by their targets.
fn rows(report: &str) -> BTreeMap<String, String> {
    let name = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    report.lines().filter_map(|line| Some((name(line)?, line.to_owned()))).collect()
}

fn row(target: &Target, fuzzed: &Fuzzed, address: bool) -> Result<String> {
    let source = fs::read_to_string(&target.source)?;
    let Fuzzed { is_clean, seconds, processor, inputs, edges, corpus } = fuzzed;
    Ok(format!(
        "| `{}` | {} | {seconds} | {processor} | {inputs} | {edges} | {corpus} | {} | {} | {}, Linux {} | {} |",
        target.name,
        holds(&source),
        if address { "yes" } else { "no" },
        said(Command::new("date").args(["-u", "+%F"]))?,
        said(Command::new("rustc").arg("--version"))?.split_whitespace().take(2).collect::<Vec<_>>().join(" "),
        said(Command::new("uname").arg("-r"))?,
        if *is_clean { "held" } else { "**broken**" },
    ))
}

/// What a target says of itself.
fn holds(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    lines.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn said(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run {program}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_row_for_each_target() {
        let report = format!("{HEAD}| `meta` | x | 1 |\n| `deny` | y | 2 |\n");
        let found = rows(&report);
        assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), ["deny", "meta"]);
        assert_eq!(found["deny"], "| `deny` | y | 2 |");
    }

    #[test]
    fn a_target_is_described_by_its_first_lines() {
        assert_eq!(
            holds("//! Any bytes: what is\n//! accepted `a|b` prints.\n#![no_main]\n//! x\n"),
            "Any bytes: what is accepted `a\\|b` prints."
        );
    }
}
