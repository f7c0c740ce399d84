//! The registries images come from.

use super::resolve::Resolver;
use crate::diagnostic::KeyPath;
use crate::profile::section::secret::Secret;

/// A registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// The name users write before the first `/`.
    pub name: String,
    /// `dockerv2`, or a kind of file of the gateway's own host.
    pub kind: String,
    /// `authentication`, which nothing reads.
    pub auth: Option<String>,
    /// `token` or `basic`.
    pub auth_method: Option<String>,
    /// Its address, when not `https://NAME`.
    pub url: Option<String>,
    /// Who signed its certificate.
    pub ca_certificate: Option<String>,
    /// Other names of it.
    pub aliases: Vec<String>,
    /// Asked first.
    pub mirrors: Vec<String>,
    /// Whether it may be asked itself, where that is written.
    pub direct: Option<bool>,
    /// The site's credential for it.
    pub credential: Option<Secret>,
}

impl Resolver<'_> {
    pub(super) fn registries(&mut self) -> Vec<Registry> {
        let profile = self.profile;
        let mut all = Vec::new();
        for (name, written) in &profile.registry {
            let at = KeyPath::from(["registry", name]);
            let ca = written.ca_certificate.as_ref().map(|path| self.absolute(at.key("ca_certificate"), path));
            all.push(Registry {
                name: name.clone(),
                kind: written.r#type.clone().unwrap_or_else(|| "dockerv2".to_owned()),
                auth: written.auth.clone(),
                auth_method: written.auth_method.clone(),
                url: written.url.as_ref().map(ToString::to_string),
                ca_certificate: ca,
                aliases: written.aliases.clone(),
                mirrors: written.mirrors.iter().map(ToString::to_string).collect(),
                direct: written.direct,
                credential: written.credential.clone(),
            });
        }
        all
    }

    /// The registry of references that name none: the one marked, else the only one.
    pub(super) fn default_registry(&self) -> Option<String> {
        let all = &self.profile.registry;
        let marked = all.iter().find(|(_, registry)| registry.default == Some(true));
        let only = || if all.len() == 1 { all.iter().next() } else { None };
        marked.or_else(only).map(|(name, _)| name.clone())
    }
}
