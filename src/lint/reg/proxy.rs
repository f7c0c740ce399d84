//! REG rules about proxies.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::profile::section::AllProxy;
use crate::target::Target;

rule! {
    /// A proxy is named for http, and registries speak https.
    ///
    /// # What it checks
    /// Where `gateway.proxy.http` is written, `https` or `all` is too.
    ///
    /// # Why is this bad
    /// The manual's answer names `http_proxy` (1.4), and the code looks for `https_proxy` when the registry is `https`, as nearly all are.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// proxy = { http = "http://proxy:3128" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// proxy = { https = "http://proxy:3128" }
    /// ```
    ///
    /// # Fix
    /// `--fix` names the same proxy for https.
    pub(crate) static HTTPS_NEEDS_HTTPS_PROXY = {
        id: id("REG007", "https-needs-https-proxy", Error, Correctness),
        impact: Impact::OneStart,
        fix: Repair::Safe,
        source: "dockerv2.py line 124; manual 1.4",
        check: Check::View(|view, out| {
            let Some(proxy) = &view.gateway().proxy else { return };
            if let (Some(http), None, None) = (&proxy.http, &proxy.https, &proxy.all) {
                out.report("registries are asked by https, and no proxy is named for it", |finding| {
                    finding
                        .at("gateway.proxy.http", "not used for https")
                        .help(format!("write `https = \"{http}\"`"))
                        .fix(Fix::safe("use it for https", vec![Edit::set("gateway.proxy.https", http.as_str())]))
                });
            }
        }),
    }
}

rule! {
    /// The address of a proxy has no scheme.
    ///
    /// # What it checks
    /// `gateway.proxy.http` and `https` begin with `http://` or `https://`.
    ///
    /// # Why is this bad
    /// `proxy:3128` is read as the scheme `proxy` and no host.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// proxy = { https = "proxy:3128" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// proxy = { https = "http://proxy:3128" }
    /// ```
    ///
    /// # Fix
    /// `--fix` puts `http://` before it.
    pub(crate) static PROXY_NO_SCHEME = {
        id: id("REG008", "proxy-no-scheme", Error, Correctness),
        impact: Impact::OneStart,
        fix: Repair::Safe,
        source: "run against dockerv2.py of 18.03",
        check: Check::View(|view, out| {
            let Some(proxy) = &view.gateway().proxy else { return };
            for (key, url) in [("http", &proxy.http), ("https", &proxy.https)] {
                let Some(url) = url.as_ref().filter(|url| !url.as_str().contains("://")) else { continue };
                let at = KeyPath::from("gateway.proxy").key(key);
                out.report(format!("`{url}` has no scheme and is read as no host"), |finding| {
                    finding
                        .at(at.clone(), "")
                        .help(format!("write `http://{url}`"))
                        .fix(Fix::safe("put http:// before it", vec![Edit::set(at, format!("http://{url}"))]))
                });
            }
        }),
    }
}

rule! {
    /// A proxy for everything is written as an address that the original cuts.
    ///
    /// # What it checks
    /// `gateway.proxy.all` is a table such as `{ socks5 = "proxy:1080" }`.
    ///
    /// # Why is this bad
    /// The original splits the text at colons into three: of `socks5://proxy:1080` it takes `//proxy` for the host. The manual recommends exactly this (1.4). The table
    /// is rendered as each program reads it.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// proxy = { all = "socks5://proxy:1080" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// proxy = { all = { socks5 = "proxy:1080" } }
    /// ```
    ///
    /// # Fix
    /// `--fix` writes the table.
    pub(crate) static ALL_PROXY_FORM = {
        id: id("REG009", "all-proxy-form", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        fix: Repair::Safe,
        source: "run against dockerv2.py of 18.03; manual 1.4",
        check: Check::View(|view, out| {
            let all = view.gateway().proxy.as_ref().and_then(|proxy| proxy.all.as_ref());
            let Some(AllProxy::Text(text)) = all else { return };
            let address = text.rsplit("//").next().unwrap_or(text).trim_start_matches("socks5:").trim_end_matches('/');
            let table: toml::Table = [("socks5".to_owned(), toml::Value::from(address))].into_iter().collect();
            out.report(format!("the original cuts `{text}` at its colons"), |finding| {
                finding
                    .at("gateway.proxy.all", "")
                    .help(format!("write `all = {{ socks5 = \"{address}\" }}`"))
                    .fix(Fix::safe("write a table", vec![Edit::set("gateway.proxy.all", toml::Value::Table(table))]))
            });
        }),
    }
}

rule! {
    /// An exception from the proxy fits more hosts than meant.
    ///
    /// # What it checks
    /// Names in `gateway.proxy.no_proxy` begin with a dot, unless they are `localhost` or addresses.
    ///
    /// # Why is this bad
    /// The original compares the end of the name: `local` also fits `notlocal`. Blanks and networks such as `10.0.0.0/8` are compared as text and fit nothing.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// proxy = { https = "http://proxy:3128", no_proxy = ["local"] }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// proxy = { https = "http://proxy:3128", no_proxy = [".local"] }
    /// ```
    ///
    /// # Fix
    /// `--fix` puts a dot before a name.
    pub(crate) static NO_PROXY_SUFFIX = {
        id: id("REG010", "no-proxy-suffix", Warn, Correctness),
        fix: Repair::Safe,
        source: "run against dockerv2.py of 18.03",
        check: Check::View(|view, out| {
            let Some(proxy) = &view.gateway().proxy else { return };
            for (n, entry) in proxy.no_proxy.iter().enumerate() {
                let at = KeyPath::from("gateway.proxy.no_proxy").index(n);
                let is_exact = entry == "localhost" || entry.parse::<std::net::IpAddr>().is_ok();
                if entry.contains('/') || entry.contains(' ') {
                    out.at(at, format!("`{entry}` fits no host: it is compared as text"), "name hosts or domains");
                } else if !entry.starts_with('.') && !is_exact {
                    out.report(format!("`{entry}` fits every host whose name ends so"), |finding| {
                        finding
                            .at(at.clone(), "")
                            .help(format!("write `.{entry}`"))
                            .fix(Fix::safe("put a dot before it", vec![Edit::set(at, format!(".{entry}"))]))
                    });
                }
            }
        }),
    }
}
