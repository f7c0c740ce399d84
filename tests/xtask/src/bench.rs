//! Comparisons with other container runtimes, side by side in one run, the speed of `check`, and the gateway under load. Figures are printed, never asserted.
//!
//! The peers come from Debian and run as their own documents recommend, on the same image unpacked beside ours. Runs are
//! interleaved: every round starts each contestant once, so that a busy moment of the machine falls on all of them.

mod capacity;
mod check;
mod contestants;
mod floor;
mod gateway;
mod report;
mod sample;
mod site;
mod start;

use anyhow::{Context, Result, bail};

/// `cargo xtask bench start [--rounds N]`, `cargo xtask bench check [--runs N]`, `cargo xtask bench gateway [--quick] [PART...]`,
/// `cargo xtask bench capacity`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["start"] => start::run(start::ROUNDS),
        ["start", "--rounds", number] => start::run(rounds(number)?),
        // What the two above run in a process of its own; and the smallest programs that start a container at all.
        ["start-inside", number] => start::inside(rounds(number)?),
        ["floor", source, command @ ..] => floor::start(source.as_ref(), command),
        ["capacity"] => capacity::run(),
        ["check"] => check::run(usize::MAX),
        ["check", "--runs", number] => check::run(rounds(number)?),
        ["check-inside", folder, words @ ..] => check::inside(folder.as_ref(), words),
        ["gateway", words @ ..] => gateway::run(words),
        ["gateway-inside", words @ ..] => gateway::inside(words),
        ["gateway-load"] => gateway::load(),
        _ => bail!(
            "usage: cargo xtask bench start [--rounds N] | check [--runs N] | gateway [--quick] [PART...] | capacity"
        ),
    }
}

fn rounds(number: &str) -> Result<usize> {
    number.parse().ok().filter(|number| *number > 0).with_context(|| format!("`{number}` is no number of rounds"))
}

fn kernel() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned()
}

fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
