//! REG rules about what the gateway's host really has.

use crate::diagnostic::{Category::*, Severity::*};
use crate::facts::{Kind, Role};
use crate::lint::Check;
use crate::lint::host::{Seen, each_of};
use crate::lint::rule::{Fact, Impact, id, rule};

rule! {
    /// The certificates that a registry is to be checked with are not there.
    ///
    /// # What it checks
    /// On hosts of the gateway that facts are known of, `ca_certificate` of every registry is a file.
    ///
    /// # Why is this bad
    /// The gateway cannot tell the registry from somebody else's, and every pull from it fails.
    ///
    /// # Bad
    /// ```toml
    /// [registry."harbor.site"]
    /// ca_certificate = "/etc/pki/harbor.pem"
    /// ```
    /// ```json facts.json
    /// { "host": "gw1", "paths": { "/etc/pki/harbor.pem": { "kind": "absent" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [registry."harbor.site"]
    /// ca_certificate = "/etc/pki/harbor.pem"
    /// ```
    /// ```json facts.json
    /// { "host": "gw1", "paths": { "/etc/pki/harbor.pem": { "kind": "file" } } }
    /// ```
    pub(crate) static CA_MISSING = {
        id: id("REG006", "ca-missing", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "_get_cacert in imageworker.py",
        check: Check::View(|view, out| each_of(&view.gateway_hosts(), out, |facts, seen| {
            for file in view.named_as(Role::Certificate) {
                let wrong = match facts.path(&file.path).map(|found| found.kind) {
                    None | Some(Kind::File | Kind::Unknown) => continue,
                    Some(Kind::Absent | Kind::Dangling) => "is not there",
                    Some(_) => "is no file",
                };
                let message = format!("`{}` {wrong}", file.path);
                seen.push(Seen::new(file.key.clone(), message, "put the authority's certificates there, as PEM"));
            }
        })),
    }
}
