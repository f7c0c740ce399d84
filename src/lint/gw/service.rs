//! GW rules about the service itself.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Impact, Repair, Targets, Tier, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

rule! {
    /// The gateway runs as root.
    ///
    /// # What it checks
    /// `gateway.user` is not `root`.
    ///
    /// # Why is this bad
    /// The gateway unpacks what strangers made. A flaw in it would be root's (manual 7.3).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// user = "root"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// user = "shifter"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes `shifter`.
    pub(crate) static RUN_AS_ROOT = {
        id: id("GW011", "run-as-root", Error, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "manual 7.3; Leong et al. 2018, section III-E",
        check: Check::View(|view, out| {
            if view.gateway().user.as_ref().is_some_and(|user| user.as_str() == "root") {
                out.report("the gateway runs as root", |finding| {
                    finding
                        .at("gateway.user", "")
                        .help("use an account of its own")
                        .fix(Fix::safe("run as shifter", vec![Edit::set("gateway.user", "shifter")]))
                });
            }
        }),
    }
}

rule! {
    /// Settings are written that no program reads.
    ///
    /// # What it checks
    /// With the original, `images.lustre` and `gateway.user_groups` are not written.
    ///
    /// # Why is this bad
    /// `DefaultOstCount`, `DefaultLustreReplication` and `usergroupService` occur in the samples and in no code. The striping of images is that
    /// of their directory (lfs-setstripe(1)).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// user_groups = "local"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// access = "local"
    /// ```
    pub(crate) static KEYS_WITHOUT_EFFECT = {
        id: id("GW035", "keys-without-effect", Info, Style),
        impact: Impact::Untidy,
        targets: Targets::Except(&[Target::Native]),
        source: "no occurrence in imagegw of 16.08 to 18.03",
        check: Check::View(|view, out| {
            let lustre = view.images().lustre.as_ref().map(|_| "images.lustre");
            let groups = view.gateway().user_groups.as_ref().map(|_| "gateway.user_groups");
            let written: Vec<&str> = lustre.into_iter().chain(groups).collect();
            if let Some((first, others)) = written.split_first() {
                out.report("no program reads these settings", |finding| {
                    let finding = finding.at(*first, "").help("set the striping of the image directory with `lfs setstripe`");
                    others.iter().fold(finding, |finding, other| finding.also(*other, "nor this"))
                });
            }
        }),
    }
}

rule! {
    /// Two services want the same port, or one wants a port that only root may have.
    ///
    /// # What it checks
    /// Ports of endpoints are not below 1024 unless the gateway runs as root, and on a host that also runs the database or the broker they
    /// are not 27017 or 6379.
    ///
    /// # Why is this bad
    /// The second service does not start (bind(2)).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// endpoints = ["http://gw1:80"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// endpoints = ["http://gw1:5000"]
    /// ```
    pub(crate) static PORT_COLLISION = {
        id: id("GW037", "port-collision", Error, Correctness),
        impact: Impact::EveryStart,
        source: "bind(2), ip(7)",
        check: Check::View(ports),
    }
}

fn ports(view: &View<'_>, out: &mut Findings<'_>) {
    let gateway = view.gateway();
    if gateway.database.is_none() {
        return;
    }
    let is_local =
        |uri: Option<&crate::profile::section::scalar::Url>| uri.and_then(|uri| uri.host()) == Some("localhost");
    let database = gateway.database.as_ref().and_then(|database| database.uri.as_ref());
    let broker = gateway.broker.as_ref().and_then(|broker| broker.uri.as_ref());
    let is_root = gateway.user.as_ref().is_some_and(|user| user.as_str() == "root");
    for (n, url) in gateway.endpoints.iter().enumerate() {
        let at = KeyPath::from("gateway.endpoints").index(n);
        match url.port() {
            Some(27017) if is_local(database) => out.at(at, "port 27017 is the database's", "choose another port"),
            Some(6379) if is_local(broker) => out.at(at, "port 6379 is the broker's", "choose another port"),
            Some(port) if port < 1024 && !is_root && gateway.tls.is_none() => {
                out.at(at, format!("only root may listen on port {port}"), "choose a port from 1024 on");
            }
            _ => {}
        }
    }
}

rule! {
    /// Nobody can expire an image that another user pulled.
    ///
    /// # What it checks
    /// `gateway.admins` names somebody.
    ///
    /// # Why is this bad
    /// Only these users may expire any image. Without them a broken one stays until its time is over.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// admins_remove = ["root"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// admins = ["root"]
    /// ```
    ///
    /// # Fix
    /// `--fix` names root.
    pub(crate) static ADMINS_EMPTY = {
        id: id("GW040", "admins-empty", Info, Style),
        impact: Impact::Untidy,
        tier: Tier::Strict,
        fix: Repair::Safe,
        source: "imagemngr.py line 194",
        check: Check::View(|view, out| {
            if view.gateway().database.is_some() && view.gateway().admins.is_empty() {
                out.report("nobody can expire an image of another user", |finding| {
                    finding
                        .at("gateway.admins", "")
                        .help("name `root`")
                        .fix(Fix::safe("name root", vec![Edit::set("gateway.admins", vec!["root"])]))
                });
            }
        }),
    }
}

rule! {
    /// A cluster describes a gateway of its own, and another gateway serves it.
    ///
    /// # What it checks
    /// Profiles that a gateway `serves` say only where their clients find it: they have no `cache_dir`, `database` or `socket`.
    ///
    /// # Why is this bad
    /// Both profiles would write imagemanager.json, each without the other's cluster, and the last one applied wins.
    ///
    /// # Bad
    /// ```toml cluster.toml
    /// [site]
    /// name = "cori"
    /// ```
    ///
    /// ```toml
    /// kind = "gateway"
    /// serves = ["cluster.toml"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// kind = "system"
    /// ```
    pub(crate) static GATEWAY_OWNED_TWICE = {
        id: id("GW041", "gateway-owned-twice", Error, Correctness),
        source: "one imagemanager.json for each gateway",
        check: Check::View(owned_twice),
    }
}

fn owned_twice(view: &View<'_>, out: &mut Findings<'_>) {
    if view.class.is_some() {
        return;
    }
    for (n, served) in view.context.common.served.iter().enumerate() {
        let Some(gateway) = &served.profile.gateway else { continue };
        if gateway.cache_dir.is_some() || gateway.database.is_some() || gateway.socket.is_some() {
            let name = served.profile.site.as_ref().and_then(|site| site.name.as_ref());
            let name = name.map_or_else(|| "the cluster".to_owned(), |name| format!("`{name}`"));
            out.at(
                KeyPath::from("serves").index(n),
                format!("{name} describes a gateway of its own"),
                "leave only `endpoints` and `timeout` in the cluster's `[gateway]`, or do not serve it",
            );
        }
    }
}

rule! {
    /// Anybody can say who he is.
    ///
    /// # What it checks
    /// `gateway.authentication` is not `mock`.
    ///
    /// # Why is this bad
    /// It is for tests: the gateway believes the user name that a client sends.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// authentication = "mock"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// authentication = "munge"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes `munge`.
    pub(crate) static MOCK_AUTH = {
        id: id("SEC020", "mock-auth", Error, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "auth.py line 48",
        check: Check::View(|view, out| {
            if view.gateway().authentication.as_deref() == Some("mock") {
                out.report("the gateway believes whatever name a client sends", |finding| {
                    finding
                        .at("gateway.authentication", "")
                        .help("write `munge`")
                        .fix(Fix::safe("use munge", vec![Edit::set("gateway.authentication", "munge")]))
                });
            }
        }),
    }
}
