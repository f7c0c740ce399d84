//! REG rules about registries.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Impact, Repair, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::RegistrySection;
use shifter_gateway_types::config::RemoteType;

/// Names of the one Docker Hub.
const HUB: [&str; 4] = ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/// Every registry with its name and key.
fn all<'a>(view: &View<'a>) -> Vec<(&'a str, KeyPath, &'a RegistrySection)> {
    let registries = view.profile.registry.iter();
    registries.map(|(name, table)| (name.as_str(), KeyPath::from(["registry", name.as_str()]), table)).collect()
}

rule! {
    /// No registry, or more than one, is the default.
    ///
    /// # What it checks
    /// One registry has `default = true`; a single one is the default without saying so.
    ///
    /// # Why is this bad
    /// Names such as `ubuntu:22.04` have no registry in them. Without a default every such pull fails, and of two the choice is chance.
    ///
    /// # Bad
    /// ```toml
    /// [registry."quay.io"]
    /// default = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [registry."quay.io"]
    /// ca_certificate = "/etc/shifter/quay.pem"
    /// ```
    pub(crate) static DEFAULT_REGISTRY_UNDEFINED = {
        id: id("REG001", "default-registry-undefined", Error, Correctness),
        impact: Impact::OneStart,
        source: "imageworker.py, DefaultImageLocation",
        check: Check::View(default_registry),
    }
}

fn default_registry(view: &View<'_>, out: &mut Findings<'_>) {
    let registries = all(view);
    let defaults: Vec<_> = registries.iter().filter(|(_, _, table)| table.default == Some(true)).collect();
    match defaults.as_slice() {
        [] if registries.len() > 1 => out.report("no registry is the default", |finding| {
            finding.at_key("registry", "").help("write `default = true` in one of them")
        }),
        [(_, first, _), others @ ..] => {
            for (name, at, _) in others {
                out.report(format!("`{name}` is a second default"), |finding| {
                    finding
                        .at(at.clone().key("default"), "")
                        .also(first.clone().key("default"), "the first")
                        .help("keep one of them")
                });
            }
        }
        [] => {}
    }
}

rule! {
    /// A registry is of a kind that the gateway cannot pull from.
    ///
    /// # What it checks
    /// `type` is `dockerv2`; for the native gateway also `oci-layout`, `oci-archive` or `docker-archive`.
    ///
    /// # Why is this bad
    /// The original accepts `dockerhub` in its file and fails at every pull.
    ///
    /// # Bad
    /// ```toml
    /// [registry."registry-1.docker.io"]
    /// type = "dockerhub"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [registry."registry-1.docker.io"]
    /// type = "dockerv2"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes `dockerv2`.
    pub(crate) static REGISTRY_TYPE = {
        id: id("REG002", "registry-type", Error, Correctness),
        impact: Impact::OneStart,
        fix: Repair::Safe,
        source: "imageworker.py, pull_image",
        check: Check::View(|view, out| {
            for (_, at, table) in all(view) {
                let Some(kind) = table.r#type.as_deref() else { continue };
                if kind != "dockerv2" && !(RemoteType::LOCAL.contains(&kind) && view.is_native()) {
                    let at = at.key("type");
                    out.report(format!("the gateway cannot pull from a `{kind}`"), |finding| {
                        finding
                            .at(at.clone(), "")
                            .help("write `dockerv2`")
                            .fix(Fix::safe("write dockerv2", vec![Edit::set(at, "dockerv2")]))
                    });
                }
            }
        }),
    }
}

rule! {
    /// A registry's name is no host, and it has no address.
    ///
    /// # What it checks
    /// A registry without `url` is called like its host: `HOST` or `HOST:PORT`.
    ///
    /// # Why is this bad
    /// The gateway puts `https://` before the name. A path in it becomes part of the host.
    ///
    /// # Bad
    /// ```toml
    /// [registry."docker.io/library"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [registry.library]
    /// url = "https://registry.library.lab"
    /// ```
    pub(crate) static REGISTRY_HOST = {
        id: id("REG003", "registry-host", Error, Correctness),
        impact: Impact::OneStart,
        source: "imageworker.py, `https://%s`",
        check: Check::View(|view, out| {
            for (name, at, table) in all(view) {
                let is_local = table.r#type.as_deref().is_some_and(|kind| RemoteType::LOCAL.contains(&kind));
                if table.url.is_none() && !is_local && !is_a_host(name) {
                    out.report(format!("`https://{name}` is no host"), |finding| {
                        finding.at_key(at, "").help("call it like its host, or give it a `url`")
                    });
                }
            }
        }),
    }
}

fn is_a_host(name: &str) -> bool {
    let (host, port) = name.split_once(':').map_or((name, None), |(host, port)| (host, Some(port)));
    !host.is_empty()
        && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// The host that answers for Docker Hub; the others lead to it.
const HUB_ITSELF: &str = "registry-1.docker.io";

rule! {
    /// The same registry has two names.
    ///
    /// # What it checks
    /// At most one of `docker.io`, `index.docker.io`, `registry-1.docker.io` and `registry.hub.docker.com` is a registry of its own; the others are its
    /// `aliases`.
    ///
    /// # Why is this bad
    /// They are one registry. Two entries have different settings, and what a user pulls by one name is not found by the other (manual 1.3, 4.6).
    ///
    /// # Bad
    /// ```toml
    /// [registry."index.docker.io"]
    /// auth_method = "token"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [registry."registry-1.docker.io"]
    /// auth_method = "token"
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` keeps `registry-1.docker.io`, or the first, and drops the other with its settings. For the native gateway
    /// its name becomes an alias.
    pub(crate) static HUB_ALIAS = {
        id: id("REG004", "hub-alias", Warn, Correctness),
        fix: Repair::Unsafe,
        source: "manual 1.3 and 4.6",
        check: Check::View(|view, out| {
            let registries = all(view);
            let hubs: Vec<_> = registries.iter().filter(|(name, _, _)| HUB.contains(name)).collect();
            if let [(first, first_at, _), others @ ..] = hubs.as_slice() {
                for (name, at, _) in others {
                    let (kept, gone) = if *name == HUB_ITSELF { ((at, *name), (first_at, *first)) } else { ((first_at, *first), (at, *name)) };
                    let mut edits = vec![Edit::remove(gone.0)];
                    if view.is_native() {
                        edits.push(Edit::append(kept.0.clone().key("aliases"), gone.1));
                    }
                    out.report(format!("`{name}` and `{first}` are the same registry"), |finding| {
                        finding
                            .at_key(at.clone(), "")
                            .also(first_at.clone(), "the first")
                            .help("keep one; the native gateway knows the others as `aliases`")
                            .fix(Fix::risky(format!("keep {}", kept.1), edits))
                    });
                }
            }
        }),
    }
}

rule! {
    /// Images and credentials cross the network in plain text.
    ///
    /// # What it checks
    /// No `url` or mirror of a registry begins with `http://`, except on the same host.
    ///
    /// # Why is this bad
    /// Who is in between chooses what users run. Passwords are refused by the original, or sent for everybody to read.
    ///
    /// # Bad
    /// ```toml
    /// [registry.local]
    /// url = "http://registry.lab:5000"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [registry.local]
    /// url = "https://registry.lab:5000"
    /// ```
    pub(crate) static REGISTRY_HTTP = {
        id: id("REG005", "registry-http", Warn, Security),
        impact: Impact::Exposure,
        source: "dockerv2.py, allow_authenticated",
        check: Check::View(|view, out| {
            for (name, at, table) in all(view) {
                let own = table.url.iter().map(|url| (at.clone().key("url"), url));
                let mirrors = table.mirrors.iter().enumerate().map(|(n, url)| (at.clone().key("mirrors").index(n), url));
                for (at, url) in own.chain(mirrors) {
                    let is_here = matches!(url.host(), Some("localhost" | "127.0.0.1"));
                    if url.scheme().as_deref() == Some("http") && !is_here {
                        out.at(at, format!("`{name}` is asked without encryption"), "use https, with `ca_certificate` for an authority of the site's own");
                    }
                }
            }
        }),
    }
}

rule! {
    /// A user name stands in the address of a registry.
    ///
    /// # What it checks
    /// Neither names nor addresses of registries and proxies have a user part.
    ///
    /// # Why is this bad
    /// Addresses are printed in logs and messages. Where a user is named, a password usually follows.
    ///
    /// # Bad
    /// ```toml
    /// [registry.harbor]
    /// url = "https://robot@harbor.lab"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [registry.harbor]
    /// url = "https://harbor.lab"
    /// credential = { file = "secrets/harbor" }
    /// ```
    pub(crate) static INLINE_CREDENTIAL = {
        id: id("REG012", "inline-credential", Error, Security),
        impact: Impact::Exposure,
        source: "RFC 3986, section 3.2.1",
        check: Check::View(|view, out| {
            let proxy = view.gateway().proxy.as_ref();
            let proxies = [("http", proxy.and_then(|proxy| proxy.http.as_ref())), ("https", proxy.and_then(|proxy| proxy.https.as_ref()))];
            let proxies = proxies.into_iter().filter_map(|(key, url)| Some((KeyPath::from("gateway.proxy").key(key), url?)));
            let registries = all(view).into_iter().filter_map(|(_, at, table)| Some((at.key("url"), table.url.as_ref()?)));
            for (at, url) in registries.chain(proxies) {
                if url.authority().is_some_and(|authority| authority.contains('@')) {
                    out.at(at, "the address names a user", "write it into the registry's `credential`; proxies should know the host");
                }
            }
        }),
    }
}

rule! {
    /// Images are pulled by external tools, and no policy says which may be.
    ///
    /// # What it checks
    /// `gateway.external_tools` comes with `gateway.policy_file`.
    ///
    /// # Why is this bad
    /// skopeo checks signatures by its policy. Without one it takes what it gets (containers-policy.json(5)).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// external_tools = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// external_tools = true
    /// policy_file = "/etc/shifter/policy.json"
    /// ```
    pub(crate) static EXTERNAL_NO_POLICY = {
        id: id("REG013", "external-no-policy", Warn, Security),
        impact: Impact::Exposure,
        source: "containers-policy.json(5)",
        check: Check::View(|view, out| {
            let gateway = view.gateway();
            if gateway.external_tools == Some(true) && gateway.policy_file.is_none() {
                out.at("gateway.external_tools", "the tools check no signature", "name a `policy_file`");
            }
        }),
    }
}

rule! {
    /// A registry has mirrors, and nobody says whether it may be asked itself.
    ///
    /// # What it checks
    /// A registry with `mirrors` has `direct`, true or false.
    ///
    /// # Why is this bad
    /// When the mirrors fail, the registry itself is asked. Where nothing may leave the site, the firewall then lets each pull hang until its time is over.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [registry."registry-1.docker.io"]
    /// mirrors = ["https://harbor.lab/hub"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [registry."registry-1.docker.io"]
    /// mirrors = ["https://harbor.lab/hub"]
    /// direct = false
    /// ```
    pub(crate) static MIRROR_BUT_DIRECT = {
        id: id("REG014", "mirror-but-direct", Warn, Correctness),
        impact: Impact::OneStart,
        source: "the order in which the native gateway asks",
        check: Check::View(|view, out| {
            for (name, at, table) in all(view) {
                if !table.mirrors.is_empty() && table.direct.is_none() {
                    out.at(
                        at.key("mirrors"),
                        format!("when the mirrors fail, `{name}` itself is asked"),
                        "write `direct = false` to stay on the site, or `direct = true` if this is meant",
                    );
                }
            }
        }),
    }
}
