//! Reading reports: a directory of files, or one file or stream with many.

use super::Unreadable;
use crate::verify::NodeReport;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The most bytes of one file: reports of some ten thousand nodes.
const LARGEST: u64 = 256 << 20;

/// Reports as they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Those that could be read.
    pub reports: Vec<NodeReport>,
    /// What was none.
    pub unreadable: Vec<Unreadable>,
}

/// Every report in `path`: a file, or the files `*.json` of a directory by name. A file may hold many, one after another.
///
/// # Errors
/// When the directory or file itself cannot be read.
pub fn gather(path: &Path) -> io::Result<Gathered> {
    let mut gathered = Gathered::default();
    if !path.is_dir() {
        let bytes = read(path, true)?;
        gathered.add(&path.display().to_string(), &bytes);
        return Ok(gathered);
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in path.read_dir()? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            files.push(file);
        }
    }
    files.sort();
    for file in files {
        let name = file.display().to_string();
        match read(&file, false) {
            Ok(bytes) => gathered.add(&name, &bytes),
            Err(error) => gathered.unreadable.push(Unreadable { file: name, why: error.to_string() }),
        }
    }
    Ok(gathered)
}

/// All bytes of a file, or of a pipe that a shell has made (`<(...)`). A pipe without a writer is empty, and not waited
/// for (fifo(7), O_NONBLOCK); what may have no end is refused.
fn read(path: &Path, may_be_pipe: bool) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    let kind = file.metadata()?.file_type();
    if !(kind.is_file() || may_be_pipe && kind.is_fifo()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    // From here on a writer that is there is waited for.
    fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
    if file.metadata()?.len() > LARGEST {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "larger than 256 MiB: give a directory with a file for each node")
}

impl Gathered {
    /// The reports in `bytes`, which came from `name`. What follows one that cannot be read is lost, and said to be.
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        let before = self.reports.len();
        let unreadable = |why: String| Unreadable { file: name.to_owned(), why };
        for report in serde_json::Deserializer::from_slice(bytes).into_iter::<NodeReport>() {
            match report {
                Ok(report) if report.schema == 1 => self.reports.push(report),
                Ok(report) => {
                    self.unreadable.push(unreadable(format!("its `schema` is {}, expected 1", report.schema)));
                }
                Err(error) => {
                    self.unreadable.push(unreadable(error.to_string()));
                    return;
                }
            }
        }
        if self.reports.len() == before && bytes.iter().all(u8::is_ascii_whitespace) {
            self.unreadable.push(unreadable("it is empty".to_owned()));
        }
    }

    /// These and those.
    pub fn join(&mut self, other: Self) {
        self.reports.extend(other.reports);
        self.unreadable.extend(other.unreadable);
    }
}
