//! The last look at a plan: no secret stands in a file that others read (SEC003, SEC006).

use super::vault::Vault;
use super::{Plan, RenderError};
use crate::secret::{Forms, Known};

/// What a secret's file may not have beyond 0640.
const NOT_0640: u32 = 0o137;

/// Every file that shows a secret, also the manifest.
pub(super) fn of(plan: &Plan, vault: &Vault) -> Vec<RenderError> {
    let mut errors = shown(plan, vault.values());
    let wide = plan.artifacts.iter().filter(|artifact| artifact.secret && artifact.mode.bits() & NOT_0640 != 0);
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
