//! One system of `Platforms`: the keys of a system with a gateway of its own, or those of `[platform.NAME]`.

use super::manager::{Lift, texts};
use serde_json::Value as Json;

/// Where a platform goes.
#[derive(Clone, Copy)]
pub(super) enum At<'a> {
    /// The profile is that of the system: `[gateway]` holds its keys.
    Own,
    /// The profile is that of a gateway: `[platform.NAME]`.
    Served(&'a str),
}

impl At<'_> {
    fn path<'b>(&'b self, own: &[&'b str], served: &[&'b str]) -> Vec<&'b str> {
        match self {
            Self::Own => [&["gateway"], own].concat(),
            Self::Served(name) => [&["platform", *name], served].concat(),
        }
    }
}

pub(super) fn lift(lift: &mut Lift<'_>, at: At<'_>, platform: &Json) {
    let text = |key: &str| platform[key].as_str().filter(|text| !text.contains(char::is_control));
    let absolute = |value: &Json| value.as_str().filter(|path| path.starts_with('/')).map(str::to_owned);
    if let Some(socket) = absolute(&platform["mungeSocketPath"]) {
        lift.put(&at.path(&["munge_socket"], &["munge", "socket"]), "mungeSocketPath", socket);
    }
    if let Some(admins) = texts(&platform["admins"]).filter(|admins| !admins.is_empty()) {
        lift.put(&at.path(&["admins"], &["admins"]), "admins", admins);
    }
    if let Some(service) = text("usergroupService") {
        lift.put(&at.path(&["user_groups"], &["user_groups"]), "usergroupService", service);
    }
    let is_remote = text("accesstype") == Some("remote");
    if let At::Own = at {
        let word = if is_remote { "remote" } else { "local" };
        lift.put(&["gateway", "access"], "accesstype", word);
        if let Some(external) = platform["use_external"].as_bool() {
            lift.put(&["gateway", "external_tools"], "use_external", external);
        }
        if let Some(policy) = absolute(&platform["policy_file"]) {
            lift.put(&["gateway", "policy_file"], "policy_file", policy);
        }
    }
    if let Some(owner) = text("imageOwner").filter(|_| lift.target.is_native()) {
        lift.put(&["images", "owner"], "imageOwner", owner);
    }
    if is_remote {
        remote(lift, at, platform);
    }
}

fn remote(lift: &mut Lift<'_>, at: At<'_>, platform: &Json) {
    let ssh = &platform["ssh"];
    let mut put = |key: &str, origin: &str, value: toml::Value| {
        lift.put(&at.path(&["ssh", key], &["ssh", key]), origin, value);
    };
    if let Some(hosts) = texts(&platform["host"]).filter(|hosts| !hosts.is_empty()) {
        put("hosts", "host", hosts.into());
    }
    for (key, origin) in [("user", "username"), ("key_path", "key"), ("image_dir", "imageDir")] {
        if let Some(text) = ssh[origin].as_str().filter(|text| key == "user" || text.starts_with('/')) {
            put(key, origin, text.into());
        }
    }
    for (key, origin) in [("ssh_options", "sshCmdOptions"), ("scp_options", "scpCmdOptions")] {
        if let Some(words) = texts(&ssh[origin]).filter(|words| !words.is_empty()) {
            put(key, origin, words.into());
        }
    }
}

/// The directory of a platform's images.
pub(super) fn image_dir(platform: &Json) -> Option<&str> {
    let section = if platform["accesstype"].as_str() == Some("remote") { "ssh" } else { "local" };
    platform[section]["imageDir"].as_str()
}
