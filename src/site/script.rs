//! Scripts of the site that are carried as they are.

use super::class::{Class, applies};
use super::resolve::Resolver;
use crate::diagnostic::KeyPath;
use crate::profile::section::ScriptRole;

/// A script of the site around jobs and services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The file, relative to the profile.
    pub file: String,
    /// The sha256 it must have.
    pub sha256: Option<String>,
    /// When it runs, where that is written.
    pub role: Option<ScriptRole>,
    /// Where it is installed; none for one that is only checked.
    pub path: Option<String>,
}

impl Resolver<'_> {
    /// The scripts that exist for `class`.
    pub(super) fn scripts(&mut self, class: Option<&Class>) -> Vec<Script> {
        let mut all = Vec::new();
        for (n, written) in self.profile.script.iter().enumerate() {
            let at = KeyPath::from("script").index(n);
            let Some(file) = &written.file else {
                self.missing(at.key("file"), "file = \"scripts/prologue\"");
                continue;
            };
            let path = written.path.as_ref().map(|path| self.absolute(at.key("path"), path));
            if applies(&written.classes, class) {
                let (file, sha256) = (file.clone(), written.sha256.clone());
                all.push(Script { file, sha256, role: written.role, path });
            }
        }
        all
    }
}
