//! Where the figures of `bench gateway` go: docs/evidence/gateway-speed.md, each part between marks of its own.

use std::fs;

use anyhow::{Context, Result};

use crate::bench::report::between;
use crate::cargo;

const REPORT: &str = "docs/evidence/gateway-speed.md";

/// Writes a part.
pub(super) fn write(part: &str, text: &str) -> Result<()> {
    let path = cargo::root().join(REPORT);
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    fs::write(&path, between(&page, &begin(part), text)?)?;
    println!("{text}\nwritten to {REPORT}");
    Ok(())
}

fn begin(part: &str) -> String {
    format!("<!-- figures of `cargo xtask bench gateway {part}` -->\n")
}
