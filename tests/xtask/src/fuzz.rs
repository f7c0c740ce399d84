//! Coverage-guided fuzzing of every parser of untrusted input, with the stable compiler and libFuzzer.
//!
//! The targets are a package of their own in `tests/fuzz`, outside the workspace: it needs coverage instrumentation in every crate.
//! Those of the toolkit need its hundred crates too, which takes minutes: the suite leaves them to `cargo xtask fuzz`.

mod profiles;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;

/// Instrumentation that libFuzzer reads; the same flags `cargo fuzz` passes, all of them accepted by a stable compiler.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions --cfg fuzzing";

/// Which targets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Targets {
    /// Those of the formats, which are quick to build.
    Formats,
    /// Those of the toolkit too.
    All,
}

/// What fuzzing one target found.
pub(crate) struct Fuzzed {
    /// Whether no input broke it.
    pub(crate) is_clean: bool,
}

/// `cargo xtask fuzz [--seconds N]`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let seconds = match arguments {
        [] => 60,
        [flag, number] if flag == "--seconds" => {
            number.parse().with_context(|| format!("`{number}` is no number of seconds"))?
        }
        _ => bail!("usage: cargo xtask fuzz [--seconds N]"),
    };
    if all(seconds, Targets::All)?.iter().any(|target| !target.is_clean) {
        bail!("fuzzing found an input that breaks a parser; it lies under tests/fuzz/target/artifacts");
    }
    Ok(())
}

/// Builds the targets and runs each for `seconds`.
pub(crate) fn all(seconds: u32, which: Targets) -> Result<Vec<Fuzzed>> {
    let features: &[&str] = if which == Targets::All { &["--features", "toolkit"] } else { &[] };
    let folder = cargo::root().join("tests/fuzz");
    let host = host_triple()?;
    // `--target` keeps the instrumentation away from build scripts and procedural macros.
    cargo::run(
        cargo::cargo(&["build", "--quiet", "--release", "--target", &host])
            .args(features)
            .current_dir(&folder)
            .env("RUSTFLAGS", FLAGS)
            .env("CARGO_TARGET_DIR", folder.join("target")),
    )
    .context("cannot build the fuzz targets")?;
    let programs = folder.join("target").join(&host).join("release");
    let mut names = targets(&folder.join("targets"))?;
    if which == Targets::All {
        names.extend(targets(&folder.join("targets/toolkit"))?);
    }
    let help = profiles::Help::write(&folder.join("target"))?;
    names.iter().map(|name| one(&folder, &programs.join(name), &help.arguments(name), seconds)).collect()
}

/// Names of the targets: one file each.
fn targets(sources: &Path) -> Result<Vec<String>> {
    let mut names: Vec<String> = std::fs::read_dir(sources)
        .with_context(|| format!("cannot read {}", sources.display()))?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            (path.extension()? == "rs").then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))?
        })
        .collect();
    names.sort();
    if names.is_empty() {
        bail!("no fuzz target in {}", sources.display());
    }
    Ok(names)
}

/// Runs one target, with what it is given besides its corpus.
fn one(folder: &Path, program: &Path, help: &[String], seconds: u32) -> Result<Fuzzed> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let name = name.as_ref();
    let found = folder.join("target/corpus").join(name);
    let artifacts = folder.join("target/artifacts").join(name);
    for folder in [&found, &artifacts] {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let seeds: PathBuf = folder.join("corpus").join(name);
    let output = Command::new(program)
        .arg(format!("-max_total_time={seconds}"))
        .args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(&found)
        .arg(&seeds)
        .args(help)
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let log = String::from_utf8_lossy(&output.stderr);
    let runs = log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")).unwrap_or("0").trim();
    let is_clean = output.status.success();
    println!("fuzz {name} ... {} ({runs} inputs in {seconds} s)", if is_clean { "ok" } else { "FAILED" });
    if !is_clean {
        println!("{log}");
    }
    Ok(Fuzzed { is_clean })
}

/// The triple of this machine, as the compiler names it.
fn host_triple() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .context("`rustc -vV` names no host")
}
