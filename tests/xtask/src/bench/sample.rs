//! Measured runs and their summary.

use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::contestants::Contestant;

/// What one run cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// From before the first fork until the last wait.
    pub(super) wall: Duration,
    /// User and system time of all processes waited for.
    pub(super) cpu: Duration,
}

/// Starts a contestant so many times at once, and waits for the last.
pub(super) fn measure(contestant: &Contestant, at_once: usize) -> Result<Cost> {
    contestant.before()?;
    let used = cpu_of_children()?;
    let begun = Instant::now();
    let children = (0..at_once).map(|_| contestant.spawn()).collect::<Result<Vec<Child>>>()?;
    let mut failed = 0;
    for mut child in children {
        failed += usize::from(!child.wait()?.success());
    }
    let cost = Cost { wall: begun.elapsed(), cpu: cpu_of_children()?.saturating_sub(used) };
    contestant.after()?;
    if failed > 0 {
        bail!("{} of {at_once} starts of {} failed", failed, contestant.name);
    }
    Ok(cost)
}

/// User and system time of all children waited for so far.
pub(super) fn cpu_of_children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok(Duration::from_micros(u64::try_from((usage.user_time() + usage.system_time()).num_microseconds())?))
}

/// Peak memory in KiB of the largest process, by time(1), whose own process is small: a child begins with the peak of its
/// parent.
pub(super) fn peak(contestant: &Contestant) -> Result<u64> {
    contestant.before()?;
    let output = contestant.command(&["/usr/bin/time", "-f", "%M"]).stderr(std::process::Stdio::piped()).output()?;
    contestant.after()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().last().and_then(|line| line.trim().parse().ok()).with_context(|| format!("time(1) said {said:?}"))
}

/// System calls of all its processes, the loader's and the command's included, by strace(1).
pub(super) fn calls(contestant: &Contestant) -> Result<u64> {
    contestant.before()?;
    let file = std::env::temp_dir().join(format!("shifter-bench-calls-{}", std::process::id()));
    let report = file.display().to_string();
    let mut before = vec!["strace", "-f", "-qq", "-c", "-o", &report];
    if contestant.user == "nobody" {
        before.extend(["-u", "nobody"]);
    }
    let status = contestant.command(&before).status();
    contestant.after()?;
    let text = std::fs::read_to_string(&file);
    // Nobody else wants it.
    let _ = std::fs::remove_file(&file);
    if !status?.success() {
        bail!("it does not run under strace");
    }
    let text = text?;
    let total = text.lines().rev().find(|line| line.ends_with("total"));
    // % time, seconds, usecs/call, calls[, errors], total
    let count = total.and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    count.with_context(|| format!("strace said {text:?}"))
}

/// The costs of one contestant's runs.
#[derive(Debug, Default)]
pub(super) struct Samples(Vec<Cost>);

/// Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Summary {
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) p95: f64,
}

impl Samples {
    pub(super) fn add(&mut self, cost: Cost) {
        self.0.push(cost);
    }

    pub(super) fn wall(&self) -> Summary {
        Summary::of(self.0.iter().map(|cost| cost.wall))
    }

    pub(super) fn cpu(&self) -> Summary {
        Summary::of(self.0.iter().map(|cost| cost.cpu))
    }
}

impl Summary {
    /// Of at least one duration; the percentiles are the nearest ranks.
    fn of(durations: impl Iterator<Item = Duration>) -> Self {
        let mut sorted: Vec<f64> = durations.map(|duration| duration.as_secs_f64() * 1000.0).collect();
        sorted.sort_by(f64::total_cmp);
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).saturating_sub(1)];
        Self { min: sorted[0], median: rank(50), p95: rank(95) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let summary = Summary::of((1..=20).map(Duration::from_millis));
        assert_eq!(summary, Summary { min: 1.0, median: 10.0, p95: 19.0 });
    }
}
