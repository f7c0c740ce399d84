//! What stays in an imported profile although it looks like a secret: no reference can stand in its place.

use super::vault::Secrets;
use super::{FileKind, secret};
use crate::diagnostic::source::{Source, SourceKind};
use crate::diagnostic::{Finding, KeyPath, Located, structural};
use crate::profile::document;

/// A secret in a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Private {
    /// The profile, by the name under which the import calls it: empty for the main one.
    pub profile: String,
    /// Its key; the root for one in a comment, or in the text of a script.
    pub key: KeyPath,
}

impl Private {
    /// As a finding. It has no place: the profile that it is about has none yet.
    pub(super) fn finding(&self) -> Located {
        let name = if self.profile.is_empty() { "the profile".to_owned() } else { format!("`{}`", self.profile) };
        let message = if self.key.is_root() {
            format!("a comment of {name} holds what looks like a secret")
        } else {
            format!("`{}` of {name} holds what looks like a secret", self.key)
        };
        let help = "the profile is written for its owner alone (0600): no reference can stand there, so make the secret void \
                    and take it out before others get the file";
        Located { finding: Finding::new(&structural::INLINE_SECRET, message).help(help), places: Vec::new() }
    }
}

/// What of `profiles`, which are names and texts, is for their owner alone; `kept` are the secrets that went to files.
pub(super) fn of(profiles: &[(String, String)], kept: &Secrets) -> Vec<Private> {
    let mut all = Vec::new();
    for (name, text) in profiles {
        let source = Source::new(name.clone(), SourceKind::Preset, text.as_str());
        let inline = document::read(&source, 0).secrets;
        let own = |key: KeyPath| Private { profile: name.clone(), key };
        let before = all.len();
        all.extend(inline.iter().map(|secret| own(secret.key.clone())));
        if all.len() == before && holds_secret(text, kept) {
            all.push(own(KeyPath::root()));
        }
    }
    all.dedup();
    all
}

/// Whether a text beside the profiles, such as a script, or a comment in one holds something that looks like a secret.
pub(super) fn holds_secret(text: &str, kept: &Secrets) -> bool {
    // As in udiRoot.conf: `NAME=` stands in a script and in a comment as it does there.
    !secret::spans(FileKind::UdiRoot, text).is_empty() || kept.stands_in(text)
}
