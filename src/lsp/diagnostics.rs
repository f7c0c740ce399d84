//! Findings as a client shows them, file by file.

use std::collections::BTreeMap;

use lsp_server::Notification;
use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, NumberOrString,
    PublishDiagnosticsParams, Range, Uri, notification::PublishDiagnostics,
};

use super::{notification, workspace::Workspace};
use crate::diagnostic::{Located, Severity, structural};

/// What was said of each file.
#[derive(Debug, Default)]
pub(super) struct Published(BTreeMap<String, Vec<Diagnostic>>);

impl Published {
    /// Says of each file what is to be said now, where it is something else than before.
    pub(super) fn renew(&mut self, workspace: &Workspace) -> Vec<Notification> {
        let now = all(workspace);
        let silent = self.0.keys().filter(|uri| !now.contains_key(*uri)).map(|uri| (uri.clone(), Vec::new()));
        let said = now.iter().filter(|(uri, diagnostics)| self.0.get(*uri) != Some(diagnostics));
        let changed: Vec<_> = silent.chain(said.map(|(uri, all)| (uri.clone(), all.clone()))).collect();
        self.0 = now;
        changed.into_iter().filter_map(|(uri, diagnostics)| publish(workspace, &uri, diagnostics)).collect()
    }
}

fn publish(workspace: &Workspace, uri: &str, diagnostics: Vec<Diagnostic>) -> Option<Notification> {
    let version = workspace.open.get(uri).and_then(|open| open.document.version);
    Some(notification::<PublishDiagnostics>(PublishDiagnosticsParams { uri: uri.parse().ok()?, diagnostics, version }))
}

/// What is to be said, by file. An open profile without findings is there with none.
fn all(workspace: &Workspace) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut all: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for (root, checked) in workspace.profiles() {
        all.entry(root.to_owned()).or_default();
        match checked {
            Ok(checked) => {
                for located in &checked.verdict.findings {
                    let (uri, diagnostic) = one(workspace, root, located);
                    let of_file = all.entry(uri).or_default();
                    // Two profiles may extend one layer, and say the same of it.
                    if !of_file.contains(&diagnostic) {
                        of_file.push(diagnostic);
                    }
                }
            }
            Err(error) => {
                let diagnostic = plain(Range::default(), DiagnosticSeverity::ERROR, error.to_string());
                all.entry(root.to_owned()).or_default().push(diagnostic);
            }
        }
    }
    all
}

/// A finding, and the document it is shown in: the layer, or the profile itself where the layer is no file.
fn one(workspace: &Workspace, root: &str, located: &Located) -> (String, Diagnostic) {
    let finding = &located.finding;
    let anchor = located.anchor().and_then(|place| workspace.location(&place.source, place.span.clone()));
    let (uri, range) = match anchor {
        Some(location) => (location.uri.as_str().to_owned(), location.range),
        None => (root.to_owned(), Range::default()),
    };
    let severity = match finding.severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warn => DiagnosticSeverity::WARNING,
        Severity::Info => DiagnosticSeverity::INFORMATION,
    };
    let is_idle = [structural::UNUSED_OVERRIDE, structural::UNUSED_SUPPRESSION].iter().any(|r| r.code == finding.code);
    let diagnostic = Diagnostic {
        code: Some(NumberOrString::String(finding.code.to_owned())),
        related_information: related(workspace, located),
        tags: is_idle.then(|| vec![DiagnosticTag::UNNECESSARY]),
        ..plain(range, severity, text(located))
    };
    (uri, diagnostic)
}

fn plain(range: Range, severity: DiagnosticSeverity, message: String) -> Diagnostic {
    Diagnostic {
        range,
        severity: Some(severity),
        source: Some("shifter-site".to_owned()),
        message,
        ..Diagnostic::default()
    }
}

/// What is wrong, what is said at the place, and what would be right, each on a line.
fn text(located: &Located) -> String {
    let at_the_place = located.anchor().map(|place| place.text.as_str()).filter(|text| !text.is_empty());
    let mut lines = vec![located.finding.message.clone()];
    lines.extend(at_the_place.map(str::to_owned));
    lines.extend(located.finding.help.as_ref().map(|help| format!("help: {help}")));
    lines.extend(located.finding.notes.iter().map(|note| format!("note: {note}")));
    lines.join("\n")
}

/// The places that bear on a finding, where they are of files.
fn related(workspace: &Workspace, located: &Located) -> Option<Vec<DiagnosticRelatedInformation>> {
    let anchor = located.anchor();
    let others = located.places.iter().filter(|place| anchor.is_none_or(|anchor| !std::ptr::eq(anchor, *place)));
    let related: Vec<_> = others
        .filter_map(|place| {
            let message = if place.text.is_empty() { "this bears on it".to_owned() } else { place.text.clone() };
            let location = workspace.location(&place.source, place.span.clone())?;
            Some(DiagnosticRelatedInformation { location, message })
        })
        .collect();
    (!related.is_empty()).then_some(related)
}

/// The findings whose own place lies in the document and touches `range`.
pub(super) fn at<'w>(workspace: &'w Workspace, uri: &'w Uri, range: Range) -> impl Iterator<Item = &'w Located> {
    let profiles = workspace.profiles_with(uri.as_str());
    profiles.flat_map(|checked| &checked.verdict.findings).filter(move |located| {
        let anchor = located.anchor().and_then(|place| workspace.location(&place.source, place.span.clone()));
        anchor.is_some_and(|at| at.uri == *uri && at.range.start <= range.end && range.start <= at.range.end)
    })
}
