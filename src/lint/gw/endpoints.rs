//! GW rules about where clients find the gateway and where it listens.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Impact, Repair, Tier, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::scalar::Url;

/// The key of the n-th endpoint.
fn at(n: usize) -> KeyPath {
    KeyPath::from("gateway.endpoints").index(n)
}

rule! {
    /// The address of a gateway ends in a slash.
    ///
    /// # What it checks
    /// No `http` or `https` endpoint ends in `/`.
    ///
    /// # Why is this bad
    /// Clients put `/api/...` behind it and ask for `//api/...`, which the gateway does not know (manual 4.1).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// endpoints = ["http://gw1:5000/", "http://gw2:5000"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// endpoints = ["http://gw1:5000", "http://gw2:5000"]
    /// ```
    ///
    /// # Fix
    /// `--fix` takes the slash away.
    pub(crate) static ENDPOINT_TRAILING_SLASH = {
        id: id("GW001", "endpoint-trailing-slash", Error, Correctness),
        fix: Repair::Safe,
        source: "shifterimg.c of 18.03 line 803; manual 4.1",
        check: Check::View(|view, out| {
            for (n, url) in view.gateway().endpoints.iter().enumerate().filter(|(_, url)| ends_in_a_slash(url)) {
                let better = url.as_str().trim_end_matches('/');
                out.report(format!("clients ask `{url}` for `//api`"), |finding| {
                    finding
                        .at(at(n), "")
                        .help(format!("write `{better}`"))
                        .fix(Fix::safe("take the slash away", vec![Edit::set(at(n), better)]))
                });
            }
        }),
    }
}

fn ends_in_a_slash(url: &Url) -> bool {
    url.scheme().as_deref() != Some("unix") && url.as_str().ends_with('/') && !url.as_str().ends_with("//")
}

rule! {
    /// The address of a gateway is none that clients can use.
    ///
    /// # What it checks
    /// Endpoints are `http://HOST[:PORT]` or `https://HOST[:PORT]` without path, query and user; the native client also takes
    /// `unix:/PATH`.
    ///
    /// # Why is this bad
    /// Clients do not look at the address. They put a path behind it and ask.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// endpoints = ["gw1:5000", "http://gw2:5000"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// endpoints = ["http://gw1:5000", "http://gw2:5000"]
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` puts `http://` before an address that has no scheme.
    pub(crate) static ENDPOINT_URL = {
        id: id("GW002", "endpoint-url", Error, Correctness),
        fix: Repair::Unsafe,
        impact: Impact::OneStart,
        source: "shifterimg.c of 18.03 line 803",
        check: Check::View(|view, out| {
            for (n, url) in view.gateway().endpoints.iter().enumerate() {
                if let Err(why) = is_an_endpoint(url, view.is_native()) {
                    let with_scheme = format!("http://{url}");
                    let is_better = !url.as_str().contains("://")
                        && with_scheme.parse().is_ok_and(|url: Url| is_an_endpoint(&url, false).is_ok());
                    out.report(format!("`{url}` {why}"), |finding| {
                        let finding = finding.at(at(n), "").help("write `http://HOST:PORT`");
                        if is_better {
                            finding.fix(Fix::risky("put http:// before it", vec![Edit::set(at(n), with_scheme)]))
                        } else {
                            finding
                        }
                    });
                }
            }
        }),
    }
}

fn is_an_endpoint(url: &Url, is_native: bool) -> Result<(), &'static str> {
    let scheme = url.scheme().filter(|_| url.authority().is_some() || url.as_str().starts_with("unix:"));
    match scheme.as_deref() {
        Some("unix") if is_native => {
            let path = url.as_str().strip_prefix("unix:").unwrap_or_default();
            if path.starts_with('/') { Ok(()) } else { Err("names no absolute path") }
        }
        Some("unix") => Err("is a Unix socket, which only the native client can use"),
        Some("http" | "https") => {
            let authority = url.authority().unwrap_or_default();
            let path = url.as_str().split_once("://").map_or("", |(_, rest)| &rest[authority.len()..]);
            if url.host().is_none() {
                Err("names no host")
            } else if authority.contains('@') {
                Err("names a user")
            } else if !path.trim_matches('/').is_empty() {
                Err("has a path or a query")
            } else {
                Ok(())
            }
        }
        _ => Err("is neither `http` nor `https`"),
    }
}

rule! {
    /// The same gateway is named twice.
    ///
    /// # What it checks
    /// No address stands twice in `gateway.endpoints`.
    ///
    /// # Why is this bad
    /// When it does not answer, clients wait for it twice.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// endpoints = ["http://gw1:5000", "http://gw2:5000", "http://gw1:5000"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// endpoints = ["http://gw1:5000", "http://gw2:5000"]
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the second.
    pub(crate) static ENDPOINT_DUPLICATE = {
        id: id("GW003", "endpoint-duplicate", Warn, Style),
        impact: Impact::Untidy,
        fix: Repair::Safe,
        source: "the failover loop of shifterimg.c",
        check: Check::View(|view, out| {
            let endpoints = &view.gateway().endpoints;
            for (n, url) in endpoints.iter().enumerate() {
                if let Some(first) = endpoints[..n].iter().position(|first| first == url) {
                    out.report(format!("`{url}` is named twice"), |finding| {
                        finding
                            .at(at(n), "again")
                            .also(at(first), "first")
                            .help("name it once")
                            .fix(Fix::safe("name it once", vec![Edit::remove(at(n))]))
                    });
                }
            }
        }),
    }
}

rule! {
    /// Clients ask at a port where nobody listens.
    ///
    /// # What it checks
    /// Where `gateway.bind` has a port, every endpoint has the same.
    ///
    /// # Why is this bad
    /// One instance is started, on that port. Clients that choose another endpoint get "connection refused".
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// bind = "10.0.0.1:5000"
    /// endpoints = ["http://gw1:5000", "http://gw2:5001"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// bind = "10.0.0.1"
    /// endpoints = ["http://gw1:5000", "http://gw2:5001"]
    /// ```
    ///
    /// # Fix
    /// `--fix` takes the port out of `bind`: an instance is then started for each port of the endpoints.
    pub(crate) static ENDPOINT_PORT_MISMATCH = {
        id: id("GW004", "endpoint-port-mismatch", Error, Correctness),
        fix: Repair::Safe,
        impact: Impact::OneStart,
        source: "L18, L22 and L36",
        check: Check::View(|view, out| {
            let gateway = view.gateway();
            let Some((bind, port)) = gateway.bind.as_ref().and_then(|bind| Some((bind, bind.port()?))) else { return };
            let address = bind.as_str().strip_suffix(&format!(":{port}")).unwrap_or(bind.as_str());
            for (n, url) in gateway.endpoints.iter().enumerate() {
                if let Some(asked) = port_of(url).filter(|asked| *asked != port) {
                    out.report(format!("clients ask `{url}`, and the gateway listens on port {port}"), |finding| {
                        finding
                            .at(at(n), format!("port {asked}"))
                            .also("gateway.bind", format!("port {port}"))
                            .help("write `bind` without a port: an instance is started for each port of the endpoints")
                            .fix(Fix::safe("take the port away", vec![Edit::set("gateway.bind", address)]))
                    });
                }
            }
        }),
    }
}

/// The port a client connects to.
fn port_of(url: &Url) -> Option<u16> {
    let usual = match url.scheme()?.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    Some(url.port().unwrap_or(usual))
}

rule! {
    /// Several gateways are on one host, and fail together.
    ///
    /// # What it checks
    /// Several endpoints do not all name the same host.
    ///
    /// # Why is this bad
    /// Instances on one host share the load. When the host is down, none of them answers, and no job with an image name starts.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// endpoints = ["http://gw1:5000", "http://gw1:5001"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// endpoints = ["http://gw1:5000", "http://gw2:5000"]
    /// ```
    pub(crate) static ENDPOINT_SINGLE_HOST = {
        id: id("GW006", "endpoint-single-host", Info, Scale),
        impact: Impact::Slow,
        source: "Leong et al. 2018, section VIII",
        check: Check::View(|view, out| {
            let endpoints = &view.gateway().endpoints;
            let Some(host) = endpoints.first().and_then(Url::host) else { return };
            if endpoints.len() > 1 && endpoints.iter().all(|url| url.host() == Some(host)) {
                out.at("gateway.endpoints", format!("all gateways are on `{host}`: there is no failover"), "put one on another host");
            }
        }),
    }
}

rule! {
    /// A client waits for ever for a gateway that does not answer.
    ///
    /// # What it checks
    /// `gateway.timeout` is set and above nothing, unless all endpoints are on the same host as their clients.
    ///
    /// # Why is this bad
    /// Without a limit the client never goes on to the next endpoint, and jobs hang in their prologue.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// timeout = "0s"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// timeout = "30s"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes 30 seconds.
    pub(crate) static TIMEOUT_UNSET = {
        id: id("GW007", "timeout-unset", Warn, Scale),
        impact: Impact::Slow,
        fix: Repair::Safe,
        source: "shifterimg.c of 18.03 line 861",
        check: Check::View(|view, out| {
            let gateway = view.gateway();
            let is_limited = gateway.timeout.as_ref().is_some_and(|timeout| timeout.seconds() > 0);
            if view.describes_nodes() && !is_limited && gateway.endpoints.iter().any(is_elsewhere) {
                out.report("clients wait for ever for a gateway that does not answer", |finding| {
                    finding
                        .at("gateway.timeout", "no limit")
                        .help("write `timeout = \"30s\"`")
                        .fix(Fix::safe("wait 30 seconds", vec![Edit::set("gateway.timeout", "30s")]))
                });
            }
        }),
    }
}

/// Whether the address is that of another host.
fn is_elsewhere(url: &Url) -> bool {
    let is_here = |host: &str| host == "localhost" || host.starts_with("127.") || host == "::1";
    url.scheme().as_deref() != Some("unix") && !url.host().is_some_and(is_here)
}

rule! {
    /// The address to listen on cannot be read.
    ///
    /// # What it checks
    /// `gateway.bind` is a host or an address, with or without `:PORT`.
    ///
    /// # Why is this bad
    /// The service does not start. The manual itself prints `0.0.0.0.5000` (4.2).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// bind = "0.0.0.0.5000"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// bind = "10.0.0.1:5000"
    /// endpoints = ["http://gw1:5000", "http://gw2:5000"]
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` writes a colon before the port where a dot stands.
    pub(crate) static BIND_INVALID = {
        id: id("GW009", "bind-invalid", Error, Correctness),
        fix: Repair::Unsafe,
        impact: Impact::EveryStart,
        source: "manual 4.2",
        check: Check::View(|view, out| {
            if let Some(bind) = view.gateway().bind.as_ref().filter(|bind| !can_be_bound(bind.as_str())) {
                let dotted = bind.as_str().rsplit_once('.').map(|(address, port)| format!("{address}:{port}"));
                out.report(format!("`{bind}` is no address to listen on"), |finding| {
                    let finding = finding.at("gateway.bind", "").help("write `ADDRESS:PORT`, or the address alone");
                    match dotted.filter(|bind| can_be_bound(bind)) {
                        Some(better) => {
                            finding.fix(Fix::risky(format!("write {better}"), vec![Edit::set("gateway.bind", better)]))
                        }
                        None => finding,
                    }
                });
            }
        }),
    }
}

fn can_be_bound(bind: &str) -> bool {
    if bind.parse::<std::net::IpAddr>().is_ok() || bind.parse::<std::net::SocketAddr>().is_ok() {
        return true;
    }
    let (host, port) = bind.split_once(':').map_or((bind, None), |(host, port)| (host, Some(port)));
    let is_a_name = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    let is_digits_and_dots = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_a_name && !is_digits_and_dots && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

rule! {
    /// The gateway listens on every network of its host.
    ///
    /// # What it checks
    /// `gateway.bind` is not `0.0.0.0` or `::`, written or by default, unless `gateway.firewall` says who protects it.
    ///
    /// # Why is this bad
    /// Only nodes have to reach it. On a network with a way to the outside anybody can ask (manual 7.3.2).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// bind = "0.0.0.0"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// bind = "0.0.0.0"
    /// firewall = "nftables on gw1 and gw2 admit 10.0.0.0/8"
    /// ```
    pub(crate) static BIND_ALL = {
        id: id("GW010", "bind-all", Warn, Security),
        impact: Impact::Exposure,
        tier: Tier::Strict,
        source: "manual 7.3.2",
        check: Check::View(bind_all),
    }
}

fn bind_all(view: &View<'_>, out: &mut Findings<'_>) {
    let gateway = view.gateway();
    let by_socket = view.is_native() && gateway.socket.is_some();
    let everywhere = match &gateway.bind {
        Some(bind) => matches!(bind.host(), "0.0.0.0" | "::" | "*"),
        None => !by_socket && gateway.database.is_some(),
    };
    if everywhere && gateway.firewall.is_none() {
        out.at(
            "gateway.bind",
            "the gateway listens on every network of its host",
            "bind it to the address that nodes use, or say in `firewall` who protects it",
        );
    }
}
