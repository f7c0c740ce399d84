//! Paths of files beside a layer, rewritten as seen from the profile's own directory.
//!
//! A base layer in another directory says `password = { file = "secrets/db" }` and means its own
//! `secrets`. These keys hold such paths: `file` and `sops` of a reference, `file` of a script, and
//! `extra` of a hook.

use std::path::{Component, Path, PathBuf};

use super::item::{Item, Node};

/// Rewrites the relative paths of a layer read from `from` so that they count from `to`.
pub(super) fn relocate(layer: &mut Item, from: &Path, to: &Path) {
    let prefix = prefix(from, to);
    if !prefix.as_os_str().is_empty() {
        walk(layer, &prefix, &mut Vec::new());
    }
}

/// How to get from `to` to `from`.
fn prefix(from: &Path, to: &Path) -> PathBuf {
    let plain = |path: &Path| path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    let (from, to) = (plain(from), plain(to));
    match from.strip_prefix(&to) {
        Ok(below) => below.to_owned(),
        // Not below it: an absolute path says the same from everywhere.
        Err(_) => std::path::absolute(&from).unwrap_or(from),
    }
}

fn walk(item: &mut Item, prefix: &Path, path: &mut Vec<String>) {
    match &mut item.node {
        Node::Table(entries) => {
            for (key, entry) in entries {
                if names_a_file(key, path) {
                    rewrite(entry, prefix);
                }
                path.push(key.clone());
                walk(entry, prefix, path);
                path.pop();
            }
        }
        Node::Array(elements) => elements.iter_mut().for_each(|element| walk(element, prefix, path)),
        _ => {}
    }
}

/// Whether `key` of the table `path` holds the path of a file beside the layer.
fn names_a_file(key: &str, path: &[String]) -> bool {
    let below = |name: &str| path.iter().any(|segment| segment == name);
    match key {
        "file" | "sops" => !below("env") && !below("extra"),
        "extra" => below("hooks"),
        "from" => below("install") && below("tree"),
        _ => false,
    }
}

fn rewrite(entry: &mut Item, prefix: &Path) {
    if let Node::String(file) = &mut entry.node
        && !file.is_empty()
        && !file.starts_with('/')
    {
        *file = prefix.join(&*file).display().to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diagnostic::source::{Source, SourceKind},
        profile::document,
    };

    #[test]
    fn only_relative_paths_of_files_are_rewritten() {
        let text = "[gateway.database]\npassword = { file = \"secrets/db\" }\nuri = \"x\"\n\
                    [hooks.premount]\nextra = \"more.sh\"\nscript = { file = \"/abs/s.sh\" }\n\
                    [env.set]\nfile = \"data\"\n";
        let mut root = document::read(&Source::new("t", SourceKind::Preset, text), 0).root;
        relocate(&mut root, Path::new("sites/base"), Path::new("sites"));
        let at = |path: &str| root.get(&path.into()).and_then(Item::as_str).map(str::to_owned);
        assert_eq!(at("gateway.database.password.file").as_deref(), Some("base/secrets/db"));
        assert_eq!(at("hooks.premount.extra").as_deref(), Some("base/more.sh"));
        assert_eq!(at("hooks.premount.script.file").as_deref(), Some("/abs/s.sh"));
        assert_eq!(at("env.set.file").as_deref(), Some("data"));
    }

    #[test]
    fn a_directory_elsewhere_is_named_from_the_root() {
        assert_eq!(prefix(Path::new("./a"), Path::new("a")), PathBuf::new());
        assert_eq!(prefix(Path::new("a/../b"), Path::new("a")), PathBuf::from("../b"));
        assert!(prefix(Path::new("../b"), Path::new("a")).is_absolute());
    }
}
