//! Who keeps the daemon, and sees to it that nothing is left of it.
//!
//! The program is two processes. This one starts the daemon, becomes the parent of whatever loses its own (as the first
//! process of a PID namespace, or by `PR_SET_CHILD_SUBREAPER`), and ends everything below it when it is told to end, or
//! when the daemon ends: setsid(2), a double fork and nohup(1) do not lead out of that. As the first process of a PID
//! namespace it need not even be told: the kernel ends the namespace with it, whatever ends it (pid_namespaces(7)).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use rustix::process::{self, Pid, Signal, WaitOptions};
use tokio::signal::unix::{SignalKind, signal};

use crate::leader::OURSELVES;

/// The first word of the daemon's command line.
pub(crate) const DAEMON: &str = "daemon";

/// How long whatever runs may take to be gone after it was ended by SIGKILL; a process in a call to a file server that
/// does not answer goes when it does.
const PATIENCE: Duration = Duration::from_secs(10);
const BETWEEN: Duration = Duration::from_millis(20);
/// How often whatever runs is stopped again, until nothing new is found that still runs.
const MOST_ROUNDS: u32 = 100;

/// How it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// It ends when the process ends that started it.
    pub with_parent: bool,
    /// When the daemon has begun, nothing of it holds the descriptors that it was started with.
    pub silent: bool,
}

/// Starts the daemon with these words, and stays until it has ended.
///
/// # Errors
/// When it cannot begin. How the daemon ended is no error; what it ends with is that.
pub fn keep(words: &[std::ffi::OsString], keeping: Keeping) -> io::Result<ExitCode> {
    let parent = process::getppid();
    process::set_child_subreaper(Some(process::getpid()))?;
    if keeping.with_parent {
        process::set_parent_process_death_signal(Some(Signal::TERM))?;
        // ORDER: a parent that ended before sends no signal.
        if process::getppid() != parent {
            return Ok(ExitCode::FAILURE);
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut children = signal(SignalKind::child())?;
        let mut ends =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?);
        let daemon = Command::new(OURSELVES)
            .arg(DAEMON)
            .arg(std::process::id().to_string())
            .args(words)
            .stdin(Stdio::null())
            .spawn()?;
        if keeping.silent {
            crate::silent::keep_quiet()?;
        }
        let ended = loop {
            tokio::select! {
                _ = children.recv() => {
                    if let Some(status) = reap(daemon.id()) {
                        break status;
                    }
                }
                _ = ends.0.recv() => break Some(0),
                _ = ends.1.recv() => break Some(0),
                _ = ends.2.recv() => break Some(0),
            }
        };
        end_all().await;
        Ok(ended.map_or(ExitCode::FAILURE, ExitCode::from))
    })
}

/// Takes every child that has ended; the daemon's status, if it is among them.
#[expect(clippy::option_option, reason = "it may have ended without a status")]
fn reap(daemon: u32) -> Option<Option<u8>> {
    let mut of_daemon = None;
    while let Ok(Some((pid, status))) = process::wait(WaitOptions::NOHANG) {
        if u32::try_from(pid.as_raw_nonzero().get()) == Ok(daemon) {
            let status = std::process::ExitStatus::from_raw(status.as_raw());
            of_daemon = Some(status.code().and_then(|code| u8::try_from(code).ok()));
        }
    }
    of_daemon
}

/// Ends whatever is below this process, and waits for it.
///
/// First everything is stopped, until no round finds anything that runs: what is stopped makes no child that a look at
/// `/proc` could miss. Then everything is ended, and what its end leaves behind comes to this process and is ended too.
async fn end_all() {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut stopped = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let running: Vec<Pid> = below().into_iter().filter(|pid| !stopped.contains(&pid.as_raw_nonzero())).collect();
        if running.is_empty() {
            break;
        }
        for pid in running {
            let _is_gone = process::kill_process(pid, Signal::STOP);
            stopped.insert(pid.as_raw_nonzero());
        }
    }
    while tokio::time::Instant::now() < deadline {
        for pid in below() {
            let _is_gone = process::kill_process(pid, Signal::KILL);
        }
        reap(0);
        // `ECHILD`: there is nobody left.
        if matches!(process::wait(WaitOptions::NOHANG), Err(rustix::io::Errno::CHILD)) {
            return;
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// All processes below this one, by their parents.
fn below() -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for entry in entries.flatten() {
        let pid: Option<i32> = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let stat = std::fs::read(entry.path().join("stat")).unwrap_or_default();
        if let (Some(pid), Some(parent)) = (pid, parent(&String::from_utf8_lossy(&stat))) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut next = vec![process::getpid().as_raw_nonzero().get()];
    while let Some(pid) = next.pop() {
        let of = children.remove(&pid).unwrap_or_default();
        found.extend(of.iter().copied().filter_map(Pid::from_raw));
        next.extend(of);
    }
    found
}

/// The fourth field of `/proc/PID/stat`; the second, a name in brackets, may hold anything.
fn parent(stat: &str) -> Option<i32> {
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_hides_no_parent() {
        assert_eq!(parent("12 (a) R 1) (b) S 7 12 12 0"), Some(7));
        assert_eq!(parent("12 (a"), None);
    }

    #[test]
    fn a_child_is_below_us() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).unwrap();
        assert!(below().contains(&pid));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
