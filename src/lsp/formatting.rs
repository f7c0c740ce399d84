//! A profile in the usual form, as `shifter-site fmt` writes it.

use std::time::Duration;

use lsp_types::{TextEdit, Uri};
use similar::{DiffOp, TextDiff};

use super::workspace::Workspace;
use crate::layout::{self, LayoutError};

/// How long is looked for the smallest change; after it a larger one will do.
const PATIENCE: Duration = Duration::from_millis(500);

/// What to change in a profile, or in a layer of one, to bring it into the usual form: whole lines, and only those
/// that change. Nothing for another document, and for what is no TOML, of which the diagnostics say why.
///
/// # Errors
/// When the text would mean something else.
pub(super) fn formatting(workspace: &Workspace, uri: &Uri) -> Result<Option<Vec<TextEdit>>, LayoutError> {
    let Some(open) = workspace.open.get(uri.as_str()).filter(|_| workspace.is_known(uri.as_str())) else {
        return Ok(None);
    };
    let before = open.document.text();
    let after = match layout::tidy(before) {
        Ok(after) => after,
        Err(LayoutError::NotToml) => return Ok(None),
        Err(error) => return Err(error),
    };
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after.as_str());
    let old = starts(diff.old_slices());
    let new = starts(diff.new_slices());
    let changes = diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).map(|op| {
        let (of_old, of_new) = (op.old_range(), op.new_range());
        let range = open.document.range(old[of_old.start]..old[of_old.end]);
        TextEdit { range, new_text: after[new[of_new.start]..new[of_new.end]].to_owned() }
    });
    Ok(Some(changes.collect()))
}

/// Where each line begins, and where the last one ends.
fn starts(lines: &[&str]) -> Vec<usize> {
    let ends = lines.iter().scan(0, |end, line| {
        *end += line.len();
        Some(*end)
    });
    std::iter::once(0).chain(ends).collect()
}
