//! Kinds of nodes: what a class is made of, what is rendered for it, and which comes first.

use crate::profile::section::{ArtifactKind, Profile};
use crate::target::{self, Target};
use std::collections::BTreeSet;

/// A class of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Its own name and those of the classes it begins with, so that `classes = ["compute"]` holds for
    /// a class made `from = ["compute"]`.
    pub is_a: BTreeSet<String>,
    /// Whether its files lie directly in the output directory.
    pub is_primary: bool,
    /// Its nodes as in Slurm, when they are known by name.
    pub hosts: String,
    /// The class of Cray's shared root, when it is on one.
    pub cray_class: Option<String>,
}

impl Class {
    pub(super) fn new(profile: &Profile, name: &str, is_primary: bool) -> Self {
        let mut is_a = BTreeSet::new();
        let mut open = vec![name];
        while let Some(next) = open.pop() {
            if is_a.insert(next.to_owned()) {
                open.extend(profile.class.get(next).iter().flat_map(|class| class.from.iter().map(String::as_str)));
            }
        }
        let cray_class = profile.class.get(name).and_then(|class| class.cray_class.clone());
        let hosts = profile.class.get(name).map(|class| class.hosts.expressions().join(",")).unwrap_or_default();
        Self { name: name.to_owned(), is_a, is_primary, hosts, cray_class }
    }
}

/// Whether something limited to `classes` exists for `class`. An empty list means every class.
pub(super) fn applies(classes: &[String], class: Option<&Class>) -> bool {
    classes.is_empty() || class.is_some_and(|class| classes.iter().any(|name| class.is_a.contains(name)))
}

/// The class whose files lie directly in the output directory: `render.class`, else `compute`, else the first by name
/// that is no gateway.
#[must_use]
pub fn primary_class(profile: &Profile) -> Option<String> {
    if let Some(written) = profile.render.as_ref().and_then(|render| render.class.as_ref()) {
        return Some(written.clone());
    }
    let names = || profile.class.keys();
    names()
        .find(|name| *name == "compute")
        .or_else(|| names().find(|name| !is_gateway_class(profile, name)))
        .or_else(|| names().next())
        .cloned()
}

/// Whether the nodes of a class run the gateway: one of its hosts is that of an endpoint, or its name says so.
fn is_gateway_class(profile: &Profile, name: &str) -> bool {
    let Some(class) = profile.class.get(name) else { return false };
    let endpoints = || profile.gateway.iter().flat_map(|gateway| &gateway.endpoints);
    name == "gateway" || class.hosts.hosts().iter().any(|host| endpoints().any(|url| url.host() == Some(host)))
}

/// What is rendered for a class: what it says, else what its facts call for.
pub(super) fn artifacts(profile: &Profile, class: Option<&Class>, target: Target) -> BTreeSet<ArtifactKind> {
    use ArtifactKind::{Etc, Hooks, Imagemanager, KernelModules, Redis, Services, Udiroot, WlmNode, WlmPrologue};
    let node = [Udiroot, Hooks, Etc, KernelModules, WlmNode];
    let service = [Imagemanager, Services].into_iter().chain(target::has_broker(target).then_some(Redis));
    let Some(class) = class else {
        return node.into_iter().chain([WlmPrologue]).chain(service).collect();
    };
    match profile.class.get(&class.name).and_then(|class| class.artifacts.as_ref()) {
        Some(written) => written.iter().copied().collect(),
        None if is_gateway_class(profile, &class.name) => service.collect(),
        None => node.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> Profile {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn compute_comes_first_unless_the_profile_says_otherwise() {
        assert_eq!(primary_class(&profile("[class.a]\n[class.compute]")).as_deref(), Some("compute"));
        assert_eq!(primary_class(&profile("[class.gateway]\n[class.login]")).as_deref(), Some("login"));
        assert_eq!(primary_class(&profile("[class.a]\n[class.b]\n[render]\nclass = 'b'")).as_deref(), Some("b"));
        assert_eq!(primary_class(&profile("")), None);
    }

    #[test]
    fn a_class_is_what_it_begins_with_even_in_a_circle() {
        let profile = profile("[class.a]\nfrom = ['b']\n[class.b]\nfrom = ['c', 'a']\n[class.c]");
        let class = Class::new(&profile, "a", true);
        assert!(applies(&["c".into()], Some(&class)));
        assert!(!applies(&["d".into()], Some(&class)));
        assert!(!applies(&["c".into()], None));
        assert!(applies(&[], None));
    }

    #[test]
    fn a_host_of_an_endpoint_makes_its_class_a_gateway() {
        let profile =
            profile("[gateway]\nendpoints = ['http://gw1:5000']\n[class.service]\nhosts = 'gw[1-2]'\n[class.compute]");
        let kinds = |name| artifacts(&profile, Some(&Class::new(&profile, name, false)), Target::V1803);
        assert!(kinds("service").contains(&ArtifactKind::Imagemanager));
        assert!(!kinds("service").contains(&ArtifactKind::Udiroot));
        assert!(!kinds("compute").contains(&ArtifactKind::Imagemanager));
        assert!(artifacts(&profile, None, Target::V1608).contains(&ArtifactKind::Redis));
    }
}
