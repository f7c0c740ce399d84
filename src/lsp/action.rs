//! What a client can do about findings: repairs, suppressions, all safe repairs at once.

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic, NumberOrString, Range, TextEdit, Uri, WorkspaceEdit,
};

use super::{diagnostics, document::Document, workspace::Workspace};
use crate::{
    check::Checked,
    diagnostic::{Edit, Fix, Located, Safety, structural},
    edit,
};

/// More repairs than this at once are no repair any more.
const MOST: usize = 1000;

/// What can be done about the findings in `range`; of the kinds in `only`, if the client names some.
pub(super) fn actions(
    workspace: &Workspace,
    uri: &Uri,
    range: Range,
    only: Option<&[CodeActionKind]>,
) -> Vec<CodeActionOrCommand> {
    let wants = |kind: &CodeActionKind| only.is_none_or(|only| only.iter().any(|wanted| includes(wanted, kind)));
    let mut actions = Vec::new();
    if wants(&CodeActionKind::QUICKFIX) {
        let mut seen: Vec<&Located> = Vec::new();
        for located in diagnostics::at(workspace, uri, range) {
            if !seen.iter().any(|known| known.repeats(located)) {
                seen.push(located);
                actions.extend(repairs(workspace, located));
                actions.extend(suppression(workspace, uri, located));
            }
        }
    }
    if wants(&CodeActionKind::SOURCE_FIX_ALL) {
        actions.extend(all(workspace, uri));
    }
    actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()
}

/// Whether a kind is `wanted` or one of its parts: `source` includes `source.fixAll`.
fn includes(wanted: &CodeActionKind, kind: &CodeActionKind) -> bool {
    let (wanted, kind) = (wanted.as_str(), kind.as_str());
    wanted.is_empty() || kind.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The repairs of one finding. A safe one is what the client should prefer.
fn repairs(workspace: &Workspace, located: &Located) -> Vec<CodeAction> {
    let repair = |fix: &Fix| {
        let mut changes = Vec::new();
        for (uri, (before, after)) in texts(workspace, fix)? {
            let edit = smallest(workspace, &before, &after)?;
            changes.push((uri.parse().ok()?, edit));
        }
        Some(CodeAction {
            title: fix.title.clone(),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: about(workspace, located),
            edit: Some(workspace_edit(changes)),
            is_preferred: Some(fix.safety == Safety::Safe),
            ..CodeAction::default()
        })
    };
    located.finding.fixes.iter().filter_map(repair).collect()
}

/// The texts that a repair changes, before and after, by document.
fn texts(workspace: &Workspace, fix: &Fix) -> Option<HashMap<String, (String, String)>> {
    let mut edits: HashMap<String, (String, Vec<Edit>)> = HashMap::new();
    for written in &fix.written {
        let uri = workspace.uri_of(&written.source)?;
        let (_, of_text) =
            edits.entry(uri.as_str().to_owned()).or_insert_with(|| (written.source.text().to_owned(), Vec::new()));
        of_text.push(written.edit.clone());
    }
    let changed = edits.into_iter().map(|(uri, (before, edits))| {
        let after = edit::apply(&before, &edits).ok()?;
        Some((uri, (before, after)))
    });
    let changed: HashMap<_, _> = changed.collect::<Option<_>>()?;
    (!changed.is_empty()).then_some(changed)
}

/// A comment on the line before, which says that the finding is meant. The reason is for a person to write.
fn suppression(workspace: &Workspace, uri: &Uri, located: &Located) -> Option<CodeAction> {
    let finding = &located.finding;
    let cannot = [structural::TOML_SYNTAX, structural::UNUSED_SUPPRESSION, structural::SUPPRESSION_WITHOUT_REASON];
    if cannot.iter().any(|rule| rule.code == finding.code) {
        return None;
    }
    let open = workspace.open.get(uri.as_str())?;
    let text = open.document.text();
    let at = located.anchor()?.span.start.min(text.len());
    let line = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let indent: String = text[line..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let comment = format!("{indent}# shifter-site: ignore[{}] {end}", finding.code);
    let edit = TextEdit { range: open.document.range(line..line), new_text: comment };
    Some(CodeAction {
        title: format!("suppress {} here", finding.code),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: about(workspace, located),
        edit: Some(workspace_edit(vec![(uri.clone(), edit)])),
        is_preferred: Some(false),
        ..CodeAction::default()
    })
}

/// All safe repairs of this document, one after the other: each is looked for in what the one before has left.
fn all(workspace: &Workspace, uri: &Uri) -> Option<CodeAction> {
    let open = workspace.open.get(uri.as_str())?;
    let before = open.document.text();
    let mut text = before.to_owned();
    let mut refused: Vec<Name> = Vec::new();
    for _ in 0..MOST {
        let checked = workspace.check_as(uri.as_str(), &text)?;
        let Some((name, next)) = one_safe_repair(&checked, &text, &refused) else { break };
        match next {
            Some(next) if next != text => text = next,
            _ => refused.push(name),
        }
    }
    let edit = smallest(workspace, before, &text)?;
    Some(CodeAction {
        title: "make all safe repairs".to_owned(),
        kind: Some(CodeActionKind::SOURCE_FIX_ALL),
        edit: Some(workspace_edit(vec![(uri.clone(), edit)])),
        ..CodeAction::default()
    })
}

/// What a finding is known by while texts change.
type Name = (&'static str, String);

/// The first safe repair of `text` alone that was not refused, and what it makes of the text if it can be made.
fn one_safe_repair(checked: &Checked, text: &str, refused: &[Name]) -> Option<(Name, Option<String>)> {
    let own = checked.loaded.origins.sources().first()?;
    checked.verdict.findings.iter().find_map(|located| {
        let name = (located.finding.code, located.finding.message.clone());
        let fix = located.finding.fixes.iter().find(|fix| fix.safety == Safety::Safe)?;
        let is_own = !fix.written.is_empty() && fix.written.iter().all(|written| written.source.name == own.name);
        if refused.contains(&name) || !is_own {
            return None;
        }
        let edits: Vec<Edit> = fix.written.iter().map(|written| written.edit.clone()).collect();
        Some((name, edit::apply(text, &edits).ok()))
    })
}

/// One edit for each of several documents.
fn workspace_edit(changes: Vec<(Uri, TextEdit)>) -> WorkspaceEdit {
    WorkspaceEdit::new(changes.into_iter().map(|(uri, edit)| (uri, vec![edit])).collect())
}

/// The finding as the client knows it.
fn about(workspace: &Workspace, located: &Located) -> Option<Vec<Diagnostic>> {
    let anchor = located.anchor()?;
    let range = workspace.location(&anchor.source, anchor.span.clone())?.range;
    let code = Some(NumberOrString::String(located.finding.code.to_owned()));
    let diagnostic = Diagnostic { range, code, message: located.finding.message.clone(), ..Diagnostic::default() };
    Some(vec![diagnostic])
}

/// One edit that makes `after` of `before` and leaves alone how they begin and end; none if they are the same.
fn smallest(workspace: &Workspace, before: &str, after: &str) -> Option<TextEdit> {
    if before == after {
        return None;
    }
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
    };
    let start = same(&mut before.chars().zip(after.chars()));
    let end = same(&mut before[start..].chars().rev().zip(after[start..].chars().rev()));
    let document = Document::new(before.to_owned(), None, workspace.encoding);
    let new_text = after[start..after.len() - end].to_owned();
    Some(TextEdit { range: document.range(start..before.len() - end), new_text })
}
