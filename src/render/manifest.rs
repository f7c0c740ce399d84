//! `manifest.json`: what was rendered, for whom, and where it goes.

use super::inputs::installed_secrets;
use super::{Artifact, Check, Inputs, Plan};
use crate::digest::sha256;
use crate::profile::section::scalar::Mode;
use crate::site::Site;
use crate::versioned::Tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What was rendered from a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this format. 1.
    pub schema: u32,
    /// The file name of the profile.
    pub source: String,
    /// The system.
    pub site: Option<String>,
    /// The installed software.
    pub target: Option<String>,
    /// The directory of the management host that is the nodes' `/`; empty when it is `/` itself.
    pub root: String,
    /// The class whose files lie directly in the directory.
    pub class: Option<String>,
    /// The classes, the first one first; one without a name where the site has none.
    pub classes: Vec<ManifestClass>,
    /// Every rendered file but this one.
    pub files: Vec<ManifestFile>,
    /// Directories that are installed by version, because containers hold them open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trees: Vec<ManifestTree>,
    /// Secrets that have to be brought to the gateway's host beside the rendered files.
    pub secrets: Vec<ManifestSecret>,
}

/// The nodes that get the files of one class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestClass {
    /// Its name; none where the site has no classes.
    pub name: Option<String>,
    /// Its nodes as in Slurm, where the profile names them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hosts: String,
    /// Which files they have: 16 hexadecimal digits, the same for the same files. Those with secrets do not count.
    pub config_id: String,
}

/// A rendered file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Its path below the output directory.
    pub path: String,
    /// The class it is for.
    pub class: Option<String>,
    /// The one host it is for, when not every node of the class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whether it holds a secret.
    pub secret: bool,
    /// The hash of its bytes, 64 hexadecimal digits. A hash of a file with a secret would let readers test
    /// guesses, so there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Who owns it where it is installed.
    pub owner: String,
    /// Its group.
    pub group: String,
    /// Its mode, four octal digits.
    pub mode: String,
    /// Who reads it.
    pub consumer: String,
    /// Where it is read from.
    pub install: String,
    /// What makes a running program take it up.
    pub reload: String,
}

/// A directory that is installed by version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestTree {
    /// The path that the profile names.
    pub path: String,
    /// The class it is for.
    pub class: Option<String>,
    /// Where it is installed; rendered files name this.
    pub install: String,
    /// What it holds: names, kinds, modes, bytes and link targets; 64 hexadecimal digits.
    pub sha256: String,
}

/// A secret that is brought, not rendered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestSecret {
    /// Its name; never its value.
    pub name: String,
    /// Where it is read from.
    pub install: String,
    /// Who owns it there.
    pub owner: String,
    /// Its mode there, four octal digits.
    pub mode: String,
}

/// The manifest of a plan: `sites` in its order, the primary class first, the configuration id of each, and the trees
/// that each class's files name.
pub(super) fn manifest(
    plan: &Plan,
    sites: &[&Site],
    ids: &[String],
    placed: &[(Site, BTreeSet<Tree>)],
    inputs: &Inputs,
) -> Artifact {
    let first = sites.first();
    let mut secrets: Vec<ManifestSecret> = Vec::new();
    for (secret, install) in sites.iter().flat_map(|site| installed_secrets(site)) {
        let entry = ManifestSecret {
            name: secret.name().to_owned(),
            install,
            owner: "root".to_owned(),
            mode: "0640".to_owned(),
        };
        if !secrets.contains(&entry) {
            secrets.push(entry);
        }
    }
    let manifest = Manifest {
        schema: 1,
        source: inputs.source.clone(),
        site: first.map(|site| site.name.clone()),
        target: first.map(|site| site.target.to_string()),
        root: first.map(|site| site.root.clone()).unwrap_or_default(),
        class: first.and_then(|site| site.class.as_ref()).map(|class| class.name.clone()),
        classes: sites.iter().zip(ids).map(|(site, id)| class(site, id)).collect(),
        files: plan.artifacts.iter().map(entry).collect(),
        trees: placed.iter().flat_map(|(site, trees)| trees.iter().map(|tree| versioned(site, tree))).collect(),
        secrets,
    };
    let value = serde_json::to_value(manifest).expect("texts, numbers and lists are JSON");
    Artifact {
        path: "manifest.json".to_owned(),
        bytes: shifter_gateway_types::pretty::print(&value).into_bytes(),
        owner: "root".to_owned(),
        group: "root".to_owned(),
        mode: Mode::new(0o644),
        class: None,
        secret: false,
        host: None,
        consumer: "shifter-site",
        install: first.map(|site| format!("{}/manifest.json", site.config)).unwrap_or_default(),
        reload: "nothing: `shifter-site verify` reads it",
        check: Check::None,
    }
}

fn class(site: &Site, id: &str) -> ManifestClass {
    let class = site.class.as_ref();
    ManifestClass {
        name: class.map(|class| class.name.clone()),
        hosts: class.map(|class| class.hosts.clone()).unwrap_or_default(),
        config_id: id.to_owned(),
    }
}

fn versioned(site: &Site, tree: &Tree) -> ManifestTree {
    ManifestTree {
        path: tree.path.clone(),
        class: site.class.as_ref().map(|class| class.name.clone()),
        install: tree.place(),
        sha256: tree.sha256.clone(),
    }
}

fn entry(artifact: &Artifact) -> ManifestFile {
    ManifestFile {
        path: artifact.path.clone(),
        class: artifact.class.clone(),
        host: artifact.host.clone(),
        secret: artifact.secret,
        sha256: (!artifact.secret).then(|| sha256(&artifact.bytes)),
        owner: artifact.owner.clone(),
        group: artifact.group.clone(),
        mode: artifact.mode.to_string(),
        consumer: artifact.consumer.to_owned(),
        install: artifact.install.clone(),
        reload: artifact.reload.to_owned(),
    }
}
