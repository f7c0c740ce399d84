//! Comparisons with other container runtimes, side by side in one run. Figures are printed, never asserted.

use anyhow::{Result, bail};

use crate::packages;

/// `cargo xtask bench start`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    packages::ensure(packages::FOR_BENCHES)?;
    bail!("no benchmark `{}`", arguments.join(" "))
}
