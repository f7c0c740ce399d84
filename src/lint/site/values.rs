//! SITE rules about names and sample values.

use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View};

rule! {
    /// The system's name has characters that do not survive where it is used.
    ///
    /// # What it checks
    /// `site.name` begins with a small letter or digit and goes on with those, `.`, `_` and `-`.
    ///
    /// # Why is this bad
    /// The name is put as it is into the path of requests to the gateway and into the name of the workers' queue. A blank or a slash
    /// makes another request of it.
    ///
    /// # Bad
    /// ```toml
    /// [site]
    /// name = "Blue Waters"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [site]
    /// name = "bluewaters"
    /// ```
    pub(crate) static SYSTEM_NAME_CHARSET = {
        id: id("SITE007", "system-name-charset", Error, Correctness),
        source: "shifterimg.c of 18.03 line 803",
        check: Check::View(|view, out| {
            if let Some(name) = view.site().name.as_ref().filter(|name| !is_a_system_name(name.as_str())) {
                out.at("site.name", format!("`{name}` cannot be the name of a system"), "use small letters, digits, `.`, `_` and `-`");
            }
        }),
    }
}

fn is_a_system_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(plain) && name.chars().all(|c| plain(c) || "._-".contains(c))
}

/// What samples and manuals print where a site has to write its own.
const SAMPLES: [&str; 4] = ["mycluster", "/invalid", "imagegwapi", "P@55w0rd"];

rule! {
    /// A value was copied from a sample.
    ///
    /// # What it checks
    /// Names, paths, URLs and hosts are not `mycluster`, `/invalid`, `imagegwapi`, anything in angle brackets, or a host below
    /// `example.com`, `example.org` or `example.net` (RFC 2606).
    ///
    /// # Why is this bad
    /// It is a name that nobody answers to, and some of them, such as `/invalid`, are accepted until a user's job fails.
    ///
    /// # Bad
    /// ```toml
    /// [etc]
    /// path = "/invalid"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [etc]
    /// path = "/etc/shifter/etc_files"
    /// ```
    pub(crate) static PLACEHOLDER_VALUE = {
        id: id("SITE011", "placeholder-value", Error, Correctness),
        impact: Impact::OneStart,
        source: "the samples of 16.08 to 18.03; RFC 2606",
        check: Check::View(placeholders),
    }
}

fn placeholders(view: &View<'_>, out: &mut Findings<'_>) {
    let paths = view.every_path().into_iter().map(|(at, path)| (at, path.to_string()));
    for (at, value) in paths.chain(names_and_urls(view)) {
        if is_a_sample(&value) {
            out.at(at, format!("`{value}` is a sample value"), "write the site's own");
        }
    }
}

fn names_and_urls(view: &View<'_>) -> Vec<(KeyPath, String)> {
    let gateway = view.gateway();
    let mut found: Vec<(KeyPath, String)> = Vec::new();
    found.extend(view.site().name.iter().map(|name| ("site.name".into(), name.to_string())));
    let endpoints = gateway.endpoints.iter().enumerate();
    found.extend(endpoints.map(|(n, url)| (KeyPath::from("gateway.endpoints").index(n), url.to_string())));
    let database = gateway.database.as_ref().and_then(|database| database.uri.as_ref());
    found.extend(database.map(|uri| ("gateway.database.uri".into(), uri.to_string())));
    let broker = gateway.broker.as_ref().and_then(|broker| broker.uri.as_ref());
    found.extend(broker.map(|uri| ("gateway.broker.uri".into(), uri.to_string())));
    for (name, registry) in &view.profile.registry {
        let at = KeyPath::from(["registry", name.as_str()]);
        found.extend(registry.url.iter().map(|url| (at.clone().key("url"), url.to_string())));
        found.push((at, name.clone()));
    }
    found
}

fn is_a_sample(value: &str) -> bool {
    SAMPLES.contains(&value)
        || has_angle_brackets(value)
        || names_an_example_host(value)
        || host_of(value) == "imagegwapi"
}

fn has_angle_brackets(value: &str) -> bool {
    value.split_once('<').is_some_and(|(_, rest)| rest.contains('>'))
}

/// The host of a URL, or the text itself.
fn host_of(value: &str) -> &str {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    address.split(':').next().unwrap_or_default()
}

fn names_an_example_host(value: &str) -> bool {
    let host = host_of(value);
    ["example.com", "example.org", "example.net"]
        .iter()
        .any(|example| host == *example || host.ends_with(&format!(".{example}")))
}
