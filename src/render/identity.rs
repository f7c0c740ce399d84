//! The configuration id: which files a node has, in sixteen digits.

use super::{Artifact, Inputs, udiroot};
use crate::digest::sha256;
use crate::site::Site;

/// A hash of the files of one class, those with secrets left out: the id would let readers test guesses.
///
/// The native runtime gets it as `confId`, which containers see as `SHIFTER_CONFIG_ID`; so `udiRoot.conf` counts as it is
/// without. For every target it stands in the manifest.
pub(super) fn identify(site: &Site, inputs: &Inputs, made: &mut [Artifact]) -> String {
    let mut all = Vec::new();
    for artifact in made.iter().filter(|artifact| !artifact.secret) {
        for part in [artifact.path.as_bytes(), &artifact.bytes] {
            all.extend((part.len() as u64).to_be_bytes());
            all.extend(part);
        }
    }
    let mut id = sha256(&all);
    id.truncate(16);
    if site.target.is_native() {
        udiroot::name(site, inputs, made, &id);
    }
    id
}
