//! The image gateway under load: lookups beside a server that does nothing, a whole machine that starts at once, and pulls
//! beside the programs that do their parts.
//!
//! Whoever asks shares the processors with whoever answers, so the tables give the processor time of both; rates are those of
//! this machine with both on it.

mod big;
mod convert;
mod generator;
mod layout;
mod load;
mod lookups;
mod process;
mod report;
mod site;
mod storm;

use anyhow::{Context, Result, bail};

use super::{cpus, kernel};
use crate::{cargo, packages};

pub(super) use load::run as load;

/// A part of the bench: its figures as text.
type Part = fn(Size) -> Result<String>;

/// What is measured, in the order of the report.
const PARTS: &[(&str, Part)] =
    &[("lookups", lookups::measure), ("storm", storm::measure), ("convert", convert::measure)];

/// How thorough a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// For figures.
    Full,
    /// To see whether it works.
    Quick,
}

/// `cargo xtask bench gateway [--quick] [PART...]`: builds, and measures in a process that was built with optimisation.
pub(super) fn run(words: &[&str]) -> Result<()> {
    for wanted in [packages::FOR_TESTS, packages::FOR_BENCHES] {
        if let Err(error) = packages::ensure(wanted) {
            // A peer that cannot be had is named in the report; without munged or tar2sqfs there is nothing to report.
            println!("{error:#}");
        }
    }
    println!("building with optimisation (some minutes the first time)");
    cargo::run(&mut cargo::cargo(&[
        "build",
        "--quiet",
        "--release",
        "--package",
        "shifter-imagegw",
        "--bins",
        "--example",
        "bare",
    ]))?;
    cargo::run(&mut cargo::cargo(&["build", "--quiet", "--release", "--package", "xtask"]))?;
    let mut inside = std::process::Command::new(cargo::programs("release").join("xtask"));
    cargo::run(inside.args(["bench", "gateway-inside"]).args(words))
}

/// The measurements themselves. Figures go into the pages only from a full run.
pub(super) fn inside(words: &[&str]) -> Result<()> {
    let (options, wanted): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with("--"));
    let size = match options.as_slice() {
        [] => Size::Full,
        ["--quick"] => Size::Quick,
        _ => bail!("usage: cargo xtask bench gateway [--quick] [PART...]"),
    };
    let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
    if let Some(other) = wanted.iter().find(|name| !known.contains(name)) {
        bail!("no part `{other}`; there are {}", known.join(", "));
    }
    for (name, measure) in PARTS.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)) {
        let load = std::fs::read_to_string("/proc/loadavg").context("the load")?;
        let text = format!(
            "Linux {}, {} CPUs; load average before: {}.\n\n{}",
            kernel(),
            cpus(),
            load.split(' ').next().unwrap_or_default(),
            measure(size)?
        );
        match size {
            Size::Full => report::write(name, &text)?,
            Size::Quick => println!("{text}"),
        }
    }
    Ok(())
}
