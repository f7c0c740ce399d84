//! Reading reports: a directory of files, or one file or stream with many.

use super::Unreadable;
use crate::verify::NodeReport;
use std::io;
use std::path::{Path, PathBuf};

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
        let bytes = std::fs::read(path)?;
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
        match std::fs::read(&file) {
            Ok(bytes) => gathered.add(&name, &bytes),
            Err(error) => gathered.unreadable.push(Unreadable { file: name, why: error.to_string() }),
        }
    }
    Ok(gathered)
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
