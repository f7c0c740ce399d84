//! Processes under measurement: started here, ended with their owner, and what they use.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::unistd::{SysconfVar, sysconf};

/// A child that does not outlive this value.
pub(super) struct Process(Child);

impl Process {
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.spawn().map(Self).with_context(|| format!("cannot run {program}"))
    }

    pub(super) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// User and system time so far, of all its threads, and of the children it waited for.
    pub(super) fn cpu(&self) -> Result<Duration> {
        let [user, system, of_children @ ..] = times(self.id())?;
        ticks(user + system + of_children.iter().sum::<u64>())
    }

    /// Waits until `is_ready`.
    pub(super) fn wait_until(&mut self, what: &str, is_ready: impl Fn() -> bool) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_ready() {
            if let Some(status) = self.0.try_wait()? {
                bail!("{what} ended: {status}");
            }
            if Instant::now() > deadline {
                bail!("{what} does not begin");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// utime, stime, cutime and cstime of proc_pid_stat(5), in ticks.
fn times(pid: u32) -> Result<[u64; 4]> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = text.rsplit_once(") ").context("a process")?.1.split(' ').skip(11).take(4);
    let fields: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>()?;
    <[u64; 4]>::try_from(fields).map_err(|_| anyhow::anyhow!("/proc/{pid}/stat is short"))
}

fn ticks(count: u64) -> Result<Duration> {
    let second = sysconf(SysconfVar::CLK_TCK)?.context("the length of a tick")?;
    Ok(Duration::from_secs_f64(count as f64 / second as f64))
}

/// KiB in memory of a process and all it has started.
pub(super) fn memory_of_tree(root: u32) -> u64 {
    let mut all = vec![root];
    let mut sum = 0;
    while let Some(pid) = all.pop() {
        let folder = Path::new("/proc").join(pid.to_string());
        // A process that ends meanwhile uses nothing.
        let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        sum += line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default();
        for thread in fs::read_dir(folder.join("task")).into_iter().flatten().flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    sum
}
