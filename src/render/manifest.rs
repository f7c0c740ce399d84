//! `manifest.json`: what was rendered, for whom, and where it goes.

use super::inputs::installed_secrets;
use super::{Artifact, Check, Inputs, Plan};
use crate::profile::section::scalar::Mode;
use crate::site::Site;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

pub(super) fn manifest(plan: &Plan, sites: &[Site], inputs: &Inputs) -> Artifact {
    let first = sites.iter().find(|site| site.is_primary()).or(sites.first());
    let mut secrets: Vec<Value> = Vec::new();
    for (secret, path) in sites.iter().flat_map(installed_secrets) {
        let entry = json!({ "name": secret.name(), "install": path, "owner": "root", "mode": "0640" });
        if !secrets.contains(&entry) {
            secrets.push(entry);
        }
    }
    let value = json!({
        "schema": 1,
        "source": inputs.source,
        "site": first.map(|site| site.name.clone()),
        "target": first.map(|site| site.target.to_string()),
        "root": first.map(|site| site.root.clone()).unwrap_or_default(),
        "class": first.and_then(|site| site.class.as_ref()).map(|class| class.name.clone()),
        "files": plan.artifacts.iter().map(entry).collect::<Vec<_>>(),
        "secrets": secrets,
    });
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
        install: String::new(),
        reload: "nothing",
        check: Check::None,
    }
}

/// One file. A hash of a file with a secret would let readers test guesses, so there is none.
fn entry(artifact: &Artifact) -> Value {
    let mut map = Map::new();
    map.insert("path".to_owned(), artifact.path.clone().into());
    map.insert("class".to_owned(), artifact.class.clone().into());
    if let Some(host) = &artifact.host {
        map.insert("host".to_owned(), host.clone().into());
    }
    map.insert("secret".to_owned(), artifact.secret.into());
    if !artifact.secret {
        map.insert("sha256".to_owned(), sha256(&artifact.bytes).into());
    }
    map.insert("owner".to_owned(), artifact.owner.clone().into());
    map.insert("group".to_owned(), artifact.group.clone().into());
    map.insert("mode".to_owned(), artifact.mode.to_string().into());
    map.insert("consumer".to_owned(), artifact.consumer.into());
    map.insert("install".to_owned(), artifact.install.clone().into());
    map.insert("reload".to_owned(), artifact.reload.into());
    Value::Object(map)
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("a String takes all text");
    }
    text
}
