//! What a plan needs from outside: secrets, and the site's own scripts.

use super::vault::Vault;
use crate::profile::section::{ArtifactKind, secret::Secret};
use crate::secret::{self, Commands, Extent, ResolveError, SecretValue};
use crate::site::{Access, Site};
use crate::versioned::{Tree, TreeError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a plan needs beside the sites.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The name of the profile for headers: no directory, so that two checkouts give the same bytes.
    pub source: String,
    /// Secrets.
    pub vault: Vault,
    /// The site's own scripts, by the path written in the profile.
    pub files: BTreeMap<String, String>,
    /// Directories that are installed by version.
    pub trees: Vec<Tree>,
}

/// How secrets are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// A fixed token stands for each.
    Placeholder,
    /// They are read; commands are refused.
    Resolve,
    /// They are read, also by running commands that the profile names.
    ResolveWithCommands,
}

impl GatherError {
    /// Whether it is a secret that could not be had, and not a script.
    #[must_use]
    pub fn is_of_a_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }
}

/// Why something from outside could not be had. No message holds a secret's value.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// A script that cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A script that is not the one that was reviewed.
    #[error("`{}` has the sha256 {found}, not {expected} as the profile says", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// What the profile says.
        expected: String,
        /// What it has.
        found: String,
    },
    /// A directory that is installed by version.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A secret.
    #[error(transparent)]
    Secret(#[from] ResolveError),
}

impl Inputs {
    /// Read everything that `sites` refer to, relative to `dir`, the directory of the profile `source`.
    ///
    /// # Errors
    /// All that cannot be read.
    pub fn gather(sites: &[Site], source: &str, dir: &Path, how: Secrets) -> Result<Self, Vec<GatherError>> {
        let mut errors = Vec::new();
        let mut files = BTreeMap::new();
        for (file, sha256) in once_each(sites.iter().flat_map(own_scripts)) {
            match read_script(&dir.join(&file), sha256) {
                Ok(text) => drop(files.insert(file, text)),
                Err(error) => errors.push(error),
            }
        }
        let trees = once_each(sites.iter().flat_map(|site| site.trees.clone()));
        let trees = trees.into_iter().map(|(path, from)| Tree::unread(&path, &dir.join(from))).collect();
        let mut reveal = |commands| {
            let mut values: Vec<(Secret, SecretValue)> = Vec::new();
            for secret in once_each(sites.iter().flat_map(inlined_secrets)) {
                match secret::resolve(&secret, dir, commands, Extent::FirstLine) {
                    Ok(value) => values.push((secret, value)),
                    Err(error) => errors.push(error.into()),
                }
            }
            Vault::Values(values)
        };
        let vault = match how {
            Secrets::Placeholder => Vault::Placeholders,
            Secrets::Resolve => reveal(Commands::Refused),
            Secrets::ResolveWithCommands => reveal(Commands::Allowed),
        };
        let source = source.rsplit('/').next().unwrap_or(source).to_owned();
        let mut inputs = Self { source, vault, files, trees };
        // A check needs no copy of what is installed.
        if how != Secrets::Placeholder {
            errors.extend(inputs.read_trees().err().into_iter().flatten());
        }
        if errors.is_empty() { Ok(inputs) } else { Err(errors) }
    }

    /// Read the directories that are installed by version, where their versions count.
    ///
    /// # Errors
    /// All that cannot be read.
    pub fn read_trees(&mut self) -> Result<(), Vec<GatherError>> {
        let mut errors = Vec::new();
        for tree in &mut self.trees {
            match Tree::read(&tree.path, &tree.from) {
                Ok(read) => *tree = read,
                Err(error) => errors.push(error.into()),
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// The first of each, in their order: classes share most of what they refer to.
fn once_each<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// The files of a site's own scripts, with the hash each must have.
fn own_scripts(site: &Site) -> Vec<(String, Option<String>)> {
    let hooks = || site.node.iter().flat_map(|node| [&node.premount, &node.postmount]);
    let extra = hooks().filter_map(|hook| Some((hook.extra.clone()?, None)));
    let carried = site.scripts.iter().map(|script| (script.file.clone(), script.sha256.clone()));
    extra.chain(hooks().filter_map(|hook| hook.script.clone())).chain(carried).collect()
}

fn read_script(path: &Path, sha256: Option<String>) -> Result<String, GatherError> {
    let path = path.to_owned();
    let text = match crate::profile::file::read_text(&path) {
        Ok(text) => text,
        Err(source) => return Err(GatherError::File { path, source }),
    };
    let found = crate::digest::sha256(text.as_bytes());
    match sha256 {
        Some(expected) if !expected.eq_ignore_ascii_case(&found) => Err(GatherError::Changed { path, expected, found }),
        _ => Ok(text),
    }
}

/// The secrets that stand in rendered files. The native gateway gets references instead, but for the login at a proxy,
/// which it takes from its environment.
fn inlined_secrets(site: &Site) -> Vec<Secret> {
    let Some(gateway) = &site.gateway else { return Vec::new() };
    let proxy = gateway.proxy.password.clone().filter(|_| site.renders(ArtifactKind::Services));
    if site.target.is_native() {
        return proxy.into_iter().collect();
    }
    let holds_both = site.renders(ArtifactKind::Imagemanager);
    let database = gateway.database.password.clone().filter(|_| holds_both);
    let broker = gateway.broker.as_ref().and_then(|broker| broker.password.clone());
    let broker = broker.filter(|_| holds_both || site.renders(ArtifactKind::Redis));
    database.into_iter().chain(broker).chain(proxy).collect()
}

/// Secrets that must lie on the gateway's host beside the configuration, with their place there.
pub(super) fn installed_secrets(site: &Site) -> Vec<(Secret, String)> {
    let Some(gateway) = &site.gateway else { return Vec::new() };
    let mut all = Vec::new();
    if site.target.is_native() {
        let own = gateway.registries.iter().filter_map(|registry| registry.credential.clone());
        let database = gateway.database.password.clone().filter(|_| site.renders(ArtifactKind::Imagemanager));
        all.extend(own.chain(database).map(|secret| (secret.clone(), place(site, &secret))));
    }
    for platform in &gateway.platforms {
        if let Access::Remote { key: Some((Some(secret), path)), .. } = &platform.access {
            all.push((secret.clone(), path.clone()));
        }
        if let Some(secret) = &platform.munge_key {
            all.push((secret.clone(), format!("/etc/munge/{}.key", platform.name)));
        }
    }
    all
}

/// Where the native gateway finds a secret: an absolute file where it is, any other below the configuration.
pub(super) fn place(site: &Site, secret: &Secret) -> String {
    match secret {
        Secret::File(path) if path.starts_with('/') => path.clone(),
        _ => format!("{}/secrets/{}", site.config, secret.name()),
    }
}
