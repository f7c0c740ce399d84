//! Comparisons with other container runtimes, side by side in one run, and the speed of `check`. Figures are printed, never asserted.
//!
//! The peers come from Debian and run as their own documents recommend, on the same image unpacked beside ours. Runs are
//! interleaved: every round starts each contestant once, so that a busy moment of the machine falls on all of them.

mod check;
mod contestants;
mod floor;
mod sample;

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{cargo, packages};

/// Rounds when nobody says otherwise.
const ROUNDS: usize = 100;

/// `cargo xtask bench start [--rounds N]`, `cargo xtask bench check`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["start"] => on_a_scratch_machine(ROUNDS),
        ["start", "--rounds", number] => on_a_scratch_machine(rounds(number)?),
        // What the two above run once they have a machine; and the smallest program that starts a container at all.
        ["start-inside", number] => start(rounds(number)?),
        ["floor", image, command] => floor::start(image.as_ref(), command.as_ref()),
        ["check"] => check::run(),
        ["check-inside", size, folder] => check::inside(size, folder.as_ref()),
        _ => bail!("usage: cargo xtask bench start [--rounds N] | check"),
    }
}

fn rounds(number: &str) -> Result<usize> {
    number.parse().ok().filter(|number| *number > 0).with_context(|| format!("`{number}` is no number of rounds"))
}

/// A site with a gateway and a pulled image, and on it the comparison.
fn on_a_scratch_machine(rounds: usize) -> Result<()> {
    packages::ensure(packages::FOR_BENCHES)?;
    println!("building with optimisation (some minutes the first time)");
    cargo::build_programs("release")?;
    cargo::run(&mut cargo::cargo(&["build", "--quiet", "--release", "--package", "xtask"]))?;
    let programs = cargo::programs("release");
    let mut command = Command::new(programs.join("shifter-site"));
    command.current_dir(cargo::root()).args(["try", "site-profiles/laptop.toml", "--on-machine", "--"]);
    cargo::run(command.arg(programs.join("xtask")).args(["bench", "start-inside", &rounds.to_string()]))
}

/// Cold start of `/bin/true`, as a Markdown table.
fn start(rounds: usize) -> Result<()> {
    let contestants = contestants::all()?;
    let mut samples: Vec<sample::Samples> = contestants.iter().map(|_| sample::Samples::default()).collect();
    for contestant in &contestants {
        // One run nobody counts: page cache and dentries are warm for all alike.
        contestant.run()?;
    }
    for _ in 0..rounds {
        for (contestant, samples) in contestants.iter().zip(&mut samples) {
            samples.add(contestant.run()?);
        }
    }
    let floor = contestants
        .iter()
        .zip(&samples)
        .find(|(contestant, _)| contestant.is_floor)
        .map(|(_, samples)| samples.wall().median)
        .context("one contestant is the floor")?;
    println!("Cold start of `/bin/true`, {rounds} interleaved rounds, Linux {}, {} CPUs.\n", kernel(), cpus());
    println!("| | as | image | wall ms: median | min | p95 | CPU ms: median | wall, floor = 1 |");
    println!("|---|---|---|---:|---:|---:|---:|---:|");
    for (contestant, samples) in contestants.iter().zip(&samples) {
        let (wall, cpu) = (samples.wall(), samples.cpu());
        println!(
            "| {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} |",
            contestant.name,
            contestant.user,
            contestant.image,
            wall.median,
            wall.min,
            wall.p95,
            cpu.median,
            wall.median / floor
        );
    }
    Ok(())
}

fn kernel() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned()
}

fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
