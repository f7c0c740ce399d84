//! Reading what goes into the archive. What is not there, or may not be read, is listed with its reason.

use super::{Entry, own, records, redact};
use crate::facts;
use crate::verify::{self, Root};
use std::fmt::Write as _;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How much of the end of a log is taken.
const MOST_OF_A_LOG: u64 = 64 * 1024;
/// How much of the end of a log records are looked for in.
const MOST_OF_A_SYSLOG: u64 = 8 * 1024 * 1024;
/// How many logs are taken, the first by name.
const MOST_LOGS: usize = 16;
/// Where the gateways log.
const LOGS: [&str; 2] = ["/var/log/shifter_imagegw", "/var/log/shifter"];
/// Programs that say their version, where they are installed.
const PROGRAMS: [&str; 6] = [
    "/usr/bin/shifter",
    "/usr/local/bin/shifter",
    "/usr/bin/shifterimg",
    "/usr/local/bin/shifterimg",
    "/usr/bin/shifter-imagegw",
    "/usr/local/bin/shifter-imagegw",
];

/// What to gather.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The directory that is the node's `/`; none for `/` itself.
    pub root: Option<PathBuf>,
    /// The class, for the look at the installed files.
    pub class: Option<String>,
    /// The configuration directory.
    pub config: String,
}

/// Everything that can be had, in a fixed order; the last entry says what could not.
#[must_use]
pub fn gather(request: &Request) -> Vec<Entry> {
    let root = Root::new(request.root.as_deref());
    let mut gathering = Gathering { root: &root, entries: Vec::new(), missing: String::new() };
    gathering.add("versions.txt", versions(&root));
    for name in ["udiRoot.conf", "deny", "premount.sh", "postmount.sh", "class"] {
        gathering.text(&format!("{}/{name}", request.config));
    }
    for name in ["imagemanager.json", "manifest.json"] {
        gathering.json(&format!("{}/{name}", request.config));
    }
    gathering.add("verify.json", look(request));
    gathering.facts(request);
    gathering.generations();
    for directory in LOGS {
        gathering.logs(directory);
    }
    if root.is_own() {
        gathering.journal();
    }
    gathering.records();
    let missing = std::mem::take(&mut gathering.missing);
    let mut entries = gathering.entries;
    guard(&mut entries, &root, &request.config);
    entries.push(Entry::new("not-there.txt", missing));
    entries
}

/// The last look: an entry with one of the node's own secrets in it is left out.
fn guard(entries: &mut [Entry], root: &Root, config: &str) {
    let forms = own::forms(root, config);
    for entry in entries {
        if forms.iter().any(|forms| forms.found_in(&entry.bytes).is_some()) {
            entry.bytes = b"left out: a secret of this node stands in it\n".to_vec();
        }
    }
}

struct Gathering<'a> {
    root: &'a Root,
    entries: Vec<Entry>,
    missing: String,
}

impl Gathering<'_> {
    fn add(&mut self, name: &str, text: impl Into<Vec<u8>>) {
        self.entries.push(Entry::new(name, text));
    }

    fn lacks(&mut self, what: &str, why: &impl std::fmt::Display) {
        writeln!(self.missing, "{what}: {why}").expect("a String takes all text");
    }

    fn read(&mut self, path: &str) -> Option<String> {
        match self.root.read(Path::new(path)) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                self.lacks(path, &error);
                None
            }
        }
    }

    fn text(&mut self, path: &str) {
        if let Some(text) = self.read(path) {
            self.add(path.trim_start_matches('/'), redact::text(&text));
        }
    }

    fn json(&mut self, path: &str) {
        let Some(text) = self.read(path) else { return };
        match redact::json(&text) {
            Some(covered) => self.add(path.trim_start_matches('/'), covered),
            None => self.lacks(path, &"it is no JSON, so its secrets could not be covered"),
        }
    }

    /// What the node is. Facts hold no secret by their making; whatever text is in them is covered all the same.
    fn facts(&mut self, request: &Request) {
        let root = request.root.clone().unwrap_or_else(|| PathBuf::from("/"));
        let wanted = facts::Wanted { root, class: request.class.clone(), ..Default::default() };
        match facts::gather(&wanted).map(|facts| redact::json(&facts.text())) {
            Ok(Some(covered)) => self.add("facts.json", covered),
            Ok(None) => self.lacks("facts.json", &"the facts are no JSON"),
            Err(error) => self.lacks("facts.json", &error),
        }
    }

    /// The records of generations, not what they keep.
    fn generations(&mut self) {
        let directory = format!("{}/generations", crate::install::STATE);
        let mut numbers = names(&self.root.path(Path::new(&directory))).unwrap_or_else(|error| {
            self.lacks(&directory, &error);
            Vec::new()
        });
        numbers.sort_by_key(|number| (number.len(), number.clone()));
        for number in numbers.iter().filter(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
            self.json(&format!("{directory}/{number}/generation.json"));
        }
    }

    fn logs(&mut self, directory: &str) {
        let mut found = match names(&self.root.path(Path::new(directory))) {
            Ok(found) => found,
            Err(error) => return self.lacks(directory, &error),
        };
        found.sort();
        for name in found.iter().filter(|name| name.ends_with(".log")).take(MOST_LOGS) {
            let path = format!("{directory}/{name}");
            match end(self.root, &path, MOST_OF_A_LOG) {
                Ok(text) => self.add(path.trim_start_matches('/'), redact::text(&text)),
                Err(error) => self.lacks(&path, &error),
            }
        }
    }

    /// What the runtime recorded of starts, wherever the node keeps it.
    fn records(&mut self) {
        let mut texts: Vec<String> =
            records::LOGS.iter().filter_map(|path| end(self.root, path, MOST_OF_A_SYSLOG).ok()).collect();
        if self.root.is_own() {
            let arguments = ["--identifier", "shifter", "--lines", "2000", "--no-pager", "--output", "short"];
            texts.extend(said("/usr/bin/journalctl", &arguments));
        }
        match records::pick(texts.iter().map(String::as_str)) {
            Some(text) => self.add("records.jsonl", redact::text(&text)),
            None => self.lacks("records.jsonl", &"no record of a start in the journal or below /var/log"),
        }
    }

    /// The last lines of the gateway in the journal.
    fn journal(&mut self) {
        let arguments = ["--unit", "shifter-imagegw*", "--lines", "500", "--no-pager", "--output", "short-iso"];
        match said("/usr/bin/journalctl", &arguments) {
            Ok(text) => self.add("journal.txt", redact::text(&text)),
            Err(error) => self.lacks("journalctl", &error),
        }
    }
}

/// What `verify` says.
fn look(request: &Request) -> String {
    let asked = verify::Request { root: request.root.clone(), class: request.class.clone(), ..Default::default() };
    let report = verify::verify(&asked).unwrap_or_else(|error| verify::failed(&asked, &error));
    serde_json::to_string_pretty(&report).expect("texts, numbers and lists are JSON") + "\n"
}

fn versions(root: &Root) -> String {
    let mut text = format!("shifter-site {}\n", env!("CARGO_PKG_VERSION"));
    let read = |path: &str| root.read(Path::new(path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    text.push_str(&read("/etc/os-release").unwrap_or_default());
    if root.is_own() {
        text.push_str(&std::fs::read_to_string("/proc/version").unwrap_or_default());
        for program in PROGRAMS {
            if let Ok(said) = said(program, &["--version"]) {
                let _ = writeln!(text, "{program}: {}", said.trim());
            }
        }
    }
    text
}

/// What a program prints.
fn said(program: &str, arguments: &[&str]) -> io::Result<String> {
    let output = Command::new(program).args(arguments).env_clear().stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(output.status.to_string()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn names(directory: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in directory.read_dir()? {
        found.extend(entry?.file_name().into_string());
    }
    Ok(found)
}

/// The end of a file, from the first whole line on.
fn end(root: &Root, path: &str, most: u64) -> io::Result<String> {
    let mut file = root.open(Path::new(path))?;
    let there = file.metadata()?;
    if !there.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let skipped = there.len().saturating_sub(most);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(match text.split_once('\n') {
        Some((_, whole)) if skipped > 0 => whole.to_owned(),
        _ => text,
    })
}
