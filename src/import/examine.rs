//! What is wrong with imported files, found by the rules that look at such files and marked in them.

use super::chosen::Chosen;
use super::lines::ConfLines;
use super::{FileKind, Ownership, json};
use crate::diagnostic::source::Source;
use crate::diagnostic::{Finding, Fix, Located, Place, RuleId, Safety, structural};
use crate::lint::{self, Check};
use serde_json::Value as Json;
use shifter_formats::Target;
use shifter_formats::original::Survey;
use std::ops::Range;
use std::sync::Arc;

/// The imported files, as rules see them. A rule marks bytes of a text here, for there is no profile yet.
pub struct Evidence<'a> {
    /// The release they are for.
    pub(crate) target: Target,
    /// `udiRoot.conf`.
    pub(crate) conf: Option<ConfEvidence<'a>>,
    /// `imagemanager.json`.
    pub(crate) manager: Option<ManagerEvidence<'a>>,
    /// Scripts, each with its kind.
    pub(crate) scripts: Vec<(FileKind, Arc<Source>)>,
    /// `plugstack.conf` of Slurm.
    pub(crate) plugstacks: Vec<Arc<Source>>,
    /// Where the scripts of udiRoot.conf were found, when that is known: the key and the place.
    pub(crate) hooks: Vec<(&'static str, String)>,
    /// Each file with its owner, where that is known.
    pub(crate) owners: Vec<(FileKind, Arc<Source>, Ownership)>,
}

/// `udiRoot.conf`, as rules see it.
pub(crate) struct ConfEvidence<'a> {
    pub(crate) source: &'a Arc<Source>,
    pub(crate) lines: &'a ConfLines,
    pub(crate) survey: &'a Survey,
}

/// `imagemanager.json`, as rules see it.
pub(crate) struct ManagerEvidence<'a> {
    pub(crate) source: &'a Arc<Source>,
    pub(crate) json: &'a Json,
    pub(crate) error: Option<&'a (usize, usize, String)>,
    pub(crate) entries: Vec<json::Entry>,
}

impl ConfEvidence<'_> {
    pub(crate) fn text(&self) -> &str {
        self.source.text()
    }
}

impl ManagerEvidence<'_> {
    /// The value at a pointer.
    pub(crate) fn value(&self, pointer: &str) -> Option<Range<usize>> {
        json::find(&self.entries, pointer).map(|entry| entry.value.clone())
    }

    /// The key at a pointer, in its quotes.
    pub(crate) fn key(&self, pointer: &str) -> Option<Range<usize>> {
        json::find(&self.entries, pointer).and_then(|entry| entry.key.clone())
    }
}

/// One change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// The bytes that go.
    pub span: Range<usize>,
    /// What comes instead.
    pub text: String,
}

/// Where a rule puts what it finds in imported files.
pub struct Marks {
    rule: &'static RuleId,
    found: Vec<Located>,
    edits: Vec<Repaired>,
}

/// The edits of one repair, the text they change, and whether they are a guess.
type Repaired = (Safety, Arc<Source>, Vec<TextEdit>);

impl Marks {
    /// Reports `message` about the bytes `span` of `source`, with `help`.
    pub(crate) fn at(
        &mut self,
        source: &Arc<Source>,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Self {
        self.of(self.rule, source, span, message, help)
    }

    /// The same under the identity of another rule, which says this of profiles.
    pub(crate) fn of(
        &mut self,
        rule: &RuleId,
        source: &Arc<Source>,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Self {
        let finding = Finding::new(rule, source.scrub(&message.into())).help(source.scrub(&help.into()));
        let place = Place { source: Arc::clone(source), span: source.clamp(span), text: String::new(), primary: true };
        self.found.push(Located { finding, places: vec![place] });
        self
    }

    /// Marks a second place of the last finding.
    pub(crate) fn also(&mut self, source: &Arc<Source>, span: Range<usize>, text: impl Into<String>) -> &mut Self {
        if let Some(last) = self.found.last_mut() {
            let (source, span) = (Arc::clone(source), source.clamp(span));
            last.places.push(Place { source, span, text: text.into(), primary: false });
        }
        self
    }

    /// Gives the last finding a repair of the text it is about.
    pub(crate) fn repair(&mut self, title: impl Into<String>, edits: Vec<TextEdit>) -> &mut Self {
        self.fix(Fix::safe(title, Vec::new()), edits)
    }

    /// The same with a repair that is a guess.
    pub(crate) fn guess(&mut self, title: impl Into<String>, edits: Vec<TextEdit>) -> &mut Self {
        self.fix(Fix::risky(title, Vec::new()), edits)
    }

    fn fix(&mut self, fix: Fix, edits: Vec<TextEdit>) -> &mut Self {
        if let Some(last) = self.found.last_mut() {
            let safety = fix.safety;
            last.finding.fixes.push(fix);
            if let Some(place) = last.places.first() {
                self.edits.push((safety, Arc::clone(&place.source), edits));
            }
        }
        self
    }
}

/// What the rules say of imported files.
pub(super) struct Examined {
    /// The findings, by place.
    pub(super) findings: Vec<Located>,
    /// Each file with a repair that may be made, repaired: its name and its text.
    pub(super) repaired: Vec<(String, String)>,
    /// The same, with the old text before the new one and every password covered.
    pub(super) shown: Vec<(String, String, String)>,
}

/// Asks every rule that looks at imported files, and makes the repairs that are `allowed`.
pub(super) fn examine(chosen: &Chosen<'_>, allowed: Safety) -> Examined {
    let evidence = evidence(chosen);
    let (mut findings, mut edits) = (Vec::new(), Vec::new());
    for rule in lint::RULES {
        let Check::Import(check) = rule.check else { continue };
        let mut marks = Marks { rule: &rule.id, found: Vec::new(), edits: Vec::new() };
        if rule.is_about(Some(chosen.target)) {
            check(&evidence, &mut marks);
        }
        findings.append(&mut marks.found);
        edits.append(&mut marks.edits);
    }
    let mut marks = Marks { rule: &structural::UNKNOWN_KEY, found: Vec::new(), edits: Vec::new() };
    lint::further(&evidence, &mut marks);
    findings.append(&mut marks.found);
    findings.sort_by(Located::order);
    findings.dedup_by(|later, first| later.repeats(first));
    let (mut repaired, mut shown) = (Vec::new(), Vec::new());
    edits.retain(|(safety, ..)| *safety == Safety::Safe || allowed == Safety::Unsafe);
    for (source, edits) in compatible(edits) {
        repaired.push((source.name.clone(), changed(source.text(), &edits)));
        shown.push((source.name.clone(), source.shown().to_owned(), changed(source.shown(), &edits)));
    }
    Examined { findings, repaired, shown }
}

fn evidence<'a>(chosen: &'a Chosen<'_>) -> Evidence<'a> {
    let conf = chosen.conf.as_ref();
    let manager = chosen.manager.as_ref();
    let is_script = |kind: FileKind| matches!(kind, FileKind::Script(_));
    let mut owners: Vec<(FileKind, Arc<Source>, Ownership)> = Vec::new();
    for file in chosen.files {
        owners.extend(file.owner.clone().map(|owner| (file.kind, file.source(), owner)));
    }
    let place_of = |hook: &super::chosen::HookFile<'_>| {
        let key = match hook.phase {
            crate::profile::section::Phase::Premount => "sitePreMountHook",
            crate::profile::section::Phase::Postmount => "sitePostMountHook",
        };
        Some((key, hook.file.place.clone()?))
    };
    Evidence {
        target: chosen.target,
        conf: conf.map(|conf| ConfEvidence { source: &conf.source, lines: &conf.lines, survey: &conf.survey }),
        manager: manager.map(|manager| ManagerEvidence {
            source: &manager.source,
            json: &manager.written,
            error: manager.error.as_ref(),
            entries: if manager.error.is_none() { json::entries(manager.source.text()) } else { Vec::new() },
        }),
        scripts: chosen
            .files
            .iter()
            .filter(|file| is_script(file.kind))
            .map(|file| (file.kind, file.source()))
            .collect(),
        plugstacks: chosen
            .files
            .iter()
            .filter(|file| file.kind == FileKind::Plugstack)
            .map(super::InputFile::source)
            .collect(),
        hooks: chosen.hooks.iter().filter_map(place_of).collect(),
        owners,
    }
}

/// The edits of each text, without those that touch an earlier one.
fn compatible(edits: Vec<Repaired>) -> Vec<(Arc<Source>, Vec<TextEdit>)> {
    let mut texts: Vec<(Arc<Source>, Vec<TextEdit>)> = Vec::new();
    for (_, source, edits) in edits {
        let slot = texts.iter().position(|(known, _)| known.name == source.name).unwrap_or_else(|| {
            texts.push((Arc::clone(&source), Vec::new()));
            texts.len() - 1
        });
        let taken = &mut texts[slot].1;
        let touches =
            |one: &TextEdit, other: &TextEdit| one.span.start < other.span.end && other.span.start < one.span.end;
        if edits.iter().all(|edit| taken.iter().all(|other| !touches(edit, other) && edit != other)) {
            taken.extend(edits);
        }
    }
    texts
}

/// The text with every edit made; from the end, so that the places of the others stay.
fn changed(text: &str, edits: &[TextEdit]) -> String {
    let mut edits: Vec<&TextEdit> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.span.start, edit.span.end)));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.clone(), &edit.text);
    }
    text
}
