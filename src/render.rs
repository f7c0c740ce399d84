//! From a [`Site`] to files: the same site gives the same bytes.
//!
//! [`Inputs::gather`] reads what a plan needs from outside (secrets, a site's own scripts); [`plan`] is pure; [`write`]
//! puts a plan into a directory after reading it back with the parsers of the programs it is for. `udiRoot.conf` and
//! `imagemanager.json` are not templates: their types are filled here by struct literals without a rest, so that
//! a new key stops the toolkit from compiling until somebody decides what it means for a site. Everything else, which
//! no program of ours parses, comes from `templates/`.

mod artifact;
mod error;
mod etc;
mod exposure;
mod hook;
mod identity;
mod imagemanager;
mod inputs;
mod kernel;
mod manifest;
mod modules;
mod plugstack;
mod proxy;
pub(crate) mod quote;
mod redis;
mod script;
mod service;
mod template;
mod torque;
mod tree;
mod udiroot;
mod uri;
pub mod vault;
mod write;

pub use artifact::{Artifact, Check, Plan};
pub use error::RenderError;
pub use exposure::of_known as secrets_shown;
pub(crate) use hook::path as hook_path;
pub use inputs::{GatherError, Inputs, Secrets};
pub use manifest::{Manifest, ManifestClass, ManifestFile, ManifestSecret, ManifestTree};
pub use tree::{plan_trees, write_trees};
pub use write::{NotOwned, Report, WriteError, read_back, write};

use crate::site::Site;
use crate::versioned::Tree;
use std::collections::BTreeSet;

/// Everything that is rendered for the classes of one system, or for a gateway of its own. One [`Site`] a class.
///
/// The files of the primary class lie directly in the output directory, and so does a file that only one other
/// class has; the rest lies below `CLASS/`. The manifest comes last.
///
/// # Errors
/// Values that the target's files cannot hold, and secrets that would be read by others; all of them.
pub fn plan(sites: &[Site], inputs: &Inputs) -> Result<Plan, Vec<RenderError>> {
    let placed: Vec<(Site, BTreeSet<Tree>)> =
        sites.iter().map(|site| crate::versioned::place(site, &inputs.trees)).collect();
    let sites: Vec<Site> = placed.iter().map(|(site, _)| site.clone()).collect();
    let mut ordered: Vec<&Site> = sites.iter().collect();
    ordered.sort_by_key(|site| (!site.is_primary(), site.class.as_ref().map(|class| class.name.clone())));
    let (mut artifacts, mut errors) = (Vec::new(), Vec::new());
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut ids = Vec::new();
    for site in &ordered {
        let mut made = Vec::new();
        for part in PARTS {
            match part(site, inputs) {
                Ok(files) => made.extend(files),
                Err(found) => errors.extend(found),
            }
        }
        exposure::mark(site, &mut made);
        ids.push(identity::identify(site, inputs, &mut made));
        for mut artifact in made {
            if let Some(class) = &site.class {
                artifact.class = Some(class.name.clone());
                if !taken.insert(artifact.path.clone()) {
                    artifact.path = format!("{}/{}", class.name, artifact.path);
                }
            }
            artifacts.push(artifact);
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut plan = Plan { artifacts };
    plan.artifacts.push(manifest::manifest(&plan, &ordered, &ids, &placed, inputs));
    let exposed = exposure::of(&plan, &inputs.vault);
    if exposed.is_empty() { Ok(plan) } else { Err(exposed) }
}

/// One kind of files of a site.
type Part = fn(&Site, &Inputs) -> Result<Vec<Artifact>, Vec<RenderError>>;

/// Every kind, in the order of the manifest.
const PARTS: &[Part] = &[
    udiroot::artifacts,
    hook::artifacts,
    etc::artifacts,
    kernel::artifacts,
    plugstack::artifacts,
    torque::artifacts,
    imagemanager::artifacts,
    service::artifacts,
    proxy::artifacts,
    redis::artifacts,
    script::artifacts,
];
