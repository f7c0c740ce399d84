//! Runs of the toolkit, and what they cost.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use crate::bench::sample::{Cost, Samples, Summary};
use crate::cargo;

/// Several runs of the same.
#[derive(Debug, Default)]
pub(super) struct Runs {
    samples: Samples,
    peaks: Vec<i64>,
}

impl Runs {
    /// Runs `shifter-site WORD...` in `folder` so many times.
    pub(super) fn of(times: usize, folder: &Path, words: &[String]) -> Result<Self> {
        let mut runs = Self::default();
        for _ in 0..times {
            let (cost, peak) = one(folder, words)?;
            runs.samples.add(cost);
            runs.peaks.push(peak);
        }
        Ok(runs)
    }

    pub(super) fn wall(&self) -> Summary {
        self.samples.wall()
    }

    pub(super) fn cpu(&self) -> Summary {
        self.samples.cpu()
    }

    /// The most memory that a run had at once, in MiB.
    pub(super) fn peak(&self) -> f64 {
        self.peaks.iter().copied().max().unwrap_or_default() as f64 / 1024.0
    }
}

/// A run below a process of its own: what children cost is known of all of them together, and their peak of the largest.
fn one(folder: &Path, words: &[String]) -> Result<(Cost, i64)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "check-inside"]).arg(folder).args(words);
    let output = command.output().context("cannot run xtask")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<u64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    match numbers.as_slice() {
        [wall, cpu, peak] => {
            let cost = Cost { wall: Duration::from_micros(*wall), cpu: Duration::from_micros(*cpu) };
            Ok((cost, i64::try_from(*peak)?))
        }
        _ => bail!("cannot read `{text}`"),
    }
}

/// The run itself: microseconds of wall clock and of processor, and the peak in KiB, on standard output.
pub(crate) fn inside(folder: &Path, words: &[&str]) -> Result<()> {
    let mut command = Command::new(cargo::programs("release").join("shifter-site"));
    command.args(words).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status().context("cannot run shifter-site")?;
    let wall = begun.elapsed();
    if !status.success() {
        bail!("shifter-site ended with {status}");
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = (usage.user_time() + usage.system_time()).num_microseconds();
    println!("{} {cpu} {}", wall.as_micros(), usage.max_rss());
    Ok(())
}
