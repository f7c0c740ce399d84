//! Language servers for TOML, which the tests of the profile's schema ask as an editor would.
//!
//! Debian has none. The Python package index has: versions and hashes are pinned in `tests/schema/editors.txt`, and nothing is
//! installed outside `target/`. Where the index cannot be reached, the suite says so and those tests pass over themselves.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::cargo;

/// Installs what is pinned into `target/editors`, unless it is there.
pub(crate) fn ensure() -> Result<()> {
    let wanted = cargo::root().join("tests/schema/editors.txt");
    let text = std::fs::read(&wanted).with_context(|| format!("cannot read {}", wanted.display()))?;
    let folder = cargo::target().join("editors");
    let stamp = folder.join("installed.txt");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == text) {
        return Ok(());
    }
    println!("installing language servers for TOML into {}", folder.display());
    if let Err(error) = install(&wanted, &folder) {
        println!("no language server for TOML is tested with the schema: {error:#}");
        return Ok(());
    }
    std::fs::write(&stamp, text).with_context(|| format!("cannot write {}", stamp.display()))
}

fn install(wanted: &Path, folder: &Path) -> Result<()> {
    let mut pip = Command::new("pip3");
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--retries=1", "--timeout=20", "--upgrade"]);
    pip.args(["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement"]).arg(wanted);
    // As root pip warns of the system's packages, which a target folder is no part of.
    pip.arg("--target").arg(folder).env("PIP_ROOT_USER_ACTION", "ignore").stdin(Stdio::null());
    cargo::run(&mut pip)
}
