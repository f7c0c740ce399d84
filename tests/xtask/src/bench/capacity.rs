//! The simulation of `shifter-site capacity` against queues that are there: sockets of this machine, its kernel's own waits and
//! repetitions, and as many clients as a launch has nodes.
//!
//! The servers do nothing but let time pass: what is held against the figures is the model of queues, not the speed of a gateway.

mod clients;
mod server;

#[path = "../../../../src/capacity/simulate.rs"]
#[cfg_attr(not(test), expect(dead_code, reason = "the toolkit asks the simulation for more than queues"))]
#[expect(unreachable_pub, unused_imports, reason = "the toolkit shows it to its own tests")]
mod simulate;

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

use self::clients::Heard;
use self::server::Server;
use self::simulate::{Client, Gateway, Launch, Lookup, Outcome, Scenario, Store, Time};
use super::{cpus, kernel, report};
use crate::cargo;

/// Where the last report lies.
const REPORT: &str = "docs/evidence/capacity.md";

const BEGIN: &str = "<!-- figures of `cargo xtask bench capacity` -->\n";

/// How long a client waits in all: shorter than its kernel would, so that a run ends soon.
const PATIENCE: Duration = Duration::from_secs(15);

/// How much later than told a node begins, in the mean.
const LAG: Duration = Duration::from_millis(500);

/// A server, and launches against it.
struct Setting {
    name: &'static str,
    service: Duration,
    threads: u32,
    room: u32,
    nodes: &'static [u32],
}

/// One as the original is, and one that has room for all.
const SETTINGS: [Setting; 2] = [
    Setting {
        name: "one at a time, 128 wait",
        service: Duration::from_millis(5),
        threads: 1,
        room: 128,
        nodes: &[1024, 2048, 4096, 16_384],
    },
    Setting {
        name: "two at a time, 4096 wait",
        service: Duration::from_millis(1),
        threads: 2,
        room: 4096,
        nodes: &[1024, 4096, 16_384],
    },
];

/// Lets clients ask, and writes what was predicted beside what was seen.
pub(crate) fn run() -> Result<()> {
    clients::many_descriptors()?;
    let mut text = format!(
        "Linux {}, {} CPUs, load average before: {}. Clients begin as in a simulated launch (mean lag {} ms, seed 1) and wait {} s at most; \
         tcp_syn_retries {}, tcp_syn_linear_timeouts {}. The service time is what the server took in the mean during the run itself. \
         A difference of times is in parts of the predicted one.\n\n\
         | server | clients | service ms | answered: predicted | seen | median s: predicted | seen | last s: predicted | seen | difference: \
         answered | median | last |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        kernel(),
        cpus(),
        fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or_default(),
        LAG.as_millis(),
        PATIENCE.as_secs(),
        of_the_kernel("tcp_syn_retries", 6),
        of_the_kernel("tcp_syn_linear_timeouts", 0),
    );
    for setting in &SETTINGS {
        for nodes in setting.nodes {
            let line = compare(setting, *nodes)?;
            print!("{line}");
            text.push_str(&line);
        }
    }
    let path = cargo::root().join(REPORT);
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    fs::write(&path, report::between(&page, BEGIN, &text)?)?;
    println!("written to {REPORT}");
    Ok(())
}

/// One launch, seen and predicted.
fn compare(setting: &Setting, nodes: u32) -> Result<String> {
    let server = Server::new(setting.service, setting.threads, setting.room)?;
    let begins: Vec<Duration> =
        simulate::begins(&scenario(setting, nodes, setting.service), 1).into_iter().map(Duration::from_nanos).collect();
    let heard = clients::ask(server.address(), &begins, PATIENCE)?;
    let service = server.end()?;
    let told = simulate::simulate(&scenario(setting, nodes, service), 1);
    Ok(row(setting.name, nodes, service, &told, &heard))
}

fn row(name: &str, nodes: u32, service: Duration, told: &Outcome, heard: &Heard) -> String {
    let seconds = |time: Time| time as f64 / 1e9;
    let answered = (told.starts - told.failed(), heard.waits.len());
    let median = (seconds(told.answered.median), heard.at(50).as_secs_f64());
    let last = (seconds(told.answered.last), heard.at(100).as_secs_f64());
    let part = |(told, heard): (f64, f64)| 100.0 * (heard - told) / told.max(f64::MIN_POSITIVE);
    let mut line = format!("| {name} | {nodes} | {:.2} ", service.as_secs_f64() * 1e3);
    let _ = write!(line, "| {} | {} ", answered.0, answered.1);
    let _ = write!(line, "| {:.2} | {:.2} | {:.2} | {:.2} ", median.0, median.1, last.0, last.1);
    let _ = writeln!(
        line,
        "| {:+.1} % | {:+.1} % | {:+.1} % |",
        part((answered.0 as f64, answered.1 as f64)),
        part(median),
        part(last)
    );
    line
}

/// The launch as the simulation knows it: nothing but questions.
fn scenario(setting: &Setting, nodes: u32, service: Duration) -> Scenario {
    let time = |span: Duration| span.as_nanos() as Time;
    Scenario {
        nodes,
        per_node: 1,
        launch: Launch { width: 1 << 20, hop: 0, lag: time(LAG), gather: None },
        lookup: Some(Lookup {
            endpoints: 1,
            gateway: Gateway { service: time(service), servers: setting.threads, room: setting.room },
            client: Client {
                before: 0,
                first_retry: 1_000_000_000,
                even_retries: of_the_kernel("tcp_syn_linear_timeouts", 0),
                // The kernel repeats that often besides (net/ipv4/tcp_timer.c).
                retries: of_the_kernel("tcp_syn_retries", 6) + of_the_kernel("tcp_syn_linear_timeouts", 0),
                timeout: Some(time(PATIENCE)),
            },
        }),
        directory: None,
        store: Store { requests: 0, per_second: 1, latency: 0, read: 0, bytes_per_second: 1 },
        setup: 0,
        further_setup: 0,
        cores: 1,
    }
}

/// A number of net.ipv4; what the kernel does that does not have it.
fn of_the_kernel(name: &str, missing: u32) -> u32 {
    let text = fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).unwrap_or_default();
    text.trim().parse().unwrap_or(missing)
}
