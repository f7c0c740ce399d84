//! The same files as install roots: what an image build or a file server copies as it is.
//!
//! `DIR/<class>/<root>/etc/shifter/udiRoot.conf`: one tree for each class, below it the directory that is the nodes' `/`
//! (`target.root`), below that each file where it is read from. A tree has a manifest of its own, so that `verify` on a
//! node needs nothing else, and `class`, by which a node knows what it is.

use super::{Artifact, Check, Inputs, Plan, RenderError, plan};
use crate::profile::section::scalar::Mode;
use crate::site::Site;
use crate::versioned::{self, TreeError};
use std::path::Path;

/// The tree of a site without classes.
const EVERY_NODE: &str = "all";

/// The plan of every class, with paths as in an installed system.
///
/// # Errors
/// As [`plan`].
pub fn plan_trees(sites: &[Site], inputs: &Inputs) -> Result<Plan, Vec<RenderError>> {
    let (mut artifacts, mut errors) = (Vec::new(), Vec::new());
    for site in sites {
        match plan(std::slice::from_ref(site), inputs) {
            Ok(made) => artifacts.extend(made.artifacts.into_iter().chain(class_file(site)).map(|file| at(site, file))),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() { Ok(Plan { artifacts }) } else { Err(errors) }
}

/// Copy the directories that containers hold open into the tree of every class whose files name them.
///
/// # Errors
/// As [`versioned::install`].
pub fn write_trees(sites: &[Site], inputs: &Inputs, dir: &Path) -> Result<(), TreeError> {
    for site in sites {
        let root = dir.join(format!("{}{}", tree_name(site), site.root));
        for tree in &versioned::place(site, &inputs.trees).1 {
            versioned::install(tree, &root)?;
        }
    }
    Ok(())
}

fn tree_name(site: &Site) -> &str {
    site.class.as_ref().map_or(EVERY_NODE, |class| &class.name)
}

/// The file where its reader looks, below the tree of its class. What one host alone gets has a tree beside.
fn at(site: &Site, mut file: Artifact) -> Artifact {
    let class = tree_name(site);
    let tree = match &file.host {
        Some(host) => format!("{class}@{host}"),
        None => class.to_owned(),
    };
    file.path = format!("{tree}{}{}", site.root, file.install);
    file
}

/// Which class the nodes of a tree are.
fn class_file(site: &Site) -> Option<Artifact> {
    let class = site.class.as_ref()?;
    Some(Artifact {
        path: "class".to_owned(),
        bytes: format!("{}\n", class.name).into_bytes(),
        owner: "root".to_owned(),
        group: "root".to_owned(),
        mode: Mode::new(0o644),
        class: Some(class.name.clone()),
        secret: false,
        host: None,
        consumer: "shifter-site",
        install: format!("{}/class", site.config),
        reload: "nothing: it is read at each run",
        check: Check::None,
    })
}
