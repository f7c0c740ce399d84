//! SEC rules about secrets. A profile holds references; no rule ever sees a value.

use crate::diagnostic::{Category::*, KeyPath, Severity::*, structural};
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::{document::uri_password, section::secret::Secret};

rule! {
    /// A secret stands in the profile itself.
    ///
    /// # What it checks
    /// Passwords, keys and credentials are references: `{ file = ... }`, `{ env = ... }`, `{ sops = ..., key = ... }` or `{ command = ... }`.
    /// The addresses of the database and the broker hold no password either.
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
        check: Check::View(password_in_address),
    }
}

fn password_in_address(view: &View<'_>, out: &mut Findings<'_>) {
    let gateway = view.gateway();
    let database = gateway.database.as_ref().and_then(|database| database.uri.as_ref());
    let broker = gateway.broker.as_ref().and_then(|broker| broker.uri.as_ref());
    for (table, uri) in [("gateway.database", database), ("gateway.broker", broker)] {
        if uri.is_some_and(|uri| uri_password(uri.as_str()).is_some()) {
            let help = format!("take it out of the address, and refer to it by `{table}.password`");
            out.at(format!("{table}.uri").as_str(), format!("`{table}.uri` holds a password"), help);
        }
    }
}

rule! {
    /// Two accounts have the same secret.
    ///
    /// # What it checks
    /// No reference to a secret is used for two accounts.
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
    let secrets = every_secret(view);
    for (n, (at, secret)) in secrets.iter().enumerate() {
        if let Some((first, _)) = secrets[..n].iter().find(|(_, first)| first == secret) {
            out.report(format!("the secret `{}` opens two accounts", secret.name()), |finding| {
                finding.at(at.clone(), "").also(first.clone(), "the same").help("give each account a secret of its own")
            });
        }
    }
}

/// Every reference to a secret of an account, with its key.
fn every_secret<'a>(view: &View<'a>) -> Vec<(KeyPath, &'a Secret)> {
    let gateway = view.gateway();
    let database = gateway.database.as_ref();
    let admin = database.and_then(|database| database.admin.as_ref());
    let mut found: Vec<(KeyPath, &'a Secret)> = Vec::new();
    let mut add = |at: KeyPath, secret: Option<&'a Secret>| found.extend(secret.map(|secret| (at, secret)));
    add("gateway.database.password".into(), database.and_then(|database| database.password.as_ref()));
    add("gateway.database.admin.password".into(), admin.and_then(|admin| admin.password.as_ref()));
    add("gateway.broker.password".into(), gateway.broker.as_ref().and_then(|broker| broker.password.as_ref()));
    add("gateway.ssh.key".into(), gateway.ssh.as_ref().and_then(|ssh| ssh.key.as_ref()));
    for (name, registry) in &view.profile.registry {
        add(KeyPath::from(["registry", name.as_str(), "credential"]), registry.credential.as_ref());
    }
    for (name, platform) in &view.profile.platform {
        let at = KeyPath::from(["platform", name.as_str()]);
        add(at.clone().key("munge").key("key"), platform.munge.as_ref().and_then(|munge| munge.key.as_ref()));
        add(at.key("ssh").key("key"), platform.ssh.as_ref().and_then(|ssh| ssh.key.as_ref()));
    }
    found
}
