//! ENV rules about the values of variables.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::lint::{Check, View};
use crate::target::Target;

rule! {
    /// A value has a blank, and the original cuts it there.
    ///
    /// # What it checks
    /// No value has blanks or tabs.
    ///
    /// # Why is this bad
    /// The original separates the entries of siteEnv at blanks and reads no quotes: `B="x y"` gives the two entries `B="x` and
    /// `y"`. The native runtime keeps the value whole.
    ///
    /// # Bad
    /// ```toml
    /// [env.set]
    /// SITE_BANNER = "Blue Waters"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.set]
    /// SITE_BANNER = "BlueWaters"
    /// ```
    pub(crate) static ENV_WHITESPACE = {
        id: id("ENV001", "env-whitespace", Error, Compatibility),
        targets: Targets::Except(&[Target::Native]),
        source: "manual 5.2.1; run against 16.08.3 and 18.03",
        check: Check::View(|view, out| {
            each_value(view, |at, name, value| {
                if value.contains([' ', '\t']) {
                    out.at(
                        at,
                        format!("the value of `{name}` is cut at the blank"),
                        "write it without blanks, or let a start-up file of the image set it",
                    );
                }
            });
        }),
    }
}

rule! {
    /// A value names a variable, and nobody puts its value there.
    ///
    /// # What it checks
    /// No value has `$` before a letter, `_` or `{`.
    ///
    /// # Why is this bad
    /// The runtime hands values on as they are (setenv(3)). Programs see the dollar sign.
    ///
    /// # Bad
    /// ```toml
    /// [env.append]
    /// MODULEPATH = ["$HOME/modules"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.append]
    /// MODULEPATH = ["/usr/share/modulefiles"]
    /// ```
    pub(crate) static ENV_LITERAL_DOLLAR = {
        id: id("ENV008", "env-literal-dollar", Warn, Correctness),
        source: "setenv(3); shifter_core.c",
        check: Check::View(|view, out| {
            each_value(view, |at, name, value| {
                if names_a_variable(value) {
                    out.at(at, format!("`{value}` stands in `{name}` as it is: nothing is put in for `$`"), "write the value itself");
                }
            });
        }),
    }
}

fn names_a_variable(value: &str) -> bool {
    let mut pairs = value.chars().zip(value.chars().skip(1));
    pairs.any(|(c, next)| c == '$' && (next.is_ascii_alphabetic() || next == '_' || next == '{'))
}

rule! {
    /// A value is in quotes that stay.
    ///
    /// # What it checks
    /// No value begins and ends with the same quote character.
    ///
    /// # Why is this bad
    /// No shell reads the value. The quotes become part of it (run against 16.08.3 and 18.03).
    ///
    /// # Bad
    /// ```toml
    /// [env.set]
    /// SITE_NAME = "'bluewaters'"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.set]
    /// SITE_NAME = "bluewaters"
    /// ```
    ///
    /// # Fix
    /// `--fix` takes the quotes away.
    pub(crate) static ENV_LITERAL_QUOTE = {
        id: id("ENV009", "env-literal-quote", Warn, Correctness),
        fix: Repair::Safe,
        source: "run against 16.08.3 and 18.03",
        check: Check::View(|view, out| {
            each_value(view, |at, name, value| {
                let Some(inner) = unquoted(value) else { return };
                out.report(format!("the quotes stay in the value of `{name}`"), |finding| {
                    finding
                        .at(at.clone(), "")
                        .help(format!("write `{inner}`"))
                        .fix(Fix::safe("take the quotes away", vec![Edit::set(at, inner)]))
                });
            });
        }),
    }
}

fn unquoted(value: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}

rule! {
    /// A value looks like a secret, and everybody can read udiRoot.conf.
    ///
    /// # What it checks
    /// No variable has `PASSWORD`, `PASSWD`, `SECRET`, `TOKEN`, `APIKEY`, `API_KEY`, `PRIVATE_KEY` or `CREDENTIAL` as words of its
    /// name, unless its value is a path, a number or empty.
    ///
    /// # Why is this bad
    /// udiRoot.conf is world-readable, because the users' client reads it; so is the environment of every container.
    ///
    /// # Bad
    /// ```toml
    /// [env.set]
    /// REGISTRY_TOKEN = "hf8sWk2pQz"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.set]
    /// REGISTRY_TOKEN_FILE = "/home/shared/token"
    /// ```
    pub(crate) static ENV_SECRET = {
        id: id("ENV011", "env-secret", Error, Security),
        impact: Impact::Exposure,
        source: "manual 7",
        check: Check::View(|view, out| {
            each_value(view, |at, name, value| {
                if sounds_secret(name) && !is_harmless(value) {
                    out.at(
                        at,
                        format!("`{name}` looks like a secret, and everybody can read it"),
                        "put it into a file that only its users can read, and give the path",
                    );
                }
            });
        }),
    }
}

const SECRET_WORDS: [&str; 8] =
    ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY", "API_KEY", "PRIVATE_KEY", "CREDENTIAL"];

fn sounds_secret(name: &str) -> bool {
    let name = format!("_{}_", name.to_ascii_uppercase());
    SECRET_WORDS.iter().any(|word| name.contains(&format!("_{word}_")))
}

fn is_harmless(value: &str) -> bool {
    value.starts_with('/') || value.chars().all(|c| c.is_ascii_digit())
}

rule! {
    /// Containers are to have the site's proxy, and none is told.
    ///
    /// # What it checks
    /// Where `env.proxy`, of the site or of a module, is `"site"`, `gateway.proxy` has `http` or `https`.
    ///
    /// # Why is this bad
    /// No variable is set, and programs in containers wait for servers that they cannot reach.
    ///
    /// # Bad
    /// ```toml
    /// [env]
    /// proxy = "site"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env]
    /// proxy = "site"
    ///
    /// [gateway.proxy]
    /// https = "http://proxy:3128"
    /// ```
    pub(crate) static ENV_PROXY_UNTOLD = {
        id: id("ENV015", "env-proxy-untold", Warn, Correctness),
        impact: Impact::Silent,
        source: "env.proxy in docs/reference/env.md",
        check: Check::View(|view, out| {
            if view.gateway().proxy.as_ref().is_some_and(|proxy| proxy.http.is_some() || proxy.https.is_some()) {
                return;
            }
            for at in view.environments().iter().filter_map(super::reading::Environment::wants_proxy) {
                out.at(at, "no proxy is told, and none is set", "write `gateway.proxy.https`, or take the key out");
            }
        }),
    }
}

/// Calls `judge` for every value of `set`, `prepend` and `append`, of the site and its modules.
fn each_value(view: &View<'_>, mut judge: impl FnMut(KeyPath, &str, &str)) {
    for env in view.environments() {
        for (at, name, value) in env.values() {
            judge(at, name, &value);
        }
    }
}
