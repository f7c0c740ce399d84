//! From one release of Shifter to another: what of a profile goes, comes and means something else.
//!
//! [`migrate`] gives the profile its new target and then follows the rules: what the new release does not
//! know is taken out ([`keys`]), what it needs is put in, and what is repaired safely is repaired. What the
//! release does otherwise with keys that stay is told ([`behaviour`]). All happens in memory; the caller
//! shows the difference or writes it.

mod behaviour;
mod keys;

use std::sync::Arc;

use serde::Serialize;

use crate::{
    check::{self, Strictness},
    diagnostic::{Edit, Finding, Fix, Located, Safety, Severity, Written, source::SourceKind, structural},
    edit,
    profile::{Input, LoadError, LoadOptions, buffers::Buffers},
    repair::{Changed, Texts},
    target::Target,
};

/// How often the rules are asked anew.
const ROUNDS: usize = 64;

/// What a migration comes to.
#[derive(Debug)]
pub struct Migration {
    /// The release of the profile as it is, if it says one.
    pub from: Option<Target>,
    /// The release it is for now.
    pub to: Target,
    /// What changes in the profile, in the order in which it was done.
    pub steps: Vec<Step>,
    /// What stays in the profile and means something else.
    pub behaviour: Vec<Behaviour>,
    /// What is wrong with the result, besides what was wrong before.
    pub left: Vec<Located>,
    /// The texts that change.
    pub changed: Vec<Changed>,
}

/// One change of the profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What is done.
    pub does: Does,
    /// The key.
    pub key: String,
    /// Why, in a sentence.
    pub why: String,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// Takes a key out.
    Drop,
    /// Puts a key in.
    Add,
    /// Gives a key another value, or another name.
    Change,
}

/// Something that the new release does otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behaviour {
    /// The keys it is about.
    pub about: String,
    /// What is different, in a sentence.
    pub what: String,
}

/// Why a profile cannot be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// It cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its text is not TOML, so that nothing in it can be changed.
    #[error("`{0}` is not valid TOML; `shifter-site check` says where")]
    NotToml(String),
    /// The key of the release cannot be given its value.
    #[error(transparent)]
    Edit(#[from] edit::EditError),
}

/// Takes the profile to `to`.
///
/// # Errors
/// When the profile cannot be read, or its text cannot take the new release.
pub fn migrate(options: &LoadOptions, to: Target) -> Result<Migration, MigrateError> {
    let strictness = Strictness::default();
    let mut texts = Texts::new(vec![options.clone()]);
    let first = check::check_with(options, None, &strictness, &Buffers::none())?;
    let from = first.loaded.profile.target.as_ref().and_then(|target| target.shifter).map(Target::from);
    let before: Vec<Located> = check::report(std::slice::from_ref(&first)).findings().to_vec();
    if before.iter().any(|located| located.finding.code == structural::TOML_SYNTAX.code) {
        return Err(MigrateError::NotToml(first.loaded.origins.sources()[0].name.clone()));
    }
    let mut migration =
        Migration { from, to, steps: Vec::new(), behaviour: Vec::new(), left: Vec::new(), changed: Vec::new() };
    if from == Some(to) {
        return Ok(migration);
    }
    let behaviour = behaviour::of(&first.loaded.profile, from, to);
    let step = Step { does: Does::Change, key: "target.shifter".to_owned(), why: format!("the release is {to}") };
    let release = keys::Move { step, edits: vec![Edit::set("target.shifter", to.to_string())] };
    carry_out(&mut texts, &first, &release)?;
    migration.steps.push(release.step);
    let mut tried: Vec<String> = Vec::new();
    for _ in 0..ROUNDS {
        let checked = texts.check(None, &strictness)?;
        let Some(one) = checked.first() else { break };
        let report = check::report(&checked);
        let next = keys::needed(&one.loaded.profile, to)
            .into_iter()
            .chain(report.findings().iter().flat_map(|located| keys::against(located, &before)));
        let mut took = false;
        for wanted in next.filter(|wanted| !tried.contains(&wanted.name())).collect::<Vec<_>>() {
            took = carry_out(&mut texts, one, &wanted).is_ok();
            if !took || !wanted.only_removes() {
                // What only removes may come again: the next element has the number of the one that went.
                tried.push(wanted.name());
            }
            if took {
                migration.steps.push(wanted.step);
                break;
            }
        }
        if !took {
            let is_new = |located: &&Located| !before.iter().any(|known| is_same(known, located));
            migration.left = report.findings().iter().filter(is_new).cloned().collect();
            break;
        }
    }
    migration.behaviour = behaviour;
    migration.changed = texts.changed();
    Ok(migration)
}

/// Makes the edits of one step, in whichever files hold the keys.
fn carry_out(texts: &mut Texts, checked: &check::Checked, wanted: &keys::Move) -> Result<(), edit::EditError> {
    let path = wanted.edits.first().map(|edit| edit.path().clone()).unwrap_or_default();
    let fix = Fix { safety: Safety::Unsafe, ..Fix::risky("migrate", wanted.edits.clone()) };
    let finding = Finding::new(&structural::WRONG_TYPE, "migrate").at(path.clone(), "").fix(fix);
    let located = checked.loaded.origins.locate(&finding);
    let own = &checked.loaded.origins.sources()[0];
    // What a preset says is nobody's to change, and the profile's to say otherwise.
    let over_presets = |one: &Written| {
        let is_over = one.source.kind == SourceKind::Preset && matches!(one.edit, Edit::Set { .. });
        if is_over { Written { source: Arc::clone(own), edit: one.edit.clone() } } else { one.clone() }
    };
    let written: Vec<Written> = located.finding.fixes[0].written.iter().map(over_presets).collect();
    if written.is_empty() || !texts.may_change(&written, std::slice::from_ref(checked)) {
        return Err(edit::EditError::NoPlace(path));
    }
    texts.carry_out(&written)
}

/// Whether two findings say the same, wherever it stands by now.
fn is_same(left: &Located, right: &Located) -> bool {
    let path = |located: &Located| located.finding.anchor().map(|label| label.path.clone());
    left.finding.code == right.finding.code && path(left) == path(right)
}

impl Migration {
    /// Whether anything in the profile changes.
    #[must_use]
    pub fn differs(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Whether something is left that stands in the way of the new release.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.left.iter().any(|located| located.finding.severity == Severity::Error)
    }

    /// The migration in sentences.
    #[must_use]
    pub fn text(&self) -> String {
        let from = self.from.map_or_else(|| "no release".to_owned(), |from| from.to_string());
        if self.from == Some(self.to) {
            return format!("The profile is for {} already.\n", self.to);
        }
        let mut out = format!("From {from} to {}\n", self.to);
        let mut section = |title: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                out.push_str(&format!(
                    "\n{title}\n{}",
                    lines.iter().map(|line| format!("  {line}\n")).collect::<String>()
                ));
            }
        };
        for (does, title) in [(Does::Drop, "Goes"), (Does::Add, "Comes"), (Does::Change, "Changes")] {
            let steps = self.steps.iter().filter(|step| step.does == does);
            section(title, steps.map(|step| format!("{}: {}", step.key, step.why)).collect());
        }
        let told = self.behaviour.iter().map(|one| format!("{}: {}", one.about, one.what)).collect();
        section("Means something else", told);
        let left = self.left.iter().map(|located| {
            let at = located.address().unwrap_or_default();
            format!("{} {} ({at})", located.finding.code, located.finding.message)
        });
        section("To be looked at", left.collect());
        out
    }

    /// The migration as JSON.
    #[must_use]
    pub fn json(&self) -> String {
        let left: Vec<_> = self
            .left
            .iter()
            .map(|located| {
                serde_json::json!({
                    "code": located.finding.code,
                    "severity": located.finding.severity.to_string(),
                    "message": located.finding.message,
                    "at": located.address(),
                })
            })
            .collect();
        let diff: String = self.changed.iter().map(Changed::diff).collect();
        let document = serde_json::json!({
            "version": 1,
            "from": self.from.map(|from| from.to_string()),
            "to": self.to.to_string(),
            "steps": self.steps,
            "behaviour": self.behaviour,
            "left": left,
            "diff": diff,
        });
        format!("{document:#}\n")
    }
}

/// The options that load `input` alone.
#[must_use]
pub fn options(input: Input) -> LoadOptions {
    LoadOptions { input, class: None, environment: Vec::new(), set: Vec::new() }
}
