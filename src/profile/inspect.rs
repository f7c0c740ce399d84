//! What is wrong with one effective profile, seen before any rule.

use std::cell::LazyCell;

use figment::{error::Kind, value::Value};

use super::{
    Model,
    decode::{self, Decoded},
    elsewhere,
    item::{Item, Node, Place},
    layer::Layers,
    loss::Loss,
    merge::{self, Note, Operation},
    problem, reading,
    requires::{self, Unmet},
};
use crate::diagnostic::{Aim, Edit, Finding, Fix, KeyPath, Label, source::SourceKind, structural};

/// The newest `schema` this program knows.
pub const SCHEMA: i64 = 1;

/// The typed profile and what is wrong with it.
#[derive(Debug)]
pub struct Inspected<T> {
    /// The profile without what did not decode.
    pub profile: T,
    /// What is missing from it.
    pub loss: Loss,
    /// Everything found.
    pub findings: Vec<Finding>,
}

/// Decodes every layer on its own and then the merged tree, and checks the declared limits.
///
/// A layer on its own may lack keys; what another layer overrides is still checked.
#[must_use]
pub fn inspect<T: Model>(root: &Item, layers: &Layers) -> Inspected<T> {
    let schema: Schema = LazyCell::new(|| schemars::schema_for!(T).to_value());
    // The same for every class: said once, when the first asks.
    let mut findings = layers.alone.get_or_init(|| alone::<T>(layers, &schema)).clone();
    let broken = layers.findings.iter().any(|finding| finding.code == structural::TOML_SYNTAX.code);
    if !broken {
        findings.extend(header(root, layers));
    }
    let value = root.to_value();
    let Decoded { typed, errors, pruned } = decode::all::<T>(value.clone());
    for (path, kind) in &errors {
        let missing = matches!(kind, Kind::MissingField(_));
        let no_schema = path.is_root() && matches!(kind, Kind::MissingField(key) if key == "schema");
        if !(missing && broken || no_schema) {
            findings.push(finding::<T>(path, kind, root, &value, &schema));
        }
    }
    // What a base layer or preset that is not there would have said, nobody can tell.
    let lacks_a_layer = layers.findings.iter().any(|finding| finding.code == structural::EXTENDS_CYCLE.code);
    let loss = if typed.is_some() && !broken && !lacks_a_layer { Loss::of(&errors) } else { Loss::of_all() };
    let profile = typed.unwrap_or_default();
    if let Err(violations) = profile.validate() {
        findings.extend(problem::limits(&violations, &pruned, root));
    }
    Inspected { profile, loss, findings: without_echoes(findings, layers) }
}

/// What is wrong with each layer on its own.
fn alone<T: Model>(layers: &Layers, schema: &Schema) -> Vec<Finding> {
    let mut findings = Vec::new();
    for layer in layers.files.iter().chain(&layers.overrides) {
        let tree = merge::normal(&layer.root);
        let value = tree.to_value();
        let errors = decode::all::<T>(value.clone()).errors;
        if errors.len() >= decode::MOST {
            let message =
                format!("the profile has more than {} wrong keys and values; the rest is not shown", decode::MOST);
            let label = problem::placed(&KeyPath::root(), Aim::Key, "and more", &layer.root);
            findings
                .push(Finding::new(&structural::WRONG_TYPE, message).label(label).help("mend these, and check again"));
        }
        let errors = errors.iter().filter(|(_, kind)| !matches!(kind, Kind::MissingField(_)));
        findings.extend(errors.map(|(path, kind)| finding::<T>(path, kind, &tree, &value, schema)));
    }
    findings
}

/// The JSON Schema of the profile, made when the first error needs it.
type Schema = LazyCell<serde_json::Value>;

/// One error as a finding, with what the type knows of a better key or value.
fn finding<T: Model>(path: &KeyPath, kind: &Kind, tree: &Item, value: &Value, schema: &Schema) -> Finding {
    let finding = problem::decoding(path, kind, tree);
    match kind {
        Kind::UnknownField(key, _) if finding.fixes.is_empty() => elsewhere::with_other_table(finding, key, schema),
        _ => reading::with_other_reading::<T>(finding, value, path, kind),
    }
}

/// Takes out what a syntax error or a number out of range has said already, and repetitions.
fn without_echoes(findings: Vec<Finding>, layers: &Layers) -> Vec<Finding> {
    let line = |finding: &Finding| {
        let pin = finding.anchor()?.pin.as_ref()?;
        Some((pin.source, layers.sources.get(pin.source)?.line_of(pin.span.as_ref()?.start)))
    };
    let said: Vec<_> = layers.findings.iter().filter_map(line).collect();
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        let echo = line(&finding).is_some_and(|line| said.contains(&line)) || is_below_a_cut_header(&finding, layers);
        let anchor = |finding: &Finding| finding.anchor().and_then(|label| label.pin.clone());
        let again = kept.iter().any(|seen| {
            seen.code == finding.code && seen.message == finding.message && anchor(seen) == anchor(&finding)
        });
        if !echo && !again {
            kept.push(finding);
        }
    }
    kept
}

/// Whether the finding is of a key below a table's header that is not closed: it was read as a key of the table before.
fn is_below_a_cut_header(finding: &Finding, layers: &Layers) -> bool {
    let place = |finding: &Finding| {
        let pin = finding.anchor()?.pin.as_ref()?;
        Some((pin.source, pin.span.as_ref()?.start))
    };
    let Some((source, at)) = place(finding) else { return false };
    let cut = layers.findings.iter().filter(|said| said.message.ends_with("unclosed table, expected `]`"));
    cut.filter_map(place).any(|(cut_source, cut_at)| {
        let text = layers.sources.get(source).and_then(|source| source.text().get(cut_at..at));
        cut_source == source && text.is_some_and(|between| !between.contains("\n["))
    })
}

/// Checks `schema` and `requires`, of every file on its own.
fn header(root: &Item, layers: &Layers) -> Vec<Finding> {
    let mut findings = Vec::new();
    if root.child("schema").is_none() {
        let finding =
            Finding::new(&structural::SCHEMA_VERSION, "the profile does not say which `schema` it is written in")
                .label(problem::placed(&KeyPath::root(), Aim::Key, "`schema` is missing", root))
                .help(format!("add `schema = {SCHEMA}` at the top"))
                .fix(Fix::safe(format!("add `schema = {SCHEMA}`"), vec![Edit::set("schema", SCHEMA)]));
        findings.push(finding);
    }
    for layer in layers.files.iter().chain(&layers.overrides) {
        if let Some(Item { node: Node::Integer(number), .. }) = layer.root.child("schema")
            && !(1..=SCHEMA).contains(number)
        {
            let message = format!("this program knows schema {SCHEMA}, the profile is written in schema {number}");
            let help = if *number > SCHEMA { "install a newer shifter-site" } else { "write `schema = 1`" };
            let finding = Finding::new(&structural::SCHEMA_VERSION, message)
                .label(problem::placed(&"schema".into(), Aim::Value, "not known", &layer.root))
                .help(help);
            findings.push(finding);
        }
        let Some(item) = layer.root.child("requires") else { continue };
        let Some(Err(unmet)) = item.as_str().map(requires::check) else { continue };
        let label = problem::placed(&"requires".into(), Aim::Value, unmet.to_string(), &layer.root);
        let finding = match unmet {
            Unmet::Unreadable(_) => Finding::new(&structural::WRONG_TYPE, "`requires` has a value that it cannot have")
                .help("write comparisons such as \">=0.2\" or \">=0.2, <1\""),
            Unmet::Version(version) => {
                Finding::new(&structural::SCHEMA_VERSION, format!("the profile was not written for version {version}"))
                    .help("install a version that fits, or change `requires`")
            }
        };
        findings.push(finding.label(label));
    }
    findings
}

/// What one layer did to the lists of those below and perhaps did not mean to.
#[must_use]
pub fn merging(notes: &[Note], layers: &Layers) -> Vec<Finding> {
    let is_own =
        |place: &Place| layers.sources.get(place.source).is_some_and(|source| source.kind != SourceKind::Preset);
    let said = |note: &Note| match note {
        Note::Replaced { path, upper, lower } => (is_own(upper) && is_own(lower)).then(|| {
            let key = path.last().unwrap_or_default();
            Finding::new(&structural::LIST_REPLACED, format!("`{path}` replaces the list of the layer below"))
                .label(Label::primary(path, "this list is used").pinned(upper.source, Some(upper.value.clone())))
                .label(Label::secondary(path, "this one is not").pinned(lower.source, Some(lower.value.clone())))
                .help(format!("write `{key}_add = [...]` or `{key}_remove = [...]` to change it instead"))
        }),
        Note::WithoutEffect { path, place, operation } => {
            let (message, text) = match operation {
                Operation::Remove => (format!("`{path}` does not have what is to be taken out of it"), "not there"),
                Operation::Add => (format!("`{path}` has what is to be added to it"), "there already"),
            };
            let finding = Finding::new(&structural::UNUSED_OVERRIDE, message)
                .label(Label::primary(path, text).pinned(place.source, Some(place.value.clone())))
                .help("drop it, or correct it");
            Some(finding)
        }
    };
    notes.iter().filter_map(said).collect()
}
