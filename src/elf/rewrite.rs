//! A copy of a library that looks for what it needs in given directories and nowhere else first.
//!
//! `DT_RPATH`, not `DT_RUNPATH`: the loader looks there before `LD_LIBRARY_PATH`, which an image may set to a directory
//! with libraries of the same names, and it holds for what the needed libraries need in turn (ld.so(8)).

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use object_rewrite::Rewriter;

use super::Elf;

/// The program that is asked where the library for rewriting does not know a kind of section.
const PATCHELF: &str = "patchelf";

/// Why there is no such copy.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// Neither way leads there.
    #[error("its run path cannot be changed ({why}), and the program `patchelf` is not there")]
    NoPatchelf {
        /// What the library for rewriting said.
        why: String,
    },
    /// `patchelf` failed.
    #[error("patchelf: {0}")]
    Patchelf(String),
    /// A temporary file.
    #[error("cannot write a copy for patchelf: {0}")]
    Copy(io::Error),
    /// The copy is not what was wanted.
    #[error("the copy with another run path is not what it should be")]
    ReadBack,
}

/// The bytes of `file` with this run path as its only one, read back and compared.
///
/// # Errors
/// Files of a form that neither the library nor `patchelf` knows.
pub fn with_rpath(file: &[u8], rpath: &str) -> Result<Vec<u8>, RewriteError> {
    let copy = match rewritten(file, rpath) {
        Ok(copy) => copy,
        Err(error) => by_patchelf(file, rpath, &error.to_string())?,
    };
    let before = Elf::read(file).map_err(|_| RewriteError::ReadBack)?;
    let after = Elf::read(copy.as_slice()).map_err(|_| RewriteError::ReadBack)?;
    let wanted = Elf { rpath: rpath.split(':').map(str::to_owned).collect(), runpath: Vec::new(), ..before };
    if after == wanted { Ok(copy) } else { Err(RewriteError::ReadBack) }
}

fn rewritten(file: &[u8], rpath: &str) -> object_rewrite::Result<Vec<u8>> {
    let mut rewriter = Rewriter::read(file)?;
    rewriter.elf_delete_runpath()?;
    rewriter.elf_set_runpath(rpath.as_bytes().to_vec())?;
    rewriter.elf_use_rpath()?;
    let mut copy = Vec::with_capacity(file.len() + 64 * 1024);
    rewriter.write(&mut copy)?;
    Ok(copy)
}

fn by_patchelf(file: &[u8], rpath: &str, why: &str) -> Result<Vec<u8>, RewriteError> {
    let directory = tempfile::tempdir().map_err(RewriteError::Copy)?;
    let path: PathBuf = directory.path().join("library");
    std::fs::write(&path, file).map_err(RewriteError::Copy)?;
    let mut command = Command::new(PATCHELF);
    command.args(["--force-rpath", "--set-rpath", rpath]).arg(&path).stdin(Stdio::null());
    let output = match command.output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(RewriteError::NoPatchelf { why: why.to_owned() });
        }
        output => output.map_err(RewriteError::Copy)?,
    };
    if !output.status.success() {
        return Err(RewriteError::Patchelf(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    std::fs::read(&path).map_err(RewriteError::Copy)
}
