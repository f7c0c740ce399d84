//! Classes that share a root and would write one file in two ways.

use crate::{
    diagnostic::{Finding, KeyPath},
    lint::ARTIFACT_COLLISION,
    profile::Loaded,
    render::{Artifact, Plan},
};

/// A finding for each path that two classes with one `cray_class` fill differently.
pub(super) fn between_classes(plan: &Plan, loaded: &Loaded) -> Vec<Finding> {
    let root_of = |artifact: &Artifact| {
        let class = artifact.class.as_ref()?;
        Some((class.clone(), loaded.profile.class.get(class)?.cray_class.clone()?))
    };
    let placed: Vec<_> = plan.artifacts.iter().filter_map(|artifact| Some((artifact, root_of(artifact)?))).collect();
    let mut found = Vec::new();
    for (n, (artifact, (class, root))) in placed.iter().enumerate() {
        for (other, (other_class, other_root)) in &placed[n + 1..] {
            let is_one_file = root == other_root && artifact.install == other.install && class != other_class;
            if is_one_file && artifact.bytes != other.bytes {
                let message =
                    format!("`{class}` and `{other_class}` have different `{}` in one root", artifact.install);
                let at = |class: &str| KeyPath::from(["class", class, "cray_class"]);
                found.push(
                    Finding::new(&ARTIFACT_COLLISION.id, message)
                        .at(at(other_class), "the same root")
                        .also(at(class), "as here")
                        .help("give each a class of the shared root, or the same settings"),
                );
            }
        }
    }
    found
}
