//! The program's own JSON: one document for a run, versioned, described by `finding.schema.json`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Edit, Fix, Located, Place, Report, Safety, Severity, source::Position};

/// The version of this form. It rises when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// What a run of `shifter-site check` found.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "shifter-site findings")]
pub struct Document {
    /// The version of this form: 1.
    pub version: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// How many findings there are.
    pub summary: Summary,
    /// The findings, by file and offset.
    pub findings: Vec<FindingJson>,
}

/// The program that wrote a document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// `shifter-site`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// What a run came to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// How many findings are errors.
    pub errors: usize,
    /// How many are warnings.
    pub warnings: usize,
    /// How many are neither.
    pub infos: usize,
    /// How many findings `--fix` would take away.
    pub fixable: usize,
    /// How many more `--unsafe-fixes` would.
    pub fixable_unsafe: usize,
    /// How many were fixed before.
    pub fixed: usize,
    /// How many findings comments and options kept out.
    pub suppressed: usize,
    /// How many profiles were checked.
    pub profiles: usize,
    /// How many node classes they have together.
    pub classes: usize,
    /// Their target versions.
    pub targets: Vec<String>,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub struct FindingJson {
    /// Stable code, `SITE002`.
    pub code: String,
    /// Stable name, `unknown-key`.
    pub name: String,
    /// How bad it is.
    pub severity: SeverityJson,
    /// What it harms: `correctness`, `security`, `scale`, `compatibility` or `style`.
    pub category: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Background.
    pub notes: Vec<String>,
    /// Where; the first primary label is the place of the finding.
    pub labels: Vec<LabelJson>,
    /// What `--fix` may do, best first.
    pub fixes: Vec<FixJson>,
}

/// How bad a finding is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Severity")]
pub enum SeverityJson {
    /// Does not work, or must not be installed.
    Error,
    /// Works, but not as well or not as meant.
    Warn,
    /// Worth knowing.
    Info,
}

/// A place and what to say there.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Label")]
pub struct LabelJson {
    /// The dotted key.
    pub path: String,
    /// The file, or `<stdin>`, `--set`, `$VARIABLE`.
    pub file: String,
    /// The first byte of the place in the file, from 0.
    pub offset: usize,
    /// How many bytes it has.
    pub length: usize,
    /// Where it begins.
    pub start: PositionJson,
    /// Where it ends, behind its last character.
    pub end: PositionJson,
    /// What to say there.
    pub text: String,
    /// Whether this is the place of the mistake.
    pub primary: bool,
}

/// A line and column, from 1; columns count Unicode scalar values.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Position")]
pub struct PositionJson {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One way to make a finding go away.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Fix")]
pub struct FixJson {
    /// What it does.
    pub title: String,
    /// Whether `--fix` applies it; the others need `--unsafe-fixes`.
    pub safe: bool,
    /// All of these, or none.
    pub edits: Vec<EditJson>,
}

/// One change of a profile.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "do", rename_all = "lowercase")]
#[schemars(rename = "Edit")]
pub enum EditJson {
    /// Gives a key a value.
    Set {
        /// The dotted key.
        path: String,
        /// The new value as TOML.
        toml: String,
    },
    /// Gives a key another name.
    Rename {
        /// The dotted key.
        path: String,
        /// Its new last segment.
        to: String,
    },
    /// Takes a key away.
    Remove {
        /// The dotted key.
        path: String,
    },
    /// Adds an element to a list.
    Append {
        /// The dotted key of the list.
        path: String,
        /// The new element as TOML.
        toml: String,
    },
    /// Replaces a comment of the file in which the finding is.
    Comment {
        /// The first byte of the comment in the file, from 0.
        offset: usize,
        /// How many bytes it has.
        length: usize,
        /// The new comment; with an empty one the line goes too.
        text: String,
    },
    /// Replaces bytes of the script in which the finding is.
    Script {
        /// The first of them, from 0.
        offset: usize,
        /// How many they are.
        length: usize,
        /// What comes instead.
        text: String,
    },
}

/// The report as one JSON document.
#[must_use]
pub fn write(report: &Report) -> String {
    let text = serde_json::to_string_pretty(&Document::from(report));
    let mut text = text.expect("plain data without maps always serializes");
    text.push('\n');
    text
}

impl From<&Report> for Document {
    fn from(report: &Report) -> Self {
        let counts = report.counts();
        Self {
            version: VERSION,
            tool: Tool { name: "shifter-site", version: env!("CARGO_PKG_VERSION") },
            summary: Summary {
                errors: counts.errors,
                warnings: counts.warnings,
                infos: counts.infos,
                fixable: counts.fixable,
                fixable_unsafe: counts.risky,
                fixed: report.fixed.unwrap_or_default(),
                suppressed: report.suppressed,
                profiles: report.scope.profiles,
                classes: report.scope.classes,
                targets: report.scope.targets.clone(),
            },
            findings: report.findings().iter().map(FindingJson::from).collect(),
        }
    }
}

impl From<&Located> for FindingJson {
    fn from(located: &Located) -> Self {
        let finding = &located.finding;
        // Every label of a located finding has a place, in the same order.
        let labels = finding.labels.iter().zip(&located.places);
        Self {
            code: finding.code.to_owned(),
            name: finding.name.to_owned(),
            severity: match finding.severity {
                Severity::Error => SeverityJson::Error,
                Severity::Warn => SeverityJson::Warn,
                Severity::Info => SeverityJson::Info,
            },
            category: finding.category.to_string(),
            message: finding.message.clone(),
            help: finding.help.clone(),
            notes: finding.notes.clone(),
            labels: labels.map(|(label, place)| LabelJson::new(label.path.to_string(), place)).collect(),
            fixes: finding.fixes.iter().map(FixJson::from).collect(),
        }
    }
}

impl LabelJson {
    fn new(path: String, place: &Place) -> Self {
        Self {
            path,
            file: place.source.name.clone(),
            offset: place.span.start,
            length: place.span.len(),
            start: place.start().into(),
            end: place.end().into(),
            text: place.text.clone(),
            primary: place.primary,
        }
    }
}

impl From<Position> for PositionJson {
    fn from(Position { line, column }: Position) -> Self {
        Self { line, column }
    }
}

impl From<&Fix> for FixJson {
    fn from(fix: &Fix) -> Self {
        let edit = |edit: &Edit| match edit {
            Edit::Set { path, value } => EditJson::Set { path: path.to_string(), toml: value.to_string() },
            Edit::Rename { path, to } => EditJson::Rename { path: path.to_string(), to: to.clone() },
            Edit::Remove { path } => EditJson::Remove { path: path.to_string() },
            Edit::Append { path, value } => EditJson::Append { path: path.to_string(), toml: value.to_string() },
            Edit::Comment { span, text } => {
                EditJson::Comment { offset: span.start, length: span.len(), text: text.clone() }
            }
            Edit::Script { span, text } => {
                EditJson::Script { offset: span.start, length: span.len(), text: text.clone() }
            }
        };
        Self { title: fix.title.clone(), safe: fix.safety == Safety::Safe, edits: fix.edits.iter().map(edit).collect() }
    }
}
