//! A pull with its conversion, beside the programs that do its parts, and beside the compressor alone.
//!
//! All begin with the same OCI layout on the disk and end with a squashfs of the same compression (zstd, level 3, blocks of
//! 128 KiB) made by as many threads. The floor reads one archive that was merged and unpacked before.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::big::{self, Big};
use super::layout;
use super::process::{Process, memory_of_tree};
use super::site::{Folder, Gateway, Munged};
use super::{Size, cpus};
use crate::bench::sample::cpu_of_children;

/// What one run took.
struct Cost {
    wall: f64,
    cpu: f64,
    /// MiB in memory of all its processes.
    peak: f64,
    /// MiB of files at the worst moment, beside the result and the downloaded layers.
    other: f64,
}

/// The programs that do the parts.
const PEERS: &str = "skopeo, umoci, mksquashfs";

/// One run of a contestant.
type Run = fn(&Big) -> Result<Cost>;

/// Who does it.
const CONTESTANTS: [(&str, Run); 3] = [
    ("tar2sqfs on a merged archive (floor)", floor),
    ("**gateway**, from the request to READY", gateway),
    (PEERS, pipeline),
];

pub(super) fn measure(size: Size) -> Result<String> {
    let big = big::make(size)?;
    let rounds = if size == Size::Full { 3 } else { 1 };
    let mut all: Vec<Vec<Cost>> = CONTESTANTS.iter().map(|_| Vec::new()).collect();
    let mut missing = String::new();
    for _ in 0..rounds {
        for ((name, run), costs) in CONTESTANTS.iter().zip(&mut all) {
            match run(&big) {
                Ok(cost) => costs.push(cost),
                Err(error) if *name == PEERS => missing = format!("\nNot compared: {PEERS} ({error:#}).\n"),
                Err(error) => return Err(error).with_context(|| (*name).to_owned()),
            }
        }
    }
    let served = big.layers.iter().map(layout::Layer::size).sum::<Result<u64>>()?;
    let mut text = format!(
        "An image of {} MiB in {} layers (gzip, {} MiB), squashfs with zstd level 3 and blocks of 128 KiB on {} threads; medians of \
         {rounds} interleaved runs. Memory is that of all processes of a run together; other files are those at the worst moment \
         beside the result and the downloaded layers.\n\n\
         | | wall s | CPU s | CPU, floor = 1 | peak MiB | other files MiB |\n|---|---:|---:|---:|---:|---:|\n",
        fs::metadata(&big.merged)?.len() >> 20,
        big.layers.len(),
        served >> 20,
        cpus(),
    );
    let floor = median(&all[0], |cost| cost.cpu);
    for ((name, _), costs) in CONTESTANTS.iter().zip(&all).filter(|(_, costs)| !costs.is_empty()) {
        let cpu = median(costs, |cost| cost.cpu);
        let _ = writeln!(
            text,
            "| {name} | {:.2} | {cpu:.2} | {:.2} | {:.0} | {:.0} |",
            median(costs, |cost| cost.wall),
            cpu / floor,
            median(costs, |cost| cost.peak),
            median(costs, |cost| cost.other),
        );
    }
    Ok(text + &missing)
}

fn median(costs: &[Cost], of: impl Fn(&Cost) -> f64) -> f64 {
    let mut all: Vec<f64> = costs.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn floor(big: &Big) -> Result<Cost> {
    let folder = Folder::new("floor")?;
    let mut command = Command::new("tar2sqfs");
    let threads = cpus().to_string();
    command.args(["-q", "-f", "-s", "-x", "-c", "zstd", "-X", "level=3", "-b", "131072", "-j", &threads]);
    command.arg(folder.path("result")).stdin(fs::File::open(&big.merged)?);
    of_program(&mut command, &folder, &["result"])
}

fn pipeline(big: &Big) -> Result<Cost> {
    let folder = Folder::new("pipeline")?;
    layout::write(&folder.path("source"), "big", &big.layers)?;
    let work = folder.path("work");
    fs::create_dir(&work)?;
    let script = format!(
        "set -e\n\
         skopeo --insecure-policy copy -q oci:../source/big:1 oci:copy:1\n\
         umoci unpack --image copy:1 bundle\n\
         mksquashfs bundle/rootfs result -all-root -no-xattrs -comp zstd -Xcompression-level 3 -b 128K -processors {} -noappend \
         -quiet -no-progress\n",
        cpus()
    );
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).current_dir(&work).stdin(Stdio::null());
    of_program(&mut command, &folder, &["work/copy", "work/result"])
}

/// Runs a program to its end.
fn of_program(command: &mut Command, folder: &Folder, kept: &[&str]) -> Result<Cost> {
    command.stdout(Stdio::null()).stderr(fs::File::create(folder.path("said"))?);
    let (used, begun) = (cpu_of_children()?, Instant::now());
    let mut process = Process::start(command)?;
    let watch = Watch::begin(process.id(), None);
    let status = process.child().wait()?;
    let wall = begun.elapsed();
    let (peak, _) = watch.end();
    // Nothing that it made goes before its end; to look for it meanwhile would be in its way.
    let files = bytes_below(&folder.path("."));
    ensure!(status.success(), "{status}: {}", fs::read_to_string(folder.path("said"))?);
    let cpu = (cpu_of_children()? - used).as_secs_f64();
    let kept: u64 = kept.iter().map(|name| bytes_below(&folder.path(name))).sum();
    let source = bytes_below(&folder.path("source"));
    let other = files.saturating_sub(kept + source) as f64 / f64::from(1 << 20);
    Ok(Cost { wall: wall.as_secs_f64(), cpu, peak, other })
}

fn gateway(big: &Big) -> Result<Cost> {
    let folder = Folder::new("convert")?;
    let munged = Munged::start(&folder)?;
    layout::write(&folder.path("layouts"), "big", &big.layers)?;
    let gateway = Gateway::start(&folder, &munged.socket, &folder.path("layouts"))?;
    let watch_files = |name: &str| Watch::begin(gateway.process.id(), Some(folder.path(name)));
    let (images, cache) = (watch_files("images"), watch_files("cache"));
    let (used, begun) = (gateway.process.cpu()?, Instant::now());
    gateway.wait_for(&["big:1".to_owned()])?;
    let wall = begun.elapsed().as_secs_f64();
    let cpu = (gateway.process.cpu()? - used).as_secs_f64();
    let ((peak, most), (_, most_cached)) = (images.end(), cache.end());
    let kept = bytes_below(&folder.path("images")) + bytes_below(&folder.path("cache"));
    let other = (most + most_cached).saturating_sub(kept) as f64 / f64::from(1 << 20);
    Ok(Cost { wall, cpu, peak, other })
}

/// Looks every few milliseconds how much memory and disk is in use.
struct Watch {
    is_over: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<(u64, u64)>,
}

impl Watch {
    fn begin(pid: u32, folder: Option<PathBuf>) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let (mut memory, mut files) = (0, 0);
            while !over.load(Ordering::Relaxed) {
                memory = memory.max(memory_of_tree(pid));
                files = files.max(folder.as_deref().map_or(0, bytes_below));
                std::thread::sleep(Duration::from_millis(20));
            }
            (memory, files)
        });
        Self { is_over, thread }
    }

    /// The most MiB in memory, and the most bytes of files.
    fn end(self) -> (f64, u64) {
        self.is_over.store(true, Ordering::Relaxed);
        let (memory, files) = self.thread.join().unwrap_or_default();
        (memory as f64 / 1024.0, files)
    }
}

/// Bytes of all files below a path, or of a file.
fn bytes_below(path: &Path) -> u64 {
    // What goes away while one looks has no bytes.
    let Ok(facts) = fs::symlink_metadata(path) else { return 0 };
    if !facts.is_dir() {
        return facts.len();
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| bytes_below(&entry.path())).sum()
}
