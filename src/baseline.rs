//! Findings that a site knows of and lives with: a file says which, and a run is silent about them.
//!
//! A finding is known again by its rule, its key and what stands there, not by its line: a profile may
//! grow around it. An entry of an array has no number of its own, so that a new file system before it
//! changes nothing. What stands there is kept as a digest, and a secret not even as that.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    diagnostic::{Finding, Located, Severity, structural},
    digest,
    profile::file,
};

/// The version of the file's form.
const VERSION: u32 = 1;

/// What is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<Fingerprint, usize>);

/// By what a finding is known again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// The file as the command line names it.
    file: String,
    /// The rule.
    code: String,
    /// The key; `*` is any element of an array.
    key: String,
    /// The first half of the SHA-256 of what stands there, secrets covered.
    value: String,
}

/// A file of known findings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read.
    #[error("cannot read the baseline `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what `--write-baseline` writes.
    #[error("`{}` is no baseline: {why}; write one with `shifter-site check --write-baseline`", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        why: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    code: String,
    key: String,
    value: String,
    count: usize,
}

impl Baseline {
    /// All of `findings`, as known from now on.
    #[must_use]
    pub fn of(findings: &[Located]) -> Self {
        let mut known = BTreeMap::new();
        for located in findings {
            *known.entry(Fingerprint::of(located)).or_insert(0) += 1;
        }
        Self(known)
    }

    /// How many findings are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().sum()
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The file's text.
    #[must_use]
    pub fn write(&self) -> String {
        let entry = |(fingerprint, count): (&Fingerprint, &usize)| {
            let Fingerprint { file, code, key, value } = fingerprint.clone();
            Entry { file, code, key, value, count: *count }
        };
        let document = Document { version: VERSION, findings: self.0.iter().map(entry).collect() };
        let mut text = serde_json::to_string_pretty(&document).expect("plain data without maps always serializes");
        text.push('\n');
        text
    }

    /// Reads a file that [`Baseline::write`] made.
    ///
    /// # Errors
    /// When it cannot be read or has another form.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let bytes = file::read(path).map_err(|source| BaselineError::Read { path: path.to_owned(), source })?;
        let bad = |why: String| BaselineError::Form { path: path.to_owned(), why };
        let document: Document = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
        if document.version != VERSION {
            return Err(bad(format!("its version is {}, and this program knows {VERSION}", document.version)));
        }
        let mut known = BTreeMap::new();
        for Entry { file, code, key, value, count } in document.findings {
            *known.entry(Fingerprint { file, code, key, value }).or_insert(0) += count;
        }
        Ok(Self(known))
    }

    /// Takes what is known out of `findings` and says how many that were. What is known of the file `own` and was not
    /// found becomes an info, where `could_be_found` says that its rule was asked.
    pub(crate) fn take_out(
        &self,
        findings: &mut Vec<Located>,
        own: &str,
        could_be_found: impl Fn(&str) -> bool,
    ) -> usize {
        let mut left = self.0.clone();
        let before = findings.len();
        findings.retain(|located| match left.get_mut(&Fingerprint::of(located)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        let known = before - findings.len();
        let stale = left.iter().filter(|(known, count)| **count > 0 && known.file == plain(own));
        findings
            .extend(stale.filter(|(known, _)| could_be_found(&known.code)).map(|(known, count)| gone(known, *count)));
        known
    }
}

/// That a finding is no more is good to know: the entry would hide the next one.
fn gone(known: &Fingerprint, count: usize) -> Located {
    let Fingerprint { file, code, key, .. } = known;
    let times = if count == 1 { String::new() } else { format!(" {count} times") };
    let place = if key.is_empty() { format!("`{file}`") } else { format!("`{key}` of `{file}`") };
    let mut finding = Finding::new(
        &structural::UNUSED_SUPPRESSION,
        format!("the baseline knows {code} at {place}{times}, and it is no more"),
    )
    .help("write the baseline anew with `--write-baseline`");
    finding.severity = Severity::Info;
    Located { finding, places: Vec::new() }
}

impl Fingerprint {
    fn of(located: &Located) -> Self {
        let key = located.finding.anchor().map_or_else(String::new, |label| {
            let segment =
                |segment: &String| if segment.parse::<usize>().is_ok() { "*".to_owned() } else { segment.clone() };
            label.path.segments().iter().map(segment).collect::<Vec<_>>().join(".")
        });
        let (file, value) = located.anchor().map_or_else(Default::default, |place| {
            let shown = place.source.shown().get(place.span.clone()).unwrap_or_default();
            (plain(&place.source.name).to_owned(), digest::sha256(shown.as_bytes())[..32].to_owned())
        });
        Self { file, code: located.finding.code.to_owned(), key, value }
    }
}

fn plain(name: &str) -> &str {
    name.strip_prefix("./").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::{self, Strictness},
        profile::LoadOptions,
    };
    use std::sync::Arc;

    const PROFILE: &str = "schema = 1\n[[filesystem]]\nsource = \"/a\"\noptions = [\"ro\", \"ro\"]\n\
                           [gateway.database]\nuri = \"mongodb://localhost/\"\npassword = \"hunter2\"\n";

    fn found(text: &str, baseline: Option<&Baseline>) -> Vec<(Severity, &'static str)> {
        let strictness = Strictness { baseline: baseline.cloned().map(Arc::new), ..Strictness::default() };
        let checked = check::check(&LoadOptions::text("a.toml", text), None, &strictness).expect("read");
        let report = check::report(&[checked]);
        report.findings().iter().map(|located| (located.finding.severity, located.finding.code)).collect()
    }

    fn known() -> Baseline {
        let checked = check::check(&LoadOptions::text("a.toml", PROFILE), None, &Strictness::default()).expect("read");
        Baseline::of(check::report(&[checked]).findings())
    }

    #[test]
    fn what_is_known_is_not_said_again_wherever_it_moves() {
        let baseline = known();
        assert_eq!(found(PROFILE, Some(&baseline)), []);
        let moved = PROFILE.replace("[[filesystem]]", "# more\n[[filesystem]]\nsource = \"/new\"\n\n[[filesystem]]");
        assert_eq!(found(&moved, Some(&baseline)), []);
        let twice =
            PROFILE.replace("[gateway", "[[filesystem]]\nsource = \"/b\"\noptions = [\"ro\", \"ro\"]\n[gateway");
        assert_eq!(found(&twice, Some(&baseline)), [(Severity::Error, "FS013")], "it is counted");
    }

    #[test]
    fn what_is_no_more_is_an_info() {
        let baseline = known();
        let mended = PROFILE.replace("[\"ro\", \"ro\"]", "[\"ro\"]");
        assert_eq!(found(&mended, Some(&baseline)), [(Severity::Info, "SITE015")]);
    }

    #[test]
    fn a_baseline_holds_no_secret_and_reads_back() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("known.json");
        let baseline = known();
        let text = baseline.write();
        assert!(!text.contains("hunter2") && !text.contains(&digest::sha256(b"hunter2")[..32]), "{text}");
        assert!(!text.contains(&digest::sha256(b"\"hunter2\"")[..32]), "{text}");
        std::fs::write(&path, text).expect("written");
        assert_eq!(Baseline::read(&path).expect("read"), baseline);
        std::fs::write(&path, "{\"version\": 1, \"findings\": [{}]}").expect("written");
        let error = Baseline::read(&path).expect_err("refused").to_string();
        assert!(error.contains("is no baseline: missing field `file` at line 1 column 30"), "{error}");
    }
}
