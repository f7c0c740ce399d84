//! Profiles, plans and synthetic secrets for the tests beside this file.

use shifter_site::profile::section::secret::Secret;
use shifter_site::profile::{self, LoadOptions, Loaded, Profile};
use shifter_site::render::vault::Vault;
use shifter_site::render::{self, Inputs, Plan};
use shifter_site::secret::SecretValue;
use shifter_site::site::Site;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A password that nobody uses: 24 characters, among them all that a URI must encode.
pub(crate) const MONGO: &str = "mongo@p:a/s%s-0123456789";
/// The same for the broker.
pub(crate) const REDIS: &str = "redis@p:a/s%s-0123456789";

/// A path of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The names of all site profiles, in order.
pub(crate) fn profiles() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(repository("site-profiles"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn load(options: &LoadOptions) -> Loaded<Profile> {
    let loaded = profile::load(options).unwrap();
    let shown = |findings: &[shifter_site::diagnostic::Finding]| {
        findings.iter().map(|f| format!("{} {}", f.code, f.message)).collect::<Vec<_>>()
    };
    assert!(loaded.loss.is_none(), "{:?}", shown(&loaded.findings));
    loaded
}

fn resolve(loaded: &Loaded<Profile>) -> Vec<Site> {
    if !loaded.served.is_empty() {
        let served: Vec<Profile> = loaded.served.iter().map(|served| served.profile.clone()).collect();
        return vec![Site::resolve_gateway(&loaded.profile, &served).unwrap()];
    }
    let classes = loaded.classes();
    if classes.is_empty() {
        return vec![Site::resolve(&loaded.profile, None).unwrap()];
    }
    classes.iter().map(|name| Site::resolve(&loaded.for_class(name).profile, Some(name)).unwrap()).collect()
}

/// Every class of a site profile.
pub(crate) fn sites(name: &str) -> Vec<Site> {
    resolve(&load(&LoadOptions::file(repository(&format!("site-profiles/{name}.toml")))))
}

/// Every class of a profile given as text.
pub(crate) fn sites_of(text: &str) -> Vec<Site> {
    resolve(&load(&LoadOptions::text("test.toml", text)))
}

/// Synthetic values for every secret of the site profiles.
pub(crate) fn vault() -> Vault {
    let values = [
        (Secret::File("secrets/mongodb-shifteradmin".into()), MONGO),
        (Secret::File("secrets/mongodb".into()), MONGO),
        (Secret::File("secrets/redis".into()), REDIS),
        (Secret::Sops { file: "secrets/gateway.sops.yaml".into(), key: "mongodb.shifter".into() }, MONGO),
    ];
    Vault::Values(values.map(|(secret, text)| (secret, SecretValue::new(text))).into())
}

/// What a plan needs, for the profile `name`.
pub(crate) fn inputs(name: &str) -> Inputs {
    Inputs { source: format!("{name}.toml"), vault: vault(), files: BTreeMap::new(), trees: Vec::new() }
}

/// The plan of a site profile.
pub(crate) fn plan(name: &str) -> Plan {
    render::plan(&sites(name), &inputs(name)).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"))
}

/// The plan of a profile given as text.
pub(crate) fn plan_of(text: &str) -> Plan {
    render::plan(&sites_of(text), &inputs("test")).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The text of a file of a plan.
pub(crate) fn text(plan: &Plan, path: &str) -> String {
    let artifact = plan.get(path).unwrap_or_else(|| panic!("no {path}"));
    String::from_utf8(artifact.bytes.clone()).unwrap()
}
