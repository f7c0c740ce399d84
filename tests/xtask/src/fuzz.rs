//! Coverage-guided fuzzing of every parser of untrusted input, with the stable compiler and libFuzzer.
//!
//! The targets are a package of their own in `tests/fuzz`, outside the workspace: it needs coverage instrumentation in every crate.
//! Those of the toolkit need its hundred crates too, which takes minutes: the suite leaves them to `cargo xtask fuzz`.

mod kept;
mod profiles;
mod report;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use crate::cargo;

/// Instrumentation that libFuzzer reads; the same flags `cargo fuzz` passes, all of them accepted by a stable compiler.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions --cfg fuzzing";

const USAGE: &str = "usage: cargo xtask fuzz [--seconds N] [--address] [--keep] [--report] [TARGET...]";

/// Seconds for each target when nobody says otherwise.
const SECONDS: u32 = 60;

/// What is asked for.
struct Wish {
    seconds: u32,
    /// With AddressSanitizer.
    address: bool,
    /// Writes what was found to `tests/fuzz/kept`.
    keep: bool,
    /// Writes what came of it to `docs/evidence/fuzz.md`.
    report: bool,
    targets: Vec<Target>,
}

/// One target: a file of `tests/fuzz/targets`.
pub(crate) struct Target {
    name: String,
    source: PathBuf,
    /// Whether it needs the toolkit.
    of_toolkit: bool,
}

/// What fuzzing one target found.
pub(crate) struct Fuzzed {
    /// Whether no input broke it.
    pub(crate) is_clean: bool,
    seconds: u32,
    /// Of them, how long it had a processor.
    processor: i64,
    inputs: u64,
    /// Edges of the control flow that were taken.
    edges: u64,
    /// Inputs that each take a way of their own.
    corpus: u64,
}

/// `cargo xtask fuzz [--seconds N] [--address] [--keep] [--report] [TARGET...]`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let wish = Wish::parse(arguments)?;
    let programs = build(&wish.targets, wish.address)?;
    let mut broken = Vec::new();
    for target in &wish.targets {
        let fuzzed = target.run(&programs, wish.seconds)?;
        if !fuzzed.is_clean {
            broken.push(target.name.as_str());
        } else if wish.keep {
            kept::pack(&programs, &target.name)?;
        }
        if wish.report {
            report::add(target, &fuzzed, wish.address)?;
        }
    }
    if !broken.is_empty() {
        bail!("an input that breaks {} lies under tests/fuzz/target/artifacts", broken.join(", "));
    }
    Ok(())
}

/// Builds the targets of the formats and of the runtime, which are quick to build, and runs each for `seconds`.
pub(crate) fn briefly(seconds: u32) -> Result<Vec<Fuzzed>> {
    let targets: Vec<Target> = targets()?.into_iter().filter(|target| !target.of_toolkit).collect();
    let programs = build(&targets, false)?;
    targets.iter().map(|target| target.run(&programs, seconds)).collect()
}

impl Wish {
    fn parse(arguments: &[String]) -> Result<Wish> {
        let mut all = targets()?;
        let mut wish = Wish { seconds: SECONDS, address: false, keep: false, report: false, targets: Vec::new() };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--seconds" => {
                    let number = words.next().context(USAGE)?;
                    wish.seconds = number.parse().with_context(|| format!("`{number}` is no number of seconds"))?;
                }
                "--address" => wish.address = true,
                "--keep" => wish.keep = true,
                "--report" => wish.report = true,
                option if option.starts_with('-') => bail!(USAGE),
                name => {
                    let names = all.iter().map(|target| target.name.as_str()).collect::<Vec<_>>().join(", ");
                    let at = all.iter().position(|target| target.name == name);
                    let at = at.with_context(|| format!("no fuzz target `{name}` is left; there are {names}"))?;
                    wish.targets.push(all.remove(at));
                }
            }
        }
        if wish.targets.is_empty() {
            wish.targets = all;
        }
        Ok(wish)
    }
}

fn folder() -> PathBuf {
    cargo::root().join("tests/fuzz")
}

/// Builds the targets; where their programs are.
fn build(targets: &[Target], address: bool) -> Result<PathBuf> {
    let host = host_triple()?;
    // A target folder for each kind of build, or each would build the other anew.
    let target = folder().join(if address { "target/asan" } else { "target" });
    // `--target` keeps the instrumentation away from build scripts and procedural macros.
    let mut build = cargo::cargo(&["build", "--quiet", "--release", "--locked", "--target", &host]);
    if targets.iter().any(|target| target.of_toolkit) {
        build.args(["--features", "toolkit"]);
    }
    for target in targets {
        build.args(["--bin", &target.name]);
    }
    let flags = if address {
        // The sanitizers are not stable; the compiler has them all the same.
        build.env("RUSTC_BOOTSTRAP", "1");
        format!("{FLAGS} -Zsanitizer=address")
    } else {
        FLAGS.to_owned()
    };
    cargo::run(build.current_dir(folder()).env("RUSTFLAGS", flags).env("CARGO_TARGET_DIR", &target))
        .context("cannot build the fuzz targets")?;
    Ok(target.join(&host).join("release"))
}

/// All targets, in the order of their names; those of the toolkit come last.
fn targets() -> Result<Vec<Target>> {
    let mut all = Vec::new();
    for (folder, of_toolkit) in [(folder().join("targets"), false), (folder().join("targets/toolkit"), true)] {
        let mut some: Vec<Target> = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot read {}", folder.display()))?
            .filter_map(|entry| {
                let source = entry.ok()?.path();
                let name = source.file_stem()?.to_str()?.to_owned();
                (source.extension()? == "rs").then_some(Target { name, source, of_toolkit })
            })
            .collect();
        if some.is_empty() {
            bail!("no fuzz target in {}", folder.display());
        }
        some.sort_by(|a, b| a.name.cmp(&b.name));
        all.append(&mut some);
    }
    Ok(all)
}

impl Target {
    /// Runs it, with what it is given besides its corpus.
    fn run(&self, programs: &Path, seconds: u32) -> Result<Fuzzed> {
        let name = self.name.as_str();
        let before = processor_of_children()?;
        let output = self.output(programs, seconds)?;
        let processor = processor_of_children()? - before;
        let log = String::from_utf8_lossy(&output.stderr);
        let figure = |before: &str| {
            let (_, behind) = log.rsplit_once(before)?;
            let digits = behind.trim_start().split(|c: char| !c.is_ascii_digit()).next()?;
            digits.parse::<u64>().ok()
        };
        let fuzzed = Fuzzed {
            is_clean: output.status.success(),
            seconds: figure(" runs in ").and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or_default(),
            processor,
            inputs: figure("stat::number_of_executed_units:").unwrap_or_default(),
            edges: figure(" cov: ").unwrap_or_default(),
            corpus: figure(" corp: ").unwrap_or_default(),
        };
        let Fuzzed { inputs, edges, seconds, .. } = fuzzed;
        let verdict = if fuzzed.is_clean { "ok" } else { "FAILED" };
        println!(
            "fuzz {name} ... {verdict} ({inputs} inputs in {seconds} s, {processor} s of a processor; {edges} edges)"
        );
        if !fuzzed.is_clean {
            println!("{log}");
        }
        Ok(fuzzed)
    }

    fn output(&self, programs: &Path, seconds: u32) -> Result<Output> {
        let name = self.name.as_str();
        let found = found(name);
        let artifacts = folder().join("target/artifacts").join(name);
        for folder in [&found, &artifacts] {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let help = profiles::Help::write(&folder().join("target"))?;
        let program = programs.join(name);
        Command::new(&program)
            .arg(format!("-max_total_time={seconds}"))
            .args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"])
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(&found)
            .arg(folder().join("corpus").join(name))
            .arg(kept::unpack(name)?)
            .args(help.arguments(name))
            .output()
            .with_context(|| format!("cannot run {}", program.display()))
    }
}

/// Seconds of user and system time of all processes that have ended and were waited for.
fn processor_of_children() -> Result<i64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("cannot ask for processor time")?;
    Ok(usage.user_time().num_seconds() + usage.system_time().num_seconds())
}

/// Where a target's own finds lie.
fn found(name: &str) -> PathBuf {
    folder().join("target/corpus").join(name)
}

/// The triple of this machine, as the compiler names it.
fn host_triple() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .context("`rustc -vV` names no host")
}
