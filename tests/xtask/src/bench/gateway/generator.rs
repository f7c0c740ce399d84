//! A load generator as its owner sees it: a process that prepares, begins when it is told to, and reports.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use super::load::{Plan, Seen};
use super::process::Process;

/// A process that sends requests.
pub(super) struct Generator {
    /// Ends with this value.
    _process: Process,
    orders: ChildStdin,
    reports: BufReader<ChildStdout>,
}

impl Generator {
    /// Starts one and waits until it has all it needs.
    pub(super) fn prepare(plan: &Plan) -> Result<Self> {
        let mut generator = Self::start(plan)?;
        expect_ready(&mut generator.reports)?;
        Ok(generator)
    }

    fn start(plan: &Plan) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bench", "gateway-load"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::start(&mut command)?;
        let mut orders = process.child().stdin.take().context("a pipe")?;
        let reports = BufReader::new(process.child().stdout.take().context("a pipe")?);
        writeln!(orders, "{}", serde_json::to_string(plan)?)?;
        Ok(Self { _process: process, orders, reports })
    }

    /// Several that prepare at the same time.
    pub(super) fn prepare_all(plans: &[Plan]) -> Result<Vec<Self>> {
        let mut all = plans.iter().map(Self::start).collect::<Result<Vec<_>>>()?;
        all.iter_mut().try_for_each(|generator| expect_ready(&mut generator.reports))?;
        Ok(all)
    }

    /// Lets it go.
    pub(super) fn begin(&mut self) -> Result<()> {
        Ok(writeln!(self.orders, "begin")?)
    }

    /// Waits for what it saw.
    pub(super) fn finish(mut self) -> Result<Seen> {
        let mut line = String::new();
        self.reports.read_line(&mut line)?;
        serde_json::from_str(&line).context("the load generator broke")
    }
}

/// Waits for a process to say so.
pub(super) fn expect_ready(reports: &mut impl BufRead) -> Result<()> {
    let mut line = String::new();
    reports.read_line(&mut line)?;
    ensure!(line == "ready\n", "a process did not begin; it said {line:?}");
    Ok(())
}

/// User and system time of this process so far.
pub(super) fn own_cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok(Duration::from_micros(u64::try_from((usage.user_time() + usage.system_time()).num_microseconds())?))
}
