//! A profile as it was at a revision of its git repository, with every file beside it.
//!
//! The files are read from git's objects and written to a directory of our own, which goes with the value. No hook,
//! filter or attribute of the repository runs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Files above this size are no layers and no scripts.
const LARGEST: u64 = 16 << 20;

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// git is not there.
    #[error("cannot run git: {0}")]
    NoGit(#[source] io::Error),
    /// git says no.
    #[error("`git {command}` failed: {said}")]
    Git {
        /// What was asked.
        command: String,
        /// What it said.
        said: String,
    },
    /// The repository has no such revision.
    #[error("`{revision}` is neither a profile here nor a revision of the repository of `{}`", profile.display())]
    Unknown {
        /// What was asked for.
        revision: String,
        /// The profile.
        profile: PathBuf,
    },
    /// The revision has no such file.
    #[error("`{revision}` has no file `{file}`")]
    NoFile {
        /// The revision.
        revision: String,
        /// The profile's path in the repository.
        file: String,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The files of a revision in a directory of their own, removed with the value.
#[derive(Debug)]
pub struct Revision {
    directory: PathBuf,
    /// The profile in it.
    pub profile: PathBuf,
}

impl Drop for Revision {
    fn drop(&mut self) {
        // Nothing can be done about a directory that will not go.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

impl Revision {
    /// Where its files lie.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The files of the repository of `profile` as they were at `revision`.
    ///
    /// # Errors
    /// When there is no git, repository, revision or file.
    pub fn open(profile: &Path, revision: &str) -> Result<Self, RevisionError> {
        let folder = profile.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let unknown = || RevisionError::Unknown { revision: revision.to_owned(), profile: profile.to_owned() };
        let commit = format!("{revision}^{{commit}}");
        let found = git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit], None)?;
        if !found.status.success() {
            return Err(unknown());
        }
        let commit = text(&found);
        let prefix = text(&asked(folder, &["rev-parse", "--show-prefix"])?);
        let name = profile.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let file = format!("{prefix}{name}");
        let listing = asked(folder, &["ls-tree", "-r", "-z", "-l", "--full-tree", &commit])?;
        let entries = entries(&String::from_utf8_lossy(&listing.stdout));
        if !entries.iter().any(|entry| entry.path == file) {
            return Err(RevisionError::NoFile { revision: revision.to_owned(), file });
        }
        let directory = own_directory()?;
        let opened = Self { profile: directory.join(&file), directory };
        opened.write(folder, &entries)?;
        Ok(opened)
    }

    /// Writes the files, each read from its object.
    fn write(&self, folder: &Path, entries: &[Entry]) -> Result<(), RevisionError> {
        let wanted: String = entries.iter().map(|entry| format!("{}\n", entry.object)).collect();
        let output = git(folder, &["cat-file", "--batch"], Some(&wanted))?;
        let mut contents = contents(&output.stdout);
        for entry in entries {
            let Some(bytes) = contents.remove(&entry.object) else { continue };
            let path = self.directory.join(&entry.path);
            let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &bytes));
            written.map_err(|source| RevisionError::Write { path, source })?;
            // Two files may have one content.
            contents.insert(entry.object.clone(), bytes);
        }
        Ok(())
    }
}

/// One regular file of a tree.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    object: String,
    path: String,
}

/// The lines of `git ls-tree -r -z -l`: `MODE TYPE OBJECT SIZE<TAB>PATH`. Links, submodules, large files and paths that
/// lead out of the tree are left out.
fn entries(listing: &str) -> Vec<Entry> {
    let entry = |line: &str| {
        let (facts, path) = line.split_once('\t')?;
        let [mode, kind, object, size] = facts.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
        let regular = kind == "blob" && mode.starts_with("100");
        let within = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        let small = size.parse::<u64>().is_ok_and(|size| size <= LARGEST);
        (regular && within && small).then(|| Entry { object: object.to_owned(), path: path.to_owned() })
    };
    listing.split('\0').filter_map(entry).collect()
}

/// The output of `git cat-file --batch`: `OBJECT blob SIZE`, a line end, the bytes, a line end.
fn contents(mut output: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    while let Some(end) = output.iter().position(|byte| *byte == b'\n') {
        let head = String::from_utf8_lossy(&output[..end]).into_owned();
        output = &output[end + 1..];
        let words: Vec<&str> = head.split(' ').collect();
        let [object, "blob", size] = words.as_slice() else { continue };
        let Some(bytes) = size.parse::<usize>().ok().and_then(|size| output.get(..size)) else { break };
        found.insert((*object).to_owned(), bytes.to_vec());
        output = output.get(bytes.len() + 1..).unwrap_or_default();
    }
    found
}

/// An empty directory for nobody else.
fn own_directory() -> Result<PathBuf, RevisionError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("shifter-site-diff.{}.{count}", std::process::id()));
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&path)
        .map_err(|source| RevisionError::Write { path: path.clone(), source })?;
    Ok(path)
}

fn asked(folder: &Path, words: &[&str]) -> Result<Output, RevisionError> {
    let output = git(folder, words, None)?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(RevisionError::Git { command: words.join(" "), said })
}

fn git(folder: &Path, words: &[&str], input: Option<&str>) -> Result<Output, RevisionError> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(words).env("LC_ALL", "C").stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.spawn().map_err(RevisionError::NoGit)?;
    let stdin = child.stdin.take();
    let mut stdout = child.stdout.take();
    let (status, output) = std::thread::scope(|scope| {
        // Both ends at once: git answers while it is being asked.
        let writer = scope.spawn(move || {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // A git that ended early says why on standard error.
                let _ = stdin.write_all(input.as_bytes());
            }
        });
        let mut bytes = Vec::new();
        let read = stdout.as_mut().map_or(Ok(0), |stdout| stdout.read_to_end(&mut bytes));
        let _ = writer.join();
        (child.wait_with_output(), read.map(|_| bytes))
    });
    let status = status.map_err(RevisionError::NoGit)?;
    Ok(Output { stdout: output.map_err(RevisionError::NoGit)?, ..status })
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_within_the_tree_are_taken() {
        let listing = "100644 blob aa      12\ta.toml\x00120000 blob bb       3\tlink\x00160000 commit cc       -\tsub\x00\
                       100755 blob dd       1\tx/y.sh\x00100644 blob ee 99999999\tbig\x00100644 blob ff 1\t../out\x00";
        let paths: Vec<String> = entries(listing).into_iter().map(|entry| entry.path).collect();
        assert_eq!(paths, ["a.toml", "x/y.sh"]);
    }

    #[test]
    fn contents_may_hold_line_ends_and_objects_may_be_missing() {
        let found = contents(b"aa blob 4\na\nb\n\nbb missing\ncc blob 0\n\n");
        assert_eq!(found["aa"], b"a\nb\n");
        assert_eq!((found["cc"].len(), found.contains_key("bb")), (0, false));
    }
}
