//! The scripts that a profile names, read beside it.
//!
//! Rules look into them ([`lint`](crate::lint)); they are read here, once for all classes, so that no rule opens a
//! file. One that cannot be read is kept as such: whether that matters depends on who uses the profile.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use super::{
    buffers::Buffers,
    item::{Item, Node},
    layer::Layers,
};
use crate::{
    diagnostic::source::{Source, SourceKind},
    script::Script,
};

/// Scripts by the path written in the profile.
pub type Scripts = BTreeMap<String, Result<Arc<ScriptFile>, String>>;

/// A script with its place among the texts of the profile.
#[derive(Debug)]
pub struct ScriptFile {
    /// Its index among the sources of the profile.
    pub source: usize,
    /// What it says.
    pub script: Script,
}

/// Reads every script that some layer names, and adds its text to the sources.
pub(super) fn read(layers: &mut Layers, buffers: &Buffers) -> Scripts {
    let (mut names, mut scripts) = (Vec::new(), Scripts::new());
    for layer in layers.files.iter().chain(&layers.overrides) {
        walk(&layer.root, &mut Vec::new(), &mut names);
    }
    let directory = layers.sources.first().map(|source| source.directory()).unwrap_or_default();
    for name in names {
        if name.is_empty() || scripts.contains_key(&name) {
            continue;
        }
        let read = read_one(&directory.join(&name), buffers).map(|text| {
            let path = directory.join(&name);
            let source = layers.sources.len();
            let script = Script::read(&text);
            let shown = path.display().to_string();
            layers.sources.push(Arc::new(Source::new(shown, SourceKind::Script(path), text)));
            Arc::new(ScriptFile { source, script })
        });
        scripts.insert(name, read);
    }
    scripts
}

fn read_one(path: &Path, buffers: &Buffers) -> Result<String, String> {
    let bytes = buffers.read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| format!("not UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
}

/// The values of `hooks.*.extra`, `hooks.*.script.file` and `script.file`, wherever a class sets them.
fn walk(item: &Item, path: &mut Vec<String>, names: &mut Vec<String>) {
    match &item.node {
        Node::Table(entries) => {
            for (key, entry) in entries {
                if names_a_script(path, key)
                    && let Some(name) = entry.as_str()
                {
                    names.push(name.to_owned());
                }
                path.push(key.clone());
                walk(entry, path, names);
                path.pop();
            }
        }
        Node::Array(elements) => elements.iter().for_each(|element| walk(element, path, names)),
        _ => {}
    }
}

fn names_a_script(path: &[String], key: &str) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    // `[class.NAME]` keeps its keys below `set`.
    let path = match path.as_slice() {
        ["class", _, "set", rest @ ..] => rest,
        all => all,
    };
    match key {
        "extra" => matches!(path, ["hooks", _]),
        "file" => matches!(path, ["hooks", _, "script"] | ["script" | "script_add"]),
        _ => false,
    }
}
