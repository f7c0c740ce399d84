//! Where a profile refers to secrets.

use super::{Extent, Reference};
use crate::diagnostic::KeyPath;
use crate::profile::Profile;

/// A reference to a secret in a profile.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The key.
    pub key: KeyPath,
    /// What it refers to.
    pub reference: &'a Reference,
    /// How much of that is the secret.
    pub extent: Extent,
}

/// Every reference of a profile, with its key.
#[must_use]
pub fn places(profile: &Profile) -> Vec<Place<'_>> {
    let gateway = profile.gateway.as_ref();
    let database = gateway.and_then(|gateway| gateway.database.as_ref());
    let admin = database.and_then(|database| database.admin.as_ref());
    let broker = gateway.and_then(|gateway| gateway.broker.as_ref());
    let proxy = gateway.and_then(|gateway| gateway.proxy.as_ref());
    let ssh = gateway.and_then(|gateway| gateway.ssh.as_ref());
    let password = |key: &str, reference| (KeyPath::from(key), reference, Extent::FirstLine);
    let mut all: Vec<(KeyPath, Option<&Reference>, Extent)> = vec![
        password("gateway.database.password", database.and_then(|database| database.password.as_ref())),
        password("gateway.database.admin.password", admin.and_then(|admin| admin.password.as_ref())),
        password("gateway.broker.password", broker.and_then(|broker| broker.password.as_ref())),
        password("gateway.proxy.password", proxy.and_then(|proxy| proxy.password.as_ref())),
        (KeyPath::from("gateway.ssh.key"), ssh.and_then(|ssh| ssh.key.as_ref()), Extent::Whole),
    ];
    for (name, registry) in &profile.registry {
        let key = KeyPath::from(["registry", name.as_str(), "credential"]);
        all.push((key, registry.credential.as_ref(), Extent::Whole));
    }
    for (name, platform) in &profile.platform {
        let at = KeyPath::from(["platform", name.as_str()]);
        let munge = platform.munge.as_ref().and_then(|munge| munge.key.as_ref());
        all.push((at.clone().key("munge").key("key"), munge, Extent::Whole));
        let ssh = platform.ssh.as_ref().and_then(|ssh| ssh.key.as_ref());
        all.push((at.key("ssh").key("key"), ssh, Extent::Whole));
    }
    all.into_iter().filter_map(|(key, reference, extent)| Some(Place { key, reference: reference?, extent })).collect()
}
