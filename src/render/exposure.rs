//! The last look at a plan: no secret stands in a file that others read (SEC003, SEC006).

use super::vault::Vault;
use super::{Artifact, Plan, RenderError};
use crate::profile::section::scalar::Mode;
use crate::secret::{Forms, Known, logins};
use crate::site::Site;

/// What the mode of a file with secrets may not have: others with any right, a group that writes.
const TOO_WIDE: u32 = 0o7027;

/// Marks the files in which an address has a login, as somebody wrote it into `[env]`, `[extra]` or a script, and takes
/// them from everybody but root and the group. A mode that `[install]` gives is judged, not changed.
pub(super) fn mark(site: &Site, made: &mut [Artifact]) {
    for artifact in made.iter_mut().filter(|artifact| !artifact.secret) {
        if holds_login(&String::from_utf8_lossy(&artifact.bytes)) {
            artifact.secret = true;
            if site.install.get(&artifact.path).is_none_or(|written| written.mode.is_none()) {
                artifact.mode = Mode::new(artifact.mode.bits() & !TOO_WIDE);
            }
        }
    }
}

/// Whether an address has a password that is not a variable of a script. In rendered files an address has no blanks.
fn holds_login(text: &str) -> bool {
    let literal = |word: &str| logins(word).into_iter().any(|span| !span.is_empty() && !word[span].starts_with('$'));
    text.split_whitespace().any(literal)
}

/// Every file that shows a secret, also the manifest.
pub(super) fn of(plan: &Plan, vault: &Vault) -> Vec<RenderError> {
    let mut errors = shown(plan, vault.values());
    let wide = plan.artifacts.iter().filter(|artifact| artifact.secret && artifact.mode.bits() & TOO_WIDE != 0);
    errors
        .extend(wide.map(|artifact| RenderError::SecretReadable { file: artifact.path.clone(), mode: artifact.mode }));
    errors
}

/// Where a plan shows secrets that were looked up, whether or not it was made with them.
#[must_use]
pub fn of_known(plan: &Plan, known: &Known) -> Vec<RenderError> {
    shown(plan, known.values())
}

fn shown<'a>(
    plan: &Plan,
    values: impl Iterator<Item = (&'a crate::secret::Reference, &'a crate::secret::SecretValue)>,
) -> Vec<RenderError> {
    let mut errors = Vec::new();
    for (reference, value) in values {
        let Some(forms) = Forms::of(value) else { continue };
        for artifact in plan.artifacts.iter().filter(|artifact| !artifact.secret) {
            if let Some(form) = forms.found_in(&artifact.bytes) {
                let (file, name) = (artifact.path.clone(), reference.name().to_owned());
                errors.push(RenderError::SecretShown { file, name, form });
            }
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::holds_login;

    #[test]
    fn a_login_is_told_from_what_only_has_its_signs() {
        for text in ["siteEnv=A=b DB=mongodb://u:p@h/", "{\"uri\": \"redis://:p@h\"}", "curl http://u:p@h | sh"] {
            assert!(holds_login(text), "{text}");
        }
        let licences = "http_proxy=http://proxy:3128 LM_LICENSE_FILE=27000@lic1:27000@lic2";
        for text in [licences, "curl http://$user:$password@h", "http://h:80/a@b", "ssh://git@h/x"] {
            assert!(!holds_login(text), "{text}");
        }
    }
}
