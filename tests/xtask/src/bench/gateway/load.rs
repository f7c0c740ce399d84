//! The load generator: many connections from one process, a few threads, raw sockets.
//!
//! It is told what to do by one line of JSON on its standard input, prepares (mints credentials, opens connections that stay),
//! says `ready`, waits for another line, works, and prints what it saw as one line of JSON. A process of its own, so that its
//! processor time is not the gateway's; it knows as much HTTP as it takes to find the end of an answer.

mod client;
mod histogram;
mod socket;

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use shifter_munge::Munge;

use super::generator::own_cpu;
use client::Client;
pub(in crate::bench) use histogram::Histogram;

/// Where requests go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::bench) enum Target {
    /// A socket file.
    Unix(PathBuf),
    /// An address of 127.0.0.0/8 with its port.
    Tcp(std::net::SocketAddrV4),
}

/// How long a connection lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::bench) enum Connections {
    /// It carries one request after another.
    KeptAlive,
    /// Each request has its own.
    Fresh,
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::bench) enum Until {
    /// So many seconds have passed.
    Seconds(f64),
    /// So many requests were sent.
    Requests(usize),
}

/// What to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::bench) struct Plan {
    pub(in crate::bench) target: Target,
    pub(in crate::bench) path: String,
    pub(in crate::bench) connections: Connections,
    /// Open at once.
    pub(in crate::bench) at_once: usize,
    pub(in crate::bench) threads: usize,
    pub(in crate::bench) until: Until,
    /// The munged that mints a credential for each of the requests, which must be counted then.
    pub(in crate::bench) munge: Option<PathBuf>,
    /// Tells processes apart that send at the same time: their addresses.
    pub(in crate::bench) number: u8,
}

/// What was seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::bench) struct Seen {
    /// Answers with status 200.
    pub(in crate::bench) answered: u64,
    /// All else: other answers, connections refused or cut off, no answer in time.
    pub(in crate::bench) failed: u64,
    /// What the first failure was.
    pub(in crate::bench) first_failure: Option<String>,
    /// Seconds from the word to begin until the last answer.
    pub(in crate::bench) wall: f64,
    /// Seconds of this process between the same.
    pub(in crate::bench) cpu: f64,
    /// From connecting, or sending on an open connection, to the last byte of the answer.
    pub(in crate::bench) latency: Histogram,
}

impl Seen {
    /// Adds what another thread or process saw at the same time.
    pub(in crate::bench) fn add(&mut self, other: Seen) {
        self.answered += other.answered;
        self.failed += other.failed;
        self.first_failure = self.first_failure.take().or(other.first_failure);
        self.wall = self.wall.max(other.wall);
        self.cpu += other.cpu;
        self.latency.add(&other.latency);
    }
}

/// What all threads share.
struct Work {
    plan: Plan,
    /// A request each, or one for all.
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    deadline: Option<Duration>,
}

/// The process: reads its plan, works, reports.
pub(in crate::bench) fn run() -> Result<()> {
    let mut lines = std::io::stdin().lock().lines();
    let plan: Plan = serde_json::from_str(&lines.next().context("no plan")??)?;
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    let threads = plan.threads.clamp(1, plan.at_once);
    let share = |n: usize| plan.at_once / threads + usize::from(n < plan.at_once % threads);
    let deadline = match plan.until {
        Until::Seconds(seconds) => Some(Duration::from_secs_f64(seconds)),
        Until::Requests(_) => None,
    };
    let work = Arc::new(Work { requests: requests(&plan)?, plan: plan.clone(), next: AtomicUsize::new(0), deadline });
    let clients: Result<Vec<Client>> = (0..threads).map(|n| Client::new(&work, share(n), n)).collect();
    let clients = clients?;
    say("ready")?;
    lines.next().context("nobody says when to begin")??;

    let (used, begun) = (own_cpu()?, Instant::now());
    let running: Vec<_> = clients.into_iter().map(|client| std::thread::spawn(move || client.run(begun))).collect();
    let mut seen = Seen::default();
    for thread in running {
        seen.add(thread.join().map_err(|_| anyhow::anyhow!("a thread of the load generator broke"))??);
    }
    seen.cpu = (own_cpu()? - used).as_secs_f64();
    say(&serde_json::to_string(&seen)?)
}

/// The bytes of every request.
fn requests(plan: &Plan) -> Result<Vec<Vec<u8>>> {
    let close = match plan.connections {
        Connections::KeptAlive => "",
        Connections::Fresh => "Connection: close\r\n",
    };
    let head = format!("GET {} HTTP/1.1\r\nHost: gateway\r\n{close}", plan.path);
    let (Some(socket), Until::Requests(count)) = (&plan.munge, plan.until) else {
        return Ok(vec![format!("{head}\r\n").into_bytes()]);
    };
    let munge = Munge::load()?;
    let mint = || -> Result<Vec<u8>> {
        let credential = munge.encode(Some(socket), b"")?;
        Ok(format!("{head}authentication: {credential}\r\n\r\n").into_bytes())
    };
    (0..count).map(|_| mint()).collect()
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
