//! An MPI that is not Debian's: the one of the Python Package Index, of one version, known by its digest.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

const VERSION: &str = "4.3.2";
/// Of `mpich-4.3.2-py3-none-manylinux_2_28_x86_64.whl`.
const SHA256: &str = "afb503104df7e3ba828d86e78f54427ef410e9fc4a2da113de529fc851128ed4";

static TURN: Mutex<()> = Mutex::new(());

/// Where it is unpacked: once, and then kept. Without network, and on other architectures, the reason.
pub(crate) fn prefix() -> Result<PathBuf, String> {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if std::env::consts::ARCH != "x86_64" {
        return Err(format!("the package is for x86_64, and this is {}", std::env::consts::ARCH));
    }
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mpich-{VERSION}"));
    let prefix = kept.join(format!("mpich-{VERSION}.data/data"));
    if prefix.join("lib/libmpi.so.12").is_file() {
        return Ok(prefix);
    }
    let getting = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let wanted = getting.path().join("wanted");
    std::fs::write(&wanted, format!("mpich=={VERSION} --hash=sha256:{SHA256}\n")).expect("written");
    let download =
        ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--dest"];
    python(Command::new("python3").args(download).arg(getting.path()).arg("--requirement").arg(&wanted))?;
    let wheel = getting.path().join(format!("mpich-{VERSION}-py3-none-manylinux_2_28_x86_64.whl"));
    let unpacked = getting.path().join("unpacked");
    python(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked))?;
    let _ = std::fs::remove_dir_all(&kept);
    std::fs::rename(&unpacked, &kept).expect("on the same file system");
    Ok(prefix)
}

/// A wheel with other bytes than those known is a failure; a registry that does not answer is none.
fn python(command: &mut Command) -> Result<(), String> {
    let output =
        command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").output().map_err(|error| format!("python3: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("DO NOT MATCH THE HASHES"), "{said}");
    let last = said.lines().last().unwrap_or("python3 failed").to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("the package mpich {VERSION} cannot be had: {last}")) }
}
