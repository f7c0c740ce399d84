//! Gateways, killed under load on each store.

use anyhow::{Context, Result};

use crate::{cargo, packages};

/// Runs the suite's own test of random kills with more of them; gives the text of the report.
pub(super) fn run(kills: &str) -> Result<String> {
    packages::ensure(packages::FOR_TESTS)?;
    let part = cargo::root().join("target/soak-gateway.md");
    // The tests add a line each.
    std::fs::write(&part, "").with_context(|| format!("cannot write {}", part.display()))?;
    let service = ["test", "--package", "shifter-imagegw", "--test", "service"];
    let mut command = cargo::cargo(&[&service[..], &["--", "random::", "--nocapture", "--test-threads=1"]].concat());
    cargo::run(command.env("SHIFTER_KILLS", kills).env("SHIFTER_KILLS_REPORT", &part))?;
    let lines = std::fs::read_to_string(&part).with_context(|| format!("cannot read {}", part.display()))?;
    Ok(format!(
        "# The gateway, killed\n\n\
         Last report of `cargo xtask soak gateway`. A gateway is asked for pulls and removals of 40 images, sent SIGKILL after up to \
         0.4 s, and started again, over and over. At the end every pull that was accepted must have ended with its image there, no \
         record may lack its file, and no file its record.\n\n\
         | store | kills | pulls that were begun | requests that were accepted | images at the end |\n|---|---|---|---|---|\n{lines}"
    ))
}
