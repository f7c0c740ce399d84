//! Programs for tests that Debian does not have and the Python package index has.
//!
//! Versions and hashes are pinned, beside the tests that use them, and nothing is installed outside `target/`. Where the index
//! cannot be reached, or has nothing for this machine, the suite says so and those tests pass over themselves.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::cargo;

/// A set of wheels.
struct Set {
    /// Its folder in `target/`.
    folder: &'static str,
    /// What is pinned.
    wanted: &'static str,
    /// What it is.
    what: &'static str,
    /// What is not tested without it.
    lost: &'static str,
}

const SETS: [Set; 2] = [
    Set {
        folder: "editors",
        wanted: "tests/schema/editors.txt",
        what: "language servers for TOML",
        lost: "no language server for TOML is tested with the schema",
    },
    Set {
        folder: "schemathesis",
        wanted: "runtime/gateway/tests/openapi/schemathesis.txt",
        what: "schemathesis",
        lost: "the gateway's answers are not compared with its OpenAPI document",
    },
];

/// Installs each set that is not there as it is pinned.
pub(crate) fn ensure() -> Result<()> {
    SETS.iter().try_for_each(Set::ensure)
}

impl Set {
    fn ensure(&self) -> Result<()> {
        let wanted = cargo::root().join(self.wanted);
        let text = std::fs::read(&wanted).with_context(|| format!("cannot read {}", wanted.display()))?;
        let folder = cargo::target().join(self.folder);
        let stamp = folder.join("installed.txt");
        if std::fs::read(&stamp).is_ok_and(|installed| installed == text) {
            return Ok(());
        }
        println!("installing {} into {}", self.what, folder.display());
        if let Err(error) = install(&wanted, &folder) {
            println!("{}: {error:#}", self.lost);
            return Ok(());
        }
        std::fs::write(&stamp, text).with_context(|| format!("cannot write {}", stamp.display()))
    }
}

fn install(wanted: &Path, folder: &Path) -> Result<()> {
    let mut pip = Command::new("pip3");
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--retries=1", "--timeout=20", "--upgrade"]);
    pip.args(["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement"]).arg(wanted);
    // As root pip warns of the system's packages, which a target folder is no part of.
    pip.arg("--target").arg(folder).env("PIP_ROOT_USER_ACTION", "ignore").stdin(Stdio::null());
    cargo::run(&mut pip)
}
