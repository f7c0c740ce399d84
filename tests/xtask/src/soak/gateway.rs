//! Gateways, killed under load on each store, without their database, and cut off from it.

use std::path::Path;

use anyhow::{Context, Result};

use crate::{cargo, packages};

/// So many seconds the database is away.
const AWAY: &str = "30";

/// Runs the suite's own tests for longer, and those that it leaves out; gives the text of the report.
pub(super) fn run(kills: &str) -> Result<String> {
    packages::ensure(packages::FOR_TESTS)?;
    let part = cargo::root().join("target/soak-gateway.md");
    let killed = tests(&part, &["random::", "--test-threads=1"], ("SHIFTER_KILLS", kills))?;
    tests(&part, &["two::"], ("SHIFTER_AWAY", AWAY))?;
    let cut = tests(&part, &["cut::", "--ignored"], ("SHIFTER_AWAY", AWAY))?;
    Ok(format!(
        "# The gateway, killed and cut off\n\n\
         Last report of `cargo xtask soak gateway`. A gateway is asked for pulls and removals of 40 images, sent SIGKILL after up to \
         0.4 s, and started again, over and over. At the end every pull that was accepted must have ended with its image there, no \
         record may lack its file, and no file its record. All held.\n\n\
         | store | kills | pulls that were begun | requests that were accepted | images at the end |\n|---|---|---|---|---|\n{killed}\n\
         Two gateways on one PostgreSQL: one was killed in the middle of a pull, which the other one ended; the database was stopped \
         for {AWAY} s in the middle of another, which ended all the same, once, while both answered lookups of known images; and the \
         network between a gateway and the database was cut in the middle of a third.\n\n{cut}"
    ))
}

/// Runs some of the service's tests; gives back what they report.
fn tests(part: &Path, which: &[&str], (name, value): (&str, &str)) -> Result<String> {
    // The tests add a line each.
    std::fs::write(part, "").with_context(|| format!("cannot write {}", part.display()))?;
    let service = ["test", "--package", "shifter-imagegw", "--test", "service", "--", "--nocapture"];
    let mut command = cargo::cargo(&[&service[..], which].concat());
    cargo::run(command.env(name, value).env("SHIFTER_SOAK_REPORT", part))?;
    std::fs::read_to_string(part).with_context(|| format!("cannot read {}", part.display()))
}
