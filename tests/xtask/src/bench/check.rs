//! How long `shifter-site check` takes over a repository of profiles, and how much memory.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use super::{cpus, kernel};
use crate::cargo;

/// How many profiles are checked in one run.
const SIZES: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// Runs of each size; the quickest counts, because only a busy machine makes one slower.
const RUNS: usize = 5;

/// Where the last report lies.
const REPORT: &str = "docs/evidence/check.md";

/// What one run cost.
struct Run {
    wall_ms: f64,
    cpu_ms: f64,
    peak_kib: i64,
}

/// Measures, prints a table, and keeps it.
pub(crate) fn run() -> Result<()> {
    println!("building with optimisation (some minutes the first time)");
    cargo::run(&mut cargo::cargo(&["build", "--quiet", "--release", "--package", "shifter-site"]))?;
    let folder = Folder::new()?;
    let largest = SIZES.into_iter().max().unwrap_or_default();
    let profile = std::fs::read_to_string(cargo::root().join("site-profiles/bluewaters.toml"))?;
    for n in 0..largest {
        let own = profile.replace("\"bluewaters\"", &format!("\"bluewaters{n}\""));
        std::fs::write(folder.0.join(format!("{n}.toml")), own)?;
    }
    let mut report = format!(
        "# Checking many profiles\n\n`cargo xtask bench check`: copies of site-profiles/bluewaters.toml ({} bytes, with its node\n\
         classes), each with a name of its own, in one `shifter-site check`; the quickest of {RUNS} runs. Linux {}, {} CPUs.\n\n\
         | profiles | wall ms | profiles/s | CPU ms | CPU ms per profile | peak memory MiB |\n|---:|---:|---:|---:|---:|---:|\n",
        profile.len(),
        kernel(),
        cpus(),
    );
    for size in SIZES {
        let run = quickest(&folder.0, size)?;
        let line = format!(
            "| {size} | {:.1} | {:.0} | {:.1} | {:.2} | {:.1} |\n",
            run.wall_ms,
            size as f64 * 1000.0 / run.wall_ms,
            run.cpu_ms,
            run.cpu_ms / size as f64,
            run.peak_kib as f64 / 1024.0,
        );
        print!("{line}");
        report.push_str(&line);
    }
    let _ = write!(
        report,
        "\nTime and memory grow in a straight line: each profile is checked on its own, by as many threads as there are CPUs,\n\
         and only its findings are kept until the report is written.\n"
    );
    let place = cargo::root().join(REPORT);
    std::fs::create_dir_all(place.parent().context("a folder")?)?;
    std::fs::write(&place, report).with_context(|| format!("cannot write {}", place.display()))?;
    println!("\nwritten to {REPORT}");
    Ok(())
}

fn quickest(folder: &Path, size: usize) -> Result<Run> {
    let runs = (0..RUNS).map(|_| one(folder, size)).collect::<Result<Vec<_>>>()?;
    runs.into_iter().min_by(|a, b| a.wall_ms.total_cmp(&b.wall_ms)).context("no run")
}

/// A run in a process of its own: the peak memory of children is that of the largest ever.
fn one(folder: &Path, size: usize) -> Result<Run> {
    let output = Command::new(std::env::current_exe()?)
        .args(["bench", "check-inside", &size.to_string()])
        .arg(folder)
        .output()
        .context("cannot run xtask")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout)?;
    match text.split_whitespace().collect::<Vec<_>>().as_slice() {
        [wall, cpu, peak] => Ok(Run { wall_ms: wall.parse()?, cpu_ms: cpu.parse()?, peak_kib: peak.parse()? }),
        _ => bail!("cannot read `{text}`"),
    }
}

/// The run itself: `WALL CPU PEAK` on standard output.
pub(crate) fn inside(size: &str, folder: &Path) -> Result<()> {
    let size: usize = size.parse()?;
    let files = (0..size).map(|n| format!("{n}.toml"));
    let mut command = Command::new(cargo::programs("release").join("shifter-site"));
    command.args(["check", "--format", "concise"]).args(files).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status().context("cannot run shifter-site")?;
    let wall = begun.elapsed();
    if !status.success() {
        bail!("check ended with {status}");
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = (usage.user_time() + usage.system_time()).num_microseconds();
    println!("{} {} {}", wall.as_secs_f64() * 1000.0, cpu as f64 / 1000.0, usage.max_rss());
    Ok(())
}

/// A scratch folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("shifter-bench-check-{}", std::process::id()));
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies where the system cleans up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
