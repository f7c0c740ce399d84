//! How long `shifter-site check` takes over a repository of profiles, and how much memory; and how long `verify` on a node.

#[path = "../../../../src/capacity/chart.rs"]
mod chart;
mod run;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{cpus, kernel};
use crate::cargo;
use chart::{Chart, Line};
use run::Runs;

pub(crate) use run::inside;

/// How many profiles are checked in one run, and how many such runs there are.
const SIZES: [(usize, usize); 6] = [(1, 60), (10, 30), (100, 12), (1_000, 6), (3_000, 4), (10_000, 3)];

/// The profile.
const PROFILE: &str = "site-profiles/bluewaters.toml";

/// Secrets that it refers to; each gets a value, so that a class can be installed.
const SECRETS: &[&str] = &["mongodb-shifteradmin", "mongodb-admin", "redis"];

/// Where the last report lies.
const REPORT: &str = "docs/evidence/check.md";

/// The curves beside it.
const CURVES: &str = "docs/evidence/check.svg";

/// Measures, prints tables, and keeps them; at most `most` runs of each size.
pub(crate) fn run(most: usize) -> Result<()> {
    println!("building with optimisation (some minutes the first time)");
    cargo::run(&mut cargo::cargo(&["build", "--quiet", "--release", "--package", "shifter-site"]))?;
    let folder = Folder::new()?;
    let profile = fs::read_to_string(cargo::root().join(PROFILE))?;
    let largest = SIZES.iter().map(|(size, _)| *size).max().unwrap_or_default();
    for n in 0..largest {
        let own = profile.replace("\"bluewaters\"", &format!("\"bluewaters{n}\""));
        fs::write(folder.0.join(format!("{n}.toml")), own)?;
    }
    let mut report = head(&profile)?;
    let (mut walls, mut peaks) = (Vec::new(), Vec::new());
    for (size, times) in SIZES.map(|(size, times)| (size, times.min(most))) {
        let runs = Runs::of(times, &folder.0, &check(size))?;
        let line = row(size, times, &runs);
        print!("{line}");
        report.push_str(&line);
        walls.push((size as f64, runs.wall().min));
        peaks.push((size as f64, runs.peak()));
    }
    let line = |points| [Line { name: "", colour: "#06c", points, crossed: &[] }];
    let charts = [
        Chart { title: "shortest wall clock, ms", across: "profiles", lines: &line(&walls) },
        Chart { title: "peak memory, MiB", across: "profiles", lines: &line(&peaks) },
    ];
    report.push_str(&reading(&walls, &peaks));
    report.push_str(&verify(&folder.0, most.min(100))?);
    keep(CURVES, &chart::draw(&charts))?;
    keep(REPORT, &report)
}

/// What was measured, and where.
fn head(profile: &str) -> Result<String> {
    let rustc = Command::new("rustc").arg("--version").output().context("cannot run rustc")?;
    Ok(format!(
        "# Checking many profiles\n\n\
         Last report of `cargo xtask bench check`: copies of {PROFILE} ({} lines, {} bytes, three node classes), each a file with a \
         name of its own, in one run of `shifter-site check`, the start of the process included. Linux {}, {} CPUs, {}, release \
         build.\n\n\
         Other work on the machine makes runs slower and none quicker: the shortest run and processor time say most.\n\n\
         | profiles | runs | wall ms: min | median | profiles/s | CPU ms: min | CPU ms per profile | peak memory MiB |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|\n",
        profile.lines().count(),
        profile.len(),
        kernel(),
        cpus(),
        String::from_utf8_lossy(&rustc.stdout).trim(),
    ))
}

/// The words of a run over so many profiles.
fn check(size: usize) -> Vec<String> {
    let options = ["check", "--format", "concise"].map(str::to_owned);
    options.into_iter().chain((0..size).map(|n| format!("{n}.toml"))).collect()
}

fn row(size: usize, times: usize, runs: &Runs) -> String {
    let (wall, cpu) = (runs.wall(), runs.cpu());
    format!(
        "| {size} | {times} | {:.1} | {:.1} | {:.0} | {:.1} | {:.2} | {:.1} |\n",
        wall.min,
        wall.median,
        size as f64 * 1000.0 / wall.min,
        cpu.min,
        cpu.min / size as f64,
        runs.peak(),
    )
}

/// What the table shows.
fn reading(walls: &[(f64, f64)], peaks: &[(f64, f64)]) -> String {
    let each = |points: &[(f64, f64)]| {
        let [.., before, last] = points else { return 0.0 };
        (last.1 - before.1) / (last.0 - before.0)
    };
    format!(
        "\n![wall clock and memory by the number of profiles](check.svg)\n\n\
         Between {} and {} profiles, each one more takes {:.2} ms and {:.1} KiB. Every profile is read, merged and judged once for \
         what its classes share and once for each of them, on as many threads as there are CPUs; of a profile that was judged only \
         its findings are kept, with the texts they point into.\n",
        walls[walls.len() - 2].0,
        walls[walls.len() - 1].0,
        each(walls),
        each(peaks) * 1024.0,
    )
}

/// How long a node takes to hold its files against their manifest.
fn verify(folder: &Path, times: usize) -> Result<String> {
    let secrets = folder.join("secrets");
    fs::create_dir(&secrets)?;
    for name in SECRETS {
        let file = secrets.join(name);
        fs::write(&file, format!("{name}-is-kept-for-a-bench\n"))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    }
    fs::copy(cargo::root().join(PROFILE), folder.join("site.toml"))?;
    fs::create_dir(folder.join("node"))?;
    let mut apply = Command::new(cargo::programs("release").join("shifter-site"));
    apply.args(["apply", "site.toml", "--root", "node", "--class", "compute", "--yes"]).current_dir(folder);
    let output = apply.output().context("cannot run shifter-site")?;
    anyhow::ensure!(output.status.success(), "apply: {}", String::from_utf8_lossy(&output.stderr));
    let words = ["verify", "--root", "node", "--class", "compute"].map(str::to_owned);
    let runs = Runs::of(times, folder, &words)?;
    let (wall, cpu) = (runs.wall(), runs.cpu());
    let line = format!(
        "| {times} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} |\n",
        wall.min,
        wall.median,
        wall.p95,
        cpu.min,
        runs.peak()
    );
    print!("verify {line}");
    Ok(format!(
        "\n# `verify` on a node\n\n`shifter-site apply` installed the class `compute` of the same profile below a directory; \
         `shifter-site verify --root` holds it against its manifest, the start of the process included.\n\n\
         | runs | wall ms: min | median | p95 | CPU ms: min | peak memory MiB |\n|---:|---:|---:|---:|---:|---:|\n{line}"
    ))
}

/// Writes a part of the report.
fn keep(path: &str, text: &str) -> Result<()> {
    let place = cargo::root().join(path);
    fs::create_dir_all(place.parent().context("a folder")?)?;
    fs::write(&place, text).with_context(|| format!("cannot write {}", place.display()))?;
    println!("written to {path}");
    Ok(())
}

/// A scratch folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("shifter-bench-check-{}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies where the system cleans up.
        let _ = fs::remove_dir_all(&self.0);
    }
}
