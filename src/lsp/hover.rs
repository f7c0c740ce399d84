//! What is shown of the word under the pointer: findings with their rules, and the key.

use std::fmt::Write as _;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position, Range, Uri};

use super::{
    cursor::{self, What},
    diagnostics,
    keys::Keys,
    workspace::Workspace,
};
use crate::{
    diagnostic::{KeyPath, Located},
    lint,
};

/// The page for a position, if there is anything to say.
pub(super) fn hover(workspace: &Workspace, keys: &Keys, uri: &Uri, at: Position) -> Option<Hover> {
    let open = workspace.open.get(uri.as_str())?;
    let text = open.document.text();
    let cursor = cursor::at(text, open.document.offset(at));
    let mut pages: Vec<String> = Vec::new();
    for located in diagnostics::at(workspace, uri, Range::new(at, at)) {
        let page = finding(located);
        if !pages.contains(&page) {
            pages.push(page);
        }
    }
    if !matches!(cursor.what, What::Comment) {
        let path = cursor.path(text);
        pages.extend(keys.node(&path).filter(|_| !path.is_root()).map(|node| node.page(&schema_path(&path))));
        pages.extend(elsewhere(workspace, uri, &path));
    }
    if pages.is_empty() {
        return None;
    }
    let value = pages.join("\n\n---\n\n");
    let range = (!cursor.span.is_empty()).then(|| open.document.range(cursor.span));
    Some(Hover { contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }), range })
}

/// The path without the numbers of elements.
fn schema_path(path: &KeyPath) -> KeyPath {
    let names = path.segments().iter().filter(|segment| segment.parse::<usize>().is_err());
    names.cloned().fold(KeyPath::root(), KeyPath::key)
}

/// A finding and why its rule exists.
fn finding(located: &Located) -> String {
    let finding = &located.finding;
    let mut page = format!("**{} {}**: {}", finding.code, finding.name, finding.message);
    if let Some(help) = &finding.help {
        let _ = write!(page, "\n\nhelp: {help}");
    }
    let why = lint::find(finding.code).first().and_then(|rule| lint::section(rule, "Why is this bad"));
    if let Some(why) = why {
        let _ = write!(page, "\n\n{}", why.trim());
    }
    page
}

/// Which other layer has the last word on the key.
fn elsewhere(workspace: &Workspace, uri: &Uri, path: &KeyPath) -> Option<String> {
    let checked = workspace.profiles_with(uri.as_str()).next()?;
    let origins = &checked.loaded.origins;
    // The elements of an array have other numbers there than in their layer.
    let counted = path.segments().iter().any(|segment| segment.parse::<usize>().is_ok());
    origins.root().get(path).filter(|item| item.as_table().is_none() && !counted)?;
    let source = origins.source_of(path)?;
    let other = workspace.uri_of(source).is_none_or(|other| other != *uri);
    other.then(|| format!("Set in `{}`.", source.name))
}
