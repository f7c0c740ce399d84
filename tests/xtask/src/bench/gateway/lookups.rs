//! Lookups: how many in a second, how long each takes, and what each costs.
//!
//! On the socket file the kernel says who asks; on the port a munge credential does, one for each request and minted before,
//! or nobody. Beside them, in turn, a hyper server of the same settings that answers every request with as many bytes, and
//! libmunge alone.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use shifter_munge::Munge;

use super::layout;
use super::load::{Connections, Plan, Target, Until};
use super::process::Process;
use super::site::{Folder, Gateway, Munged, free_address, lookup};
use super::{Size, generator};
use crate::cargo;

/// The image that is looked up.
const IMAGE: &str = "app:1";

/// Connections at once.
const CROWDS: [usize; 5] = [1, 8, 64, 512, 4096];

/// Who is asked, and how.
struct Contestant<'a> {
    name: &'static str,
    process: &'a Process,
    target: Target,
    munge: Option<&'a Munged>,
}

pub(super) fn measure(size: Size) -> Result<String> {
    let folder = Folder::new("lookups")?;
    let munged = Munged::start(&folder)?;
    let layouts = folder.path("layouts");
    layout::write(&layouts, "app", &[layout::nothing(&folder)?])?;
    let gateway = Gateway::start(&folder, &munged.socket, &layouts)?;
    gateway.wait_for(&[IMAGE.to_owned()])?;
    let length = gateway.ask("GET", &lookup(IMAGE))?.to_string().len();
    let bare = Bare::start(&folder, length)?;
    let (seconds, crowds): (f64, &[usize]) = match size {
        Size::Full => (3.0, &CROWDS),
        Size::Quick => (1.0, &[1, 64, 512]),
    };
    let raw = decodes(&munged, if size == Size::Full { 30_000 } else { 3_000 })?;
    let all = [
        Contestant {
            name: "bare hyper, socket",
            process: &bare.process,
            target: Target::Unix(bare.socket.clone()),
            munge: None,
        },
        Contestant {
            name: "**gateway**, socket, peer credentials",
            process: &gateway.process,
            target: Target::Unix(gateway.socket.clone()),
            munge: None,
        },
        Contestant { name: "bare hyper, port", process: &bare.process, target: Target::Tcp(bare.address), munge: None },
        Contestant {
            name: "**gateway**, port, nobody",
            process: &gateway.process,
            target: Target::Tcp(gateway.address),
            munge: None,
        },
        Contestant {
            name: "**gateway**, port, munge",
            process: &gateway.process,
            target: Target::Tcp(gateway.address),
            munge: Some(&munged),
        },
    ];
    let mut text = format!(
        "A record of {length} bytes, {seconds} s for each row. CPU in microseconds for each request: of the server, of the load \
         generator beside it, and of munged.\n\n{raw}"
    );
    for (connections, title) in
        [(Connections::KeptAlive, "Connections that stay"), (Connections::Fresh, "A connection for each request")]
    {
        let _ = write!(
            text,
            "\n{title}:\n\n| | connections | requests/s | p50 ms | p99 ms | failed | CPU µs: server | generator | munged |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        );
        for at_once in crowds {
            for contestant in &all {
                let row = row(contestant, connections, *at_once, seconds)?;
                print!("{row}");
                std::io::stdout().flush()?;
                text += &row;
            }
        }
    }
    Ok(text)
}

fn row(contestant: &Contestant<'_>, connections: Connections, at_once: usize, seconds: f64) -> Result<String> {
    // So many credentials as a munged decodes in that time here.
    let count = (seconds * 6_000.0) as usize;
    let plan = Plan {
        target: contestant.target.clone(),
        path: lookup(IMAGE),
        connections,
        at_once,
        threads: 2,
        until: if contestant.munge.is_some() { Until::Requests(count.max(at_once)) } else { Until::Seconds(seconds) },
        munge: contestant.munge.map(|munged| munged.socket.clone()),
        number: 0,
    };
    let mut generator = generator::Generator::prepare(&plan)?;
    let cpu_of_munged = || contestant.munge.map(|munged| munged.process.cpu()).transpose();
    let before = (contestant.process.cpu()?, cpu_of_munged()?);
    generator.begin()?;
    let seen = generator.finish()?;
    let used = contestant.process.cpu()? - before.0;
    let of_munged = cpu_of_munged()?.zip(before.1).map(|(after, before)| after - before);
    let each = |seconds: f64| seconds * 1e6 / seen.answered.max(1) as f64;
    if let Some(failure) = &seen.first_failure {
        println!("{failure}");
    }
    Ok(format!(
        "| {} | {at_once} | {:.0} | {:.2} | {:.2} | {} | {:.1} | {:.1} | {} |\n",
        contestant.name,
        seen.answered as f64 / seen.wall,
        seen.latency.percentile(50.0),
        seen.latency.percentile(99.0),
        seen.failed,
        each(used.as_secs_f64()),
        each(seen.cpu),
        of_munged.map_or_else(|| "-".to_owned(), |used| format!("{:.1}", each(used.as_secs_f64()))),
    ))
}

/// The rate of libmunge alone: decoding credentials that were minted before, on one thread and on a few.
fn decodes(munged: &Munged, count: usize) -> Result<String> {
    let munge = Munge::load()?;
    let mut rows = String::from(
        "libmunge alone:\n\n| threads | credentials | decoded/s | CPU µs each: caller | munged |\n|---:|---:|---:|---:|---:|\n",
    );
    for threads in [1, 2, 8] {
        let minted = (0..count).map(|_| munge.encode(Some(&munged.socket), b"")).collect::<Result<Vec<_>, _>>()?;
        let next = AtomicUsize::new(0);
        let (before, used, begun) = (munged.process.cpu()?, generator::own_cpu()?, Instant::now());
        let decode = || -> Result<()> {
            while let Some(credential) = minted.get(next.fetch_add(1, Ordering::Relaxed)) {
                munge.decode(Some(&munged.socket), credential)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| -> Result<()> {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(decode)).collect();
            running.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a thread broke"))?)
        })?;
        let wall = begun.elapsed().as_secs_f64();
        let each = |seconds: f64| seconds * 1e6 / count as f64;
        let _ = writeln!(
            rows,
            "| {threads} | {count} | {:.0} | {:.1} | {:.1} |",
            count as f64 / wall,
            each((generator::own_cpu()? - used).as_secs_f64()),
            each((munged.process.cpu()? - before).as_secs_f64()),
        );
    }
    print!("{rows}");
    Ok(rows)
}

/// The server that does nothing.
struct Bare {
    process: Process,
    address: std::net::SocketAddrV4,
    socket: std::path::PathBuf,
}

impl Bare {
    fn start(folder: &Folder, length: usize) -> Result<Self> {
        let (address, socket) = (free_address()?, folder.path("bare"));
        let mut command = Command::new(cargo::programs("release").join("examples/bare"));
        command.arg(address.to_string()).arg(&socket).arg(length.to_string());
        let mut process = Process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let said = process.child().stdout.take().context("a pipe")?;
        generator::expect_ready(&mut std::io::BufReader::new(said))?;
        Ok(Self { process, address, socket })
    }
}
