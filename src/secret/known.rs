//! Secrets that were looked up for a run of `check --resolve`, for the rules about their values.

use super::{Commands, Place, Reference, ResolveError, SecretValue, resolve};
use std::path::Path;

/// What came of looking up each secret, once each. A rule may measure and compare values; it must not show one.
#[derive(Debug, Default)]
pub struct Known(Vec<(Reference, Result<SecretValue, ResolveError>)>);

impl Known {
    /// Look up what is referred to at these places, relative to `dir`.
    #[must_use]
    pub fn of<'a>(places: impl IntoIterator<Item = Place<'a>>, dir: &Path, commands: Commands) -> Self {
        let mut known: Vec<(Reference, _)> = Vec::new();
        for Place { reference, extent, .. } in places {
            if !known.iter().any(|(seen, _)| seen == reference) {
                known.push((reference.clone(), resolve(reference, dir, commands, extent)));
            }
        }
        Self(known)
    }

    /// What came of one reference.
    #[must_use]
    pub fn get(&self, reference: &Reference) -> Option<&Result<SecretValue, ResolveError>> {
        self.0.iter().find(|(seen, _)| seen == reference).map(|(_, found)| found)
    }

    /// The value of one that could be had.
    #[must_use]
    pub fn value(&self, reference: &Reference) -> Option<&SecretValue> {
        self.get(reference)?.as_ref().ok()
    }

    /// Every value, with its reference.
    pub fn values(&self) -> impl Iterator<Item = (&Reference, &SecretValue)> {
        self.0.iter().filter_map(|(reference, found)| Some((reference, found.as_ref().ok()?)))
    }
}
