//! SEC rules about secrets. A profile holds references; no rule ever sees a value.

use crate::diagnostic::{Category::*, KeyPath, Severity::*, structural};
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::{
    document::{assigned_secret, names_a_secret, uri_password},
    section::{AllProxy, scalar::Url},
};
use crate::secret::{Place, places};

rule! {
    /// A secret stands in the profile itself.
    ///
    /// # What it checks
    /// Passwords, keys and credentials are references: `{ file = ... }`, `{ env = ... }`, `{ sops = ..., key = ... }` or `{ command = ... }`.
    /// The addresses of the database, the broker, the proxies and the endpoints hold no password either, nor does one in `[env]`, in the environment of a module or
    /// in `[extra]`; and no key of `[extra.imagemanager]` whose name says that it is secret holds a text. `_proxy` variables are SEC029's.
    ///
    /// # Why is this bad
    /// Profiles are kept in a repository and mailed around. The published files of Blue Waters hold their passwords (L17, L20).
    ///
    /// # Bad
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = "hunter2hunter2"
    /// ```
    ///
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://shifter:hunter2@localhost/"
    /// ```
    ///
    /// ```toml
    /// [env.set]
    /// SITE_RESULTS = "postgresql://results:hunter2@db.site/results"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    ///
    /// # No fix
    /// The profile may hold the only copy of the secret, and a fix that writes the reference would delete it. A secret that was in a
    /// repository is known besides: write a new one into the file.
    pub(crate) static INLINE_SECRET = {
        id: structural::INLINE_SECRET,
        impact: Impact::Exposure,
        source: "L17 and L20",
        check: Check::View(|view, out| {
            password_in_address(view, out);
            password_without_reference(view, out);
        }),
    }
}

fn password_in_address(view: &View<'_>, out: &mut Findings<'_>) {
    let gateway = view.gateway();
    let database = gateway.database.as_ref().and_then(|database| database.uri.as_ref());
    let broker = gateway.broker.as_ref().and_then(|broker| broker.uri.as_ref());
    let proxy = gateway.proxy.as_ref();
    let of_all = proxy.and_then(|proxy| match &proxy.all {
        Some(AllProxy::Text(text)) => Some(text.as_str()),
        _ => None,
    });
    let addresses = [
        ("gateway.database", "uri", database.map(Url::as_str)),
        ("gateway.broker", "uri", broker.map(Url::as_str)),
        ("gateway.proxy", "http", proxy.and_then(|proxy| proxy.http.as_ref()).map(Url::as_str)),
        ("gateway.proxy", "https", proxy.and_then(|proxy| proxy.https.as_ref()).map(Url::as_str)),
        ("gateway.proxy", "all", of_all),
    ];
    for (table, key, address) in addresses {
        if address.is_some_and(|address| uri_password(address).is_some()) {
            let help = format!("take it out of the address, and refer to it by `{table}.password`");
            out.at(format!("{table}.{key}").as_str(), format!("`{table}.{key}` holds a password"), help);
        }
    }
    for (n, _) in gateway.endpoints.iter().enumerate().filter(|(_, url)| uri_password(url.as_str()).is_some()) {
        let help = "take it out: a gateway knows its users by munge, and udiRoot.conf is read by everybody";
        out.at(KeyPath::from("gateway.endpoints").index(n), "the address of the gateway holds a password", help);
    }
}

/// Passwords where a profile has no reference to write instead. `render` keeps the files that they go to from all but root
/// and a group.
fn password_without_reference(view: &View<'_>, out: &mut Findings<'_>) {
    for environment in view.environments() {
        for (at, name, value) in environment.values() {
            if !is_proxy(name) && uri_password(&value).is_some() {
                let message = format!("the address in `{name}` holds a password, and every container gets it");
                out.at(at, message, "let the programs read it from a file of the user, and make this one void");
            }
        }
    }
    let extra = view.profile.extra.clone().unwrap_or_default();
    let help = "write it into the installed file by hand, or use the keys that refer to a secret";
    for (key, lines) in &extra.udiroot {
        if lines.0.iter().any(|line| uri_password(line).is_some() || assigned_secret(line).is_some()) {
            out.at(KeyPath::from(["extra", "udiroot", key]), format!("`{key}` holds a password"), help);
        }
    }
    for (key, value) in &extra.imagemanager {
        in_document(KeyPath::from(["extra", "imagemanager", key]), value, &mut |at| {
            let message = format!("`{}` holds a password", at.last().unwrap_or_default());
            out.at(at, message, help);
        });
    }
}

/// The texts of a JSON value that hold a password: by their key, or as addresses.
fn in_document(at: KeyPath, value: &serde_json::Value, report: &mut dyn FnMut(KeyPath)) {
    match value {
        serde_json::Value::String(text) => {
            let named = at.segments().iter().rev().find(|segment| segment.parse::<usize>().is_err());
            if named.is_some_and(|key| names_a_secret(key)) || uri_password(text).is_some() {
                report(at);
            }
        }
        serde_json::Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(n, element)| in_document(at.clone().index(n), element, report));
        }
        serde_json::Value::Object(entries) => {
            entries.iter().for_each(|(key, entry)| in_document(at.clone().key(key), entry, report));
        }
        _ => {}
    }
}

/// Whether a variable names a proxy: SEC029 judges it.
fn is_proxy(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("_proxy")
}

rule! {
    /// Two accounts have the same secret.
    ///
    /// # What it checks
    /// No reference to a secret is used for two accounts. With `--resolve`: no two references give the same secret.
    ///
    /// # Why is this bad
    /// Who learns one password has the other. Blue Waters printed one password for Redis, the administrator of MongoDB and its user (L20, L24, L25).
    ///
    /// # Bad
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// admin = { password = { file = "secrets/mongodb" } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb-shifter" }
    /// admin = { password = { file = "secrets/mongodb-admin" } }
    /// ```
    pub(crate) static SECRET_REUSED = {
        id: id("SEC007", "secret-reused", Warn, Security),
        impact: Impact::Exposure,
        source: "L20, L24 and L25",
        check: Check::View(secret_reused),
    }
}

fn secret_reused(view: &View<'_>, out: &mut Findings<'_>) {
    let secrets = places(view.profile);
    for (n, place) in secrets.iter().enumerate() {
        let value = |place: &Place<'_>| view.context.secrets.and_then(|known| known.value(place.reference));
        let is_same = |first: &&Place<'_>| {
            let (one, other) = (value(first), value(place));
            first.reference == place.reference || one.is_some() && one == other
        };
        if let Some(first) = secrets[..n].iter().find(is_same) {
            out.report(format!("the secret `{}` opens two accounts", place.reference.name()), |finding| {
                finding
                    .at(place.key.clone(), "")
                    .also(first.key.clone(), "the same")
                    .help("give each account a secret of its own")
            });
        }
    }
}

rule! {
    /// The address of a proxy in an environment holds a password.
    ///
    /// # What it checks
    /// No variable of `[env]` or of a module whose name ends with `_proxy`, in either spelling, is set to an address with a password. Those of
    /// `gateway.proxy` are SEC001's.
    ///
    /// # Why is this bad
    /// What is set in containers stands in udiRoot.conf, which everybody reads, and in the environment of every process of every user.
    ///
    /// # Bad
    /// ```toml
    /// [env]
    /// set.https_proxy = "http://cluster:v3ry-l0ng-and-synthetic@proxy:3128"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env]
    /// set.https_proxy = "http://proxy:3128"
    /// ```
    ///
    /// # No fix
    /// Without the password the proxy refuses. It has to let the nodes through by their addresses, and the password has to be made void.
    pub(crate) static PROXY_CREDENTIAL = {
        id: id("SEC029", "proxy-credential", Error, Security),
        impact: Impact::Exposure,
        source: "curl(1); environ of proc(5)",
        check: Check::View(proxy_credential),
    }
}

fn proxy_credential(view: &View<'_>, out: &mut Findings<'_>) {
    for environment in view.environments() {
        for (at, name, value) in environment.values() {
            if is_proxy(name) && uri_password(&value).is_some() {
                let help = "take user and password out of the address, and let the proxy know the nodes by theirs";
                out.at(at, format!("`{name}` gives a password to everybody"), help);
            }
        }
    }
}
