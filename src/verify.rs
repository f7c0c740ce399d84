//! Whether the files of a node are those that were rendered.
//!
//! A rendered configuration brings its manifest along (`/etc/shifter/manifest.json`). [`verify`] holds every file that the
//! manifest lists for this node against it: content, owner, group, mode. It needs no profile, no secret, no network, and
//! milliseconds. A file with secrets has no hash in the manifest, so its content is not looked at.

mod account;
mod class;
mod file;
mod human;
mod nhc;
mod node;
mod prometheus;
mod root;
mod tree;

pub use human::write as human;
pub use nhc::write as nhc;
pub use node::{Difference, Kind, NodeReport, State};
pub use prometheus::write as prometheus;
pub use root::Root;

use crate::render::{Manifest, ManifestFile};
use account::Accounts;
use std::io;
use std::path::{Path, PathBuf};

/// Where the manifest is installed, unless the site's configuration lies elsewhere.
pub const MANIFEST: &str = "/etc/shifter/manifest.json";

/// The version of manifests that this program reads.
const SCHEMA: u32 = 1;

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The directory that is the node's `/`; none for `/` itself.
    pub root: Option<PathBuf>,
    /// The manifest, when it is not the installed one. Not below `root`.
    pub manifest: Option<PathBuf>,
    /// The class of the node, when it is not what the node or the manifest says.
    pub class: Option<String>,
    /// The node's name, when it is not the host's.
    pub node: Option<String>,
    /// Read every byte of the directories that are installed by version too, instead of looking whether they are there.
    pub trees: bool,
}

/// Why nothing could be held against a manifest.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No manifest.
    #[error("cannot read the manifest `{}`: {source}; a rendered configuration brings it along, `--manifest` names another", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that is no manifest.
    #[error("`{}` is no manifest of this version of shifter-site: {why}", path.display())]
    NotAManifest {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        why: String,
    },
    /// A class that the manifest does not have.
    #[error("the manifest has no class `{class}` ({told}), but {known}")]
    UnknownClass {
        /// The class.
        class: String,
        /// Who named it.
        told: String,
        /// Those it has.
        known: String,
    },
    /// Nobody says which class the node is.
    #[error("nobody says of which class `{node}` is: name one of {known} by `--class`, in `{}`, or in the profile's `hosts`", file.display())]
    NoClass {
        /// The node.
        node: String,
        /// The classes of the manifest.
        known: String,
        /// The file that would tell.
        file: PathBuf,
    },
}

/// Hold the installed files of a node against their manifest.
///
/// # Errors
/// When there is no manifest to hold them against, or no class to look for in it.
pub fn verify(request: &Request) -> Result<NodeReport, VerifyError> {
    let root = Root::new(request.root.as_deref());
    let (manifest, place) = read_manifest(request, &root)?;
    let node = request.node.clone().unwrap_or_else(node::host_name);
    let class = class::of(&manifest, &place, request.class.as_deref(), &node, &root)?;
    let accounts = Accounts::new(&root);
    let mut report = NodeReport::new(&node);
    report.site = manifest.site.clone();
    report.manifest = Some(shown(request, &root, &place).display().to_string());
    report.class = class.name.clone();
    report.config_id = Some(class.config_id.clone());
    for file in manifest.files.iter().filter(|file| is_for(file, class.name.as_deref(), &node)) {
        report.files += 1;
        file::compare(file, &root, &accounts, &mut report.differences);
    }
    for tree in manifest.trees.iter().filter(|tree| tree.class.is_none() || tree.class == class.name) {
        tree::compare(tree, &root, request.trees, &mut report.differences);
    }
    report.judge();
    Ok(report)
}

/// The report of a node on which nothing could be looked at.
#[must_use]
pub fn failed(request: &Request, error: &VerifyError) -> NodeReport {
    let mut report = NodeReport::new(&request.node.clone().unwrap_or_else(node::host_name));
    report.error = Some(error.to_string());
    report.judge();
    report
}

/// The manifest, and the path it was read from as seen on the node.
fn read_manifest(request: &Request, root: &Root) -> Result<(Manifest, PathBuf), VerifyError> {
    let (path, read) = match &request.manifest {
        Some(path) => (path.clone(), crate::profile::file::read(path)),
        None => (PathBuf::from(MANIFEST), root.read(Path::new(MANIFEST))),
    };
    let named = shown(request, root, &path);
    let bytes = read.map_err(|source| VerifyError::Manifest { path: named.clone(), source })?;
    let not = |why: String| VerifyError::NotAManifest { path: named.clone(), why };
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| not(error.to_string()))?;
    if manifest.schema != SCHEMA {
        return Err(not(format!("its `schema` is {}, expected {SCHEMA}", manifest.schema)));
    }
    Ok((manifest, path))
}

/// The manifest as it is named on this host.
fn shown(request: &Request, root: &Root, place: &Path) -> PathBuf {
    if request.manifest.is_some() { place.to_owned() } else { root.path(place) }
}

/// Whether a file belongs on the node.
fn is_for(file: &ManifestFile, class: Option<&str>, node: &str) -> bool {
    let of_class = file.class.is_none() || file.class.as_deref() == class;
    of_class && file.host.as_deref().is_none_or(|host| node::is_same(host, node))
}
