//! Calls of cargo, always the one that runs us, always from the root of the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/xtask lies two folders below the root")
}

/// A cargo command with `arguments`, to be run from the root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}

/// Runs a command; its failure is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot run {program}"))?;
    if !status.success() {
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        bail!("`{program} {}` failed: {status}", words.join(" "));
    }
    Ok(())
}

/// The folder for everything that is built.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The folder that holds the programs of a profile (`debug`, `release`, `setuid`).
pub(crate) fn programs(profile: &str) -> PathBuf {
    target().join(profile)
}

/// The programs that make a site.
const PROGRAMS: &[&str] = &["shifter-site", "shifter", "shifterimg", "shifter-imagegw"];

/// Builds the programs of a site with a cargo profile (`dev`, `release`).
pub(crate) fn build_programs(profile: &str) -> Result<()> {
    let mut arguments = vec!["build", "--quiet", "--profile", profile];
    for program in PROGRAMS {
        arguments.extend(["--package", program]);
    }
    run(&mut cargo(&arguments))
}

/// `cargo xtask try`: builds the programs and hands over to `shifter-site try`.
pub(crate) fn try_site(arguments: &[String]) -> Result<()> {
    println!("building shifter-site, shifter, shifterimg and shifter-imagegw (the first time takes some minutes)");
    build_programs("dev")?;
    let mut command = Command::new(programs("debug").join("shifter-site"));
    command.current_dir(root()).arg("try");
    if arguments.first().is_none_or(|first| first.starts_with('-')) {
        command.arg("site-profiles/laptop.toml");
    }
    run(command.args(arguments))
}

/// `cargo xtask generate`: the tests that find a stale generated or golden file write it instead.
pub(crate) fn generate() -> Result<()> {
    run(cargo(&[
        "test",
        "--quiet",
        "--package",
        "shifter-site",
        "--test",
        "generated",
        "--test",
        "rules",
        "--test",
        "render",
    ])
    .env("SHIFTER_UPDATE", "1"))
}
