//! `cargo xtask test`: the whole suite, its counts added up, closed by one line.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::{cargo, fuzz, packages, wheels};

/// Seconds each fuzz target gets within the suite.
const FUZZ_SECONDS: u32 = 5;

/// What the test programs said, added up.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Counts {
    /// Adds what a line `test result: ok. 3 passed; 0 failed; 1 ignored; …` says; other lines say nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.trim_start().strip_prefix("test result: ") else { return };
        for part in result.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }
}

/// Runs the suite with `arguments` for `cargo test`, then every fuzz target that is quick to build for a few seconds.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    packages::ensure(packages::FOR_TESTS)?;
    wheels::ensure()?;
    cargo::build_programs("dev")?;
    let mut command = cargo::cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot run cargo test")?;
    let output = child.stdout.take().expect("standard output is a pipe");
    let mut counts = Counts::default();
    for line in BufReader::new(output).lines() {
        let line = line.context("cannot read what cargo test prints")?;
        println!("{line}");
        counts.add(&line);
    }
    let tests = child.wait().context("cannot wait for cargo test")?;
    let fuzzed = if arguments.is_empty() { fuzz::briefly(FUZZ_SECONDS)? } else { Vec::new() };
    for target in fuzzed {
        if target.is_clean {
            counts.passed += 1;
        } else {
            counts.failed += 1;
        }
    }
    println!("\n{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
    if !tests.success() || counts.failed > 0 {
        bail!("the test suite failed");
    }
    if counts.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_programs_add_up() {
        let mut counts = Counts::default();
        counts.add("running 3 tests");
        counts.add("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        counts.add("test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.50s");
        assert_eq!(counts, Counts { passed: 5, failed: 4, skipped: 1 });
    }
}
