//! Where what a word names is written.

use std::path::PathBuf;

use lsp_types::{GotoDefinitionResponse, Location, Position, Range, Uri};

use super::{
    cursor::{self, What, unquoted},
    place,
    workspace::Workspace,
};
use crate::{
    check::Checked,
    diagnostic::KeyPath,
    profile::{item::Item, origin::part},
};

/// The place of what stands at a position: the file of a layer, the table of a name, the layer that sets a key.
pub(super) fn definition(workspace: &Workspace, uri: &Uri, at: Position) -> Option<GotoDefinitionResponse> {
    let open = workspace.open.get(uri.as_str())?;
    let text = open.document.text();
    let cursor = cursor::at(text, open.document.offset(at));
    let path = cursor.path(text);
    let word = unquoted(&text[cursor.span.clone()]);
    let checked = workspace.profiles_with(uri.as_str()).next();
    let found = match cursor.what {
        What::Comment => None,
        What::Value => named_file(workspace, uri, &path, word)
            .or_else(|| entry(workspace, checked?, &named_table(&path, word)?))
            .or_else(|| entry(workspace, checked?, &path)),
        What::Key | What::Header | What::ArrayHeader => entry(workspace, checked?, &path),
    };
    found.map(GotoDefinitionResponse::Scalar)
}

/// The file that a value names, if it is there.
fn named_file(workspace: &Workspace, uri: &Uri, path: &KeyPath, word: &str) -> Option<Location> {
    let names: Vec<&str> = path.segments().iter().map(String::as_str).filter(|s| s.parse::<usize>().is_err()).collect();
    let is_a_file = matches!(names.as_slice(), ["extends" | "serves"] | [.., "file" | "sops"] | ["hooks", .., "extra"]);
    let beside = workspace.open.get(uri.as_str())?.path.as_ref()?.parent()?;
    let file: PathBuf = beside.join(word);
    if !is_a_file || word.is_empty() || !file.is_file() {
        return None;
    }
    Some(Location { uri: place::uri(&file.canonicalize().ok()?)?, range: Range::default() })
}

/// The table of which a value is the name.
pub(super) fn named_table(path: &KeyPath, word: &str) -> Option<KeyPath> {
    let names = path.segments().iter().map(String::as_str).filter(|segment| segment.parse::<usize>().is_err());
    Some(KeyPath::from([kind_of_name(&names.collect::<Vec<_>>())?, word.split('/').next()?]))
}

/// The top table whose names a key takes: that of classes, or of modules.
pub(super) fn kind_of_name(keys: &[&str]) -> Option<&'static str> {
    match keys {
        ["class", _, "set", keys @ ..] => kind_of_name(keys),
        [.., "classes" | "classes_add" | "classes_remove"] | ["class", _, "from"] | ["render", "class"] => {
            Some("class")
        }
        ["runtime", "default_modules" | "default_modules_add" | "default_modules_remove"] => Some("module"),
        ["module", .., "conflict" | "requires" | "conflict_add" | "requires_add"] => Some("module"),
        _ => None,
    }
}

/// Where the effective value of `path` is written, in whichever layer. The elements of an array have other numbers
/// there than in their layer: of them nothing can be said.
fn entry(workspace: &Workspace, checked: &Checked, path: &KeyPath) -> Option<Location> {
    if path.segments().iter().any(|segment| segment.parse::<usize>().is_ok()) {
        return None;
    }
    let origins = &checked.loaded.origins;
    let item: &Item = origins.root().get(path)?;
    let source = origins.sources().get(item.place.source)?;
    workspace.location(source, part(item, crate::diagnostic::Aim::Key, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_the_table_that_defines_it() {
        let table = |path: &str, word: &str| named_table(&path.into(), word).map(|path| path.to_string());
        assert_eq!(table("filesystem.0.classes.1", "gpu").as_deref(), Some("class.gpu"));
        assert_eq!(table("class.a.from.0", "b").as_deref(), Some("class.b"));
        assert_eq!(table("class.a.set.runtime.default_modules.0", "mpich/8.1").as_deref(), Some("module.mpich"));
        assert_eq!(table("module.cuda.requires.0", "gpu").as_deref(), Some("module.gpu"));
        assert_eq!(table("gateway.admins.0", "root"), None);
    }
}
