//! Carrying out the fixes of findings in the files of a profile.
//!
//! [`repair`] works on texts in memory: it checks, takes the fixes that do not get into each other's way,
//! edits, and checks again, until no fix is left to take. Only then is anything written ([`save`]).
//!
//! Files that may change are those named and what they extend. A preset, `--set`, a variable and a
//! profile that a gateway serves are somebody else's: a fix that would have to change them is [`Skipped`].

mod choose;
pub mod save;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use crate::{
    check::{self, Checked, Strictness},
    diagnostic::{
        Report, Safety, Written,
        source::{Source, SourceKind},
    },
    edit,
    profile::{
        Input, LoadError, LoadOptions,
        buffers::{Buffers, one_name},
        document,
    },
};

/// How often fixes are taken before it is clear that they chase each other.
const ROUNDS: usize = 100;

/// What became of a run.
#[derive(Debug)]
pub struct Repaired {
    /// What is left, with the number of what was fixed.
    pub report: Report,
    /// Whether something left is at or above the limit.
    pub fails: bool,
    /// The texts that changed.
    pub changed: Vec<Changed>,
    /// Fixes that could not be carried out, each once.
    pub skipped: Vec<Skipped>,
}

/// A text before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its name for people.
    pub name: String,
    /// The file, or nothing for standard input.
    pub file: Option<PathBuf>,
    /// The text as read.
    pub before: String,
    /// The text as it should be.
    pub after: String,
}

/// A fix that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The rule.
    pub code: &'static str,
    /// What the fix would have done.
    pub title: String,
    /// The text that would have to change.
    pub source: String,
    /// Why it does not.
    pub why: String,
}

/// Which text is meant, however it was named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    File(PathBuf),
    Stdin,
}

/// Checks `profiles` and fixes what may be fixed: what is `Safe`, or everything.
///
/// Where standard input is among the profiles, its text alone may change.
///
/// # Errors
/// When a file cannot be read or an override has no meaning.
pub fn repair(
    profiles: &[LoadOptions],
    class: Option<&str>,
    strictness: &Strictness,
    allowed: Safety,
) -> Result<Repaired, LoadError> {
    let mut run = Texts::new(profiles.to_vec());
    let (mut done, mut failed): (Vec<String>, Vec<Skipped>) = Default::default();
    let mut fixed = 0;
    for round in 0..=ROUNDS {
        let checked = run.check(class, strictness)?;
        let report = check::report(&checked);
        let editable = run.editable(&checked);
        let mut skipped = failed.clone();
        let choice = choose::choose(&report, allowed, &editable, &mut skipped);
        let mut took = 0;
        for fix in choice.iter().filter(|_| round < ROUNDS) {
            let name = fix.name();
            if done.contains(&name) {
                continue;
            }
            match run.carry_out(&fix.written) {
                Ok(()) => took += 1,
                Err(why) => failed.push(fix.skipped(&why.to_string())),
            }
            done.push(name);
        }
        fixed += took;
        if took == 0 {
            skipped.append(&mut failed);
            skipped.sort();
            skipped.dedup();
            let fails = checked.iter().any(Checked::fails);
            let changed = run.changed();
            return Ok(Repaired { report: report.after_fixing(fixed), fails, changed, skipped });
        }
    }
    unreachable!("the last round takes nothing")
}

/// The texts as they are by now.
pub(crate) struct Texts {
    profiles: Vec<LoadOptions>,
    buffers: Buffers,
    changed: BTreeMap<Key, Changed>,
}

impl Texts {
    pub(crate) fn new(profiles: Vec<LoadOptions>) -> Self {
        Self { profiles, buffers: Buffers::none(), changed: BTreeMap::new() }
    }

    /// The texts that are not as they were read.
    pub(crate) fn changed(self) -> Vec<Changed> {
        self.changed.into_values().filter(|text| text.before != text.after).collect()
    }

    /// Whether all these texts may change.
    pub(crate) fn may_change(&self, written: &[Written], checked: &[Checked]) -> bool {
        let editable = self.editable(checked);
        written.iter().all(|written| key(&written.source).is_some_and(|key| editable.contains(&key)))
    }

    /// Looks at the profiles as the texts are by now.
    pub(crate) fn check(&self, class: Option<&str>, strictness: &Strictness) -> Result<Vec<Checked>, LoadError> {
        self.profiles.iter().map(|options| check::check_with(options, class, strictness, &self.buffers)).collect()
    }

    /// The texts that may change: of every profile its own and those it extends.
    fn editable(&self, checked: &[Checked]) -> Vec<Key> {
        let from_stdin = self.profiles.iter().any(|options| matches!(options.input, Input::Text { .. }));
        let sources = checked.iter().flat_map(|one| one.loaded.origins.sources());
        sources.filter_map(|source| key(source)).filter(|key| !from_stdin || *key == Key::Stdin).collect()
    }

    /// Carries out one fix in all its texts, or in none.
    pub(crate) fn carry_out(&mut self, written: &[Written]) -> Result<(), edit::EditError> {
        let mut texts: BTreeMap<Key, (Arc<Source>, String)> = BTreeMap::new();
        for Written { source, edit } in written {
            let Some(key) = key(source) else { continue };
            let text = match texts.get(&key).map(|(_, text)| text).or(self.changed.get(&key).map(|c| &c.after)) {
                Some(text) => edit::apply(text, std::slice::from_ref(edit))?,
                None => edit::apply(source.text(), std::slice::from_ref(edit))?,
            };
            texts.insert(key, (Arc::clone(source), text));
        }
        for (key, (source, text)) in texts {
            match &key {
                Key::File(path) => self.buffers.set(path, text.clone()),
                Key::Stdin => self.feed(&text),
            }
            let file = match &key {
                Key::File(path) => Some(path.clone()),
                Key::Stdin => None,
            };
            let first =
                || Changed { name: source.name.clone(), file, before: source.text().to_owned(), after: String::new() };
            self.changed.entry(key).or_insert_with(first).after = text;
        }
        Ok(())
    }

    /// Lets `text` be what stands on standard input.
    fn feed(&mut self, text: &str) {
        for options in &mut self.profiles {
            if let Input::Text { bytes, .. } = &mut options.input {
                *bytes = text.as_bytes().to_vec();
            }
        }
    }
}

/// Which text a source is, if it is one that can change.
fn key(source: &Source) -> Option<Key> {
    match &source.kind {
        SourceKind::File(path) | SourceKind::Script(path) => Some(Key::File(one_name(path))),
        SourceKind::Stdin(_) => Some(Key::Stdin),
        SourceKind::Preset | SourceKind::Environment | SourceKind::Option => None,
    }
}

impl Changed {
    /// The change as a unified diff, with secrets covered.
    #[must_use]
    pub fn diff(&self) -> String {
        let (before, after) = (shown(&self.before), shown(&self.after));
        let diff = similar::TextDiff::from_lines(&before, &after);
        let name = self.name.trim_start_matches('/');
        diff.unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string()
    }
}

/// The text of a profile with every secret in it covered.
pub(crate) fn shown(text: &str) -> String {
    let mut source = Source::new("", SourceKind::Preset, text);
    for secret in document::read(&source, 0).secrets {
        source.cover(secret.span);
    }
    source.shown().to_owned()
}
