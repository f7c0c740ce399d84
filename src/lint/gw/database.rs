//! GW rules about where the gateway keeps its records.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::scalar::Url;
use crate::target::Target;

const URI: &str = "gateway.database.uri";

fn uri<'a>(view: &View<'a>) -> Option<&'a Url> {
    view.gateway().database.as_ref()?.uri.as_ref()
}

fn scheme(uri: &Url) -> String {
    uri.scheme().unwrap_or_default()
}

/// The hosts of the address: a replica set has several.
fn hosts(uri: &Url) -> Vec<&str> {
    let authority = uri.authority().unwrap_or_default();
    let addresses = authority.rsplit_once('@').map_or(authority, |(_, addresses)| addresses);
    let host = |address: &'_ str| match address.find(']') {
        Some(end) => end + 1,
        None => address.find(':').unwrap_or(address.len()),
    };
    addresses.split(',').map(|address| &address[..host(address)]).filter(|host| !host.is_empty()).collect()
}

fn is_on_another_host(uri: &Url) -> bool {
    // A host that begins with an encoded slash is a socket of this one.
    let is_here =
        |host: &&str| matches!(*host, "localhost" | "[::1]") || host.starts_with("127.") || host.starts_with("%2F");
    scheme(uri) != "sqlite" && !hosts(uri).iter().all(is_here)
}

rule! {
    /// The address of the database is none that the gateway can use.
    ///
    /// # What it checks
    /// The address begins with `mongodb://` and a host; the native gateway also takes `sqlite:///PATH` and `postgresql://HOST/NAME`. It
    /// has no blank.
    ///
    /// # Why is this bad
    /// The service does not start. The manual itself prints one with a blank, `mongodb: //localhost/` (4.6).
    ///
    /// # Bad
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb: //localhost/"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// ```
    ///
    /// # Fix
    /// `--fix` takes blanks out, where they are all that is wrong.
    pub(crate) static DATABASE_URI_FORM = {
        id: id("GW022", "database-uri-form", Error, Correctness),
        fix: Repair::Safe,
        impact: Impact::EveryStart,
        source: "manual 4.6; MongoDB connection string format",
        check: Check::View(|view, out| {
            let Some(uri) = uri(view) else { return };
            if can_be_used(uri, view.is_native()) {
                return;
            }
            let help = if view.is_native() { "write `sqlite:///var/lib/shifter/gateway.db`" } else { "write `mongodb://HOST/`" };
            let without_blanks: String = uri.as_str().split_whitespace().collect();
            let is_better = without_blanks.parse().is_ok_and(|uri: Url| can_be_used(&uri, view.is_native()));
            out.report(format!("`{uri}` is no database that the gateway can use"), |finding| {
                let finding = finding.at(URI, "").help(help);
                if is_better {
                    finding.fix(Fix::safe("take the blanks out", vec![Edit::set(URI, without_blanks)]))
                } else {
                    finding
                }
            });
        }),
    }
}

fn can_be_used(uri: &Url, is_native: bool) -> bool {
    let text = uri.as_str();
    let is_right = match scheme(uri).as_str() {
        "mongodb" => !hosts(uri).is_empty(),
        "sqlite" => is_native && text.starts_with("sqlite:///"),
        "postgresql" => is_native && uri.authority().is_some(),
        _ => false,
    };
    is_right && !text.contains(char::is_whitespace)
}

rule! {
    /// Anybody who reaches the database's host can change the gateway's records.
    ///
    /// # What it checks
    /// A database on another host is asked as a `user`.
    ///
    /// # Why is this bad
    /// The records say which file an image is, and who may use it (Leong et al. 2018, section III-E).
    ///
    /// # Bad
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://db1/?tls=true"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://db1/?tls=true"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    pub(crate) static DATABASE_NO_AUTH = {
        id: id("GW023", "database-no-auth", Warn, Security),
        impact: Impact::Exposure,
        source: "Leong et al. 2018, section III-E(2)",
        check: Check::View(|view, out| {
            let has_user = view.gateway().database.as_ref().is_some_and(|database| database.user.is_some());
            if let Some(uri) = uri(view).filter(|uri| is_on_another_host(uri) && !has_user) {
                let names_one = uri.authority().is_some_and(|authority| authority.contains('@'));
                if !names_one {
                    out.at(URI, "the database is asked without a user", "add `user` and `password`");
                }
            }
        }),
    }
}

rule! {
    /// The gateway's records and password cross the network in plain text.
    ///
    /// # What it checks
    /// The address of a MongoDB on another host has `tls=true` or `ssl=true`, that of a PostgreSQL `sslmode=require` or stricter.
    ///
    /// # Why is this bad
    /// Who listens on the network reads the password, and who is in between can change the answers.
    ///
    /// # Bad
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://db1/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://db1/?tls=true"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    pub(crate) static DATABASE_PLAIN_REMOTE = {
        id: id("GW024", "database-plain-remote", Warn, Security),
        impact: Impact::Exposure,
        source: "MongoDB connection string options; libpq sslmode",
        check: Check::View(|view, out| {
            let Some(uri) = uri(view).filter(|uri| is_on_another_host(uri)) else { return };
            let options = uri.as_str().split_once('?').map_or("", |(_, options)| options);
            let has = |wanted: &[&str]| options.split('&').any(|option| wanted.contains(&option));
            let (is_safe, help) = match scheme(uri).as_str() {
                "mongodb" => (has(&["tls=true", "ssl=true"]), "add `?tls=true`"),
                "postgresql" => {
                    (has(&["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"]), "add `?sslmode=verify-full`")
                }
                _ => return,
            };
            if !is_safe {
                out.at(URI, "the connection to the database is not encrypted", help);
            }
        }),
    }
}

rule! {
    /// The database has two names.
    ///
    /// # What it checks
    /// The path of the address is `gateway.database.name`, where both are written.
    ///
    /// # Why is this bad
    /// The original logs in to the database of the path and keeps its records in that of the name. An account that was made in one cannot
    /// write the other (L17, L25).
    ///
    /// # Bad
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://localhost/admin"
    /// name = "Shifter"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway.database]
    /// uri = "mongodb://localhost/Shifter"
    /// name = "Shifter"
    /// ```
    pub(crate) static DATABASE_NAME_DIFFERS = {
        id: id("GW025", "database-name-differs", Warn, Correctness),
        source: "L17 and L25",
        check: Check::View(names),
    }
}

fn names(view: &View<'_>, out: &mut Findings<'_>) {
    let Some(uri) = uri(view).filter(|uri| scheme(uri) != "sqlite") else { return };
    let Some(name) = view.gateway().database.as_ref().and_then(|database| database.name.as_deref()) else { return };
    let after = uri.as_str().split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let path = after.split('?').next().unwrap_or_default();
    if !path.is_empty() && path != name {
        out.report(format!("the address names the database `{path}`, `name` says `{name}`"), |finding| {
            finding.at(URI, "").also("gateway.database.name", "").help("write the same name, or leave one out")
        });
    }
}

rule! {
    /// The broker takes commands from anybody.
    ///
    /// # What it checks
    /// `gateway.broker` has a password where the installed gateway uses one.
    ///
    /// # Why is this bad
    /// Who can reach Redis can put a job into the queue, and the workers run it (Leong et al. 2018, section III-E).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    /// ```
    pub(crate) static BROKER_NO_PASSWORD = {
        id: id("SEC021", "broker-no-password", Error, Security),
        impact: Impact::Exposure,
        targets: Targets::Only(&[Target::V1608, Target::V1608Gpu, Target::V1704]),
        source: "Leong et al. 2018, section III-E(1)",
        check: Check::View(|view, out| {
            if view.gateway().broker.as_ref().is_some_and(|broker| broker.password.is_none()) {
                out.report("the broker asks for no password", |finding| {
                    finding.at_key("gateway.broker", "").help("add `password = { file = \"secrets/redis\" }`")
                });
            }
        }),
    }
}
