//! Which class a node is: what the caller says, else the node's own file, else the host list of the manifest.

use super::{Root, VerifyError, node};
use crate::profile::section::scalar::Hostlist;
use crate::render::{Manifest, ManifestClass};
use std::path::Path;

/// The class of `node`. `place` is the manifest; the file `class` lies beside it.
pub(super) fn of<'a>(
    manifest: &'a Manifest,
    place: &Path,
    asked: Option<&str>,
    node: &str,
    root: &Root,
) -> Result<&'a ManifestClass, VerifyError> {
    let names: Vec<&str> = manifest.classes.iter().filter_map(|class| class.name.as_deref()).collect();
    let named = |class: &str, told: String| {
        let known = if names.is_empty() { "no classes at all".to_owned() } else { names.join(", ") };
        manifest
            .classes
            .iter()
            .find(|known| known.name.as_deref() == Some(class))
            .ok_or_else(|| VerifyError::UnknownClass { class: class.to_owned(), told, known })
    };
    if let Some(class) = asked {
        return named(class, "asked for by `--class`".to_owned());
    }
    let file = place.parent().unwrap_or(Path::new("/")).join("class");
    let written = root.read(&file).ok().map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    if let Some(class) = written.filter(|class| !class.is_empty() && !names.is_empty()) {
        return named(&class, format!("in `{}`", file.display()));
    }
    if let Some(class) = manifest.classes.iter().find(|class| has(class, node)) {
        return Ok(class);
    }
    match manifest.classes.as_slice() {
        [only] => Ok(only),
        _ => Err(VerifyError::NoClass { node: node.to_owned(), known: names.join(", "), file }),
    }
}

/// Whether a class lists the node.
fn has(class: &ManifestClass, node: &str) -> bool {
    let hosts = class.hosts.parse::<Hostlist>().map(|list| list.hosts()).unwrap_or_default();
    hosts.iter().any(|host| node::is_same(host, node))
}
