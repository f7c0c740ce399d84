//! GW rules about what the gateway's host and the nodes really have.

use std::collections::BTreeSet;

use crate::diagnostic::{Category::*, Severity::*};
use crate::facts::{Kind, Role};
use crate::lint::host::{Seen, each_host, each_of, listed};
use crate::lint::rule::{Fact, Impact, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

rule! {
    /// The gateway's user has another number on another host.
    ///
    /// # What it checks
    /// On the hosts that facts are known of, the user of the gateway and the owner of the images have one number, and `images.path` belongs to it everywhere it is seen.
    ///
    /// # Why is this bad
    /// Files on a shared file system belong to a number. Made by `useradd` on each host, the user of the gateway can be somebody else where the images are stored, or on the nodes that ask who owns
    /// them (Leong et al. 2018, section II-B).
    ///
    /// # Bad
    /// ```json facts.json
    /// { "host": "gw1", "users": { "shifter": 500 } }
    /// ```
    /// ```json facts.json
    /// { "host": "nid1", "users": { "shifter": 1201 } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "host": "gw1", "users": { "shifter": 500 } }
    /// ```
    /// ```json facts.json
    /// { "host": "nid1", "users": { "shifter": 500 } }
    /// ```
    pub(crate) static USER_NOT_SHARED = {
        id: id("GW012", "user-not-shared", Warn, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "Leong et al. 2018, section II-B(4)",
        // Hosts of every class are compared, so it is asked once.
        check: Check::View(|view, out| if view.class.is_none() { user_not_shared(view, out) }),
    }
}

fn user_not_shared(view: &View<'_>, out: &mut Findings<'_>) {
    let user = view.gateway().user.as_ref().map_or("shifter", |user| user.as_str());
    let all = view.context.facts;
    let known: Vec<(&str, u32)> =
        all.iter().filter_map(|facts| Some((facts.host.as_str(), facts.users.get(user).copied()??))).collect();
    let numbers: BTreeSet<u32> = known.iter().map(|(_, number)| *number).collect();
    if numbers.len() > 1 {
        let of = |number: &u32| {
            let hosts: Vec<&str> = known.iter().filter(|(_, other)| other == number).map(|(host, _)| *host).collect();
            format!("{number} on {}", listed(&hosts))
        };
        let said: Vec<String> = numbers.iter().map(of).collect();
        let help = "give the user one number everywhere, as LDAP does";
        out.at("gateway.user", format!("`{user}` has number {}", said.join(", and ")), help);
    }
}

rule! {
    /// The gateway cannot make its directories.
    ///
    /// # What it checks
    /// On hosts of the gateway that facts are known of, the directory that holds `gateway.cache_dir` and the one that holds `gateway.expand_dir` are there.
    ///
    /// # Why is this bad
    /// The original makes one level only (`os.mkdir`), and does not start without the level above.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "host": "gw1", "paths": { "/var/lib/shifter": { "kind": "absent" }, "/var/lib/shifter/expand": { "kind": "absent" } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "host": "gw1", "paths": { "/var/lib/shifter": { "kind": "directory" }, "/var/lib/shifter/expand": { "kind": "absent" } } }
    /// ```
    ///
    /// # No fix
    /// Directories are made on the gateway's host, not in the profile.
    pub(crate) static CACHE_PARENT_MISSING = {
        id: id("GW019", "cache-parent-missing", Error, Correctness),
        impact: Impact::EveryStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        source: "imageworker.py (os.mkdir)",
        check: Check::View(|view, out| each_of(&view.gateway_hosts(), out, |facts, seen| {
            for directory in view.named_as(Role::GatewayDir) {
                let Some((parent, _)) = directory.path.rsplit_once('/').filter(|(parent, _)| !parent.is_empty()) else { continue };
                if facts.lacks(parent) {
                    let message = format!("`{parent}` is not there, and the gateway makes one level only");
                    seen.push(Seen::new(directory.key.clone(), message, format!("make `{parent}`, owned by the gateway's user")));
                }
            }
        })),
    }
}

rule! {
    /// Images can be imported, and the program that names them is missing.
    ///
    /// # What it checks
    /// With `gateway.import_users`, hosts of the gateway that facts are known of have `fasthash`.
    ///
    /// # Why is this bad
    /// The original gives an imported image the name that fasthash prints (manual 6.7.3). Every import fails without it.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// import_users = ["alice"]
    /// ```
    /// ```json facts.json
    /// { "host": "gw1", "tools": { "fasthash": null } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// import_users = ["alice"]
    /// ```
    /// ```json facts.json
    /// { "host": "gw1", "tools": { "fasthash": { "path": "/usr/local/bin/fasthash" } } }
    /// ```
    pub(crate) static IMPORT_TOOL_MISSING = {
        id: id("GW034", "import-tool-missing", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Only(&[Target::V1803, Target::Master]),
        needs: &[Fact::Host],
        source: "manual 6.7.3",
        check: Check::View(|view, out| {
            if view.gateway().import_users.is_none() {
                return;
            }
            each_of(&view.gateway_hosts(), out, |facts, seen| {
                if facts.tools.get("fasthash") == Some(&None) {
                    let help = "install fasthash on the gateway's search path";
                    seen.push(Seen::new("gateway.import_users", "there is no fasthash for imports", help));
                }
            });
        }),
    }
}

rule! {
    /// The modules of the gateway's Python are for another Python.
    ///
    /// # What it checks
    /// On hosts of the gateway that facts are known of, the directories `lib/pythonX.Y` in `gateway.python` are for the version of its interpreter.
    ///
    /// # Why is this bad
    /// The interpreter looks for modules in the directory of its own version alone. What is installed for another is not found, or, with compiled modules, does not load (L39 has python2.6 beside 2.7).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// python = "/opt/shifter/venv"
    /// ```
    /// ```json facts.json
    /// { "host": "gw1", "python": { "version": "2.7", "modules": ["2.6"] } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// python = "/opt/shifter/venv"
    /// ```
    /// ```json facts.json
    /// { "host": "gw1", "python": { "version": "2.7", "modules": ["2.7"] } }
    /// ```
    pub(crate) static PYTHON_MISMATCH = {
        id: id("GW038", "python-mismatch", Warn, Correctness),
        impact: Impact::EveryStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        source: "L39",
        check: Check::View(|view, out| each_of(&view.gateway_hosts(), out, |facts, seen| {
            let Some(python) = facts.python.as_ref().filter(|_| view.gateway().python.is_some()) else { return };
            let Some(version) = &python.version else { return };
            let others: Vec<&str> = python.modules.iter().filter(|other| *other != version).map(String::as_str).collect();
            if !others.is_empty() {
                let message = format!("the interpreter is Python {version}, and there are modules for {}", others.join(", "));
                seen.push(Seen::new("gateway.python", message, "make the environment anew with this interpreter"));
            }
        })),
    }
}

rule! {
    /// The clock of a host is wrong.
    ///
    /// # What it checks
    /// The clocks of hosts that facts are known of are at most 60 s (`[lint.thresholds]` GW042, in seconds) away from their source.
    ///
    /// # Why is this bad
    /// A munge credential holds for 300 s from the moment its host writes into it, and not before it (munge(7)). With clocks apart, the gateway refuses requests of some nodes, some of the time.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "clock": { "offset_ms": -190000 } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "clock": { "offset_ms": 3 } }
    /// ```
    pub(crate) static CLOCK_SKEW = {
        id: id("GW042", "clock-skew", Warn, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "munge(7); chronyc(1)",
        check: Check::View(|view, out| {
            let most = out.threshold(60.0);
            each_host(view, out, |facts, seen| {
                let offset = facts.clock.as_ref().map_or(0, |clock| clock.offset_ms);
                #[expect(clippy::cast_precision_loss, reason = "an offset of days needs no precision")]
                let seconds = offset as f64 / 1000.0;
                if seconds.abs() > most {
                    let way = if offset > 0 { "ahead" } else { "behind" };
                    let message = format!("the clock is {:.0} s {way}", seconds.abs());
                    seen.push(Seen::new("site", message, "let chrony or ntpd set it"));
                }
            });
        }),
    }
}

rule! {
    /// A node does not reach an endpoint of the gateway.
    ///
    /// # What it checks
    /// Every endpoint that was asked when facts were gathered (`--probe-gateway`) answered as an image gateway does.
    ///
    /// # Why is this bad
    /// Clients wait for the timeout and go on to the next endpoint. Without one that answers nobody pulls or looks up an image.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "gateway": { "http://gw1:5000": { "reachable": false, "complaint": "connection refused" } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "gateway": { "http://gw1:5000": { "reachable": true } } }
    /// ```
    pub(crate) static GATEWAY_UNREACHABLE = {
        id: id("GW043", "gateway-unreachable", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "shifterimg.c, the loop over imageGateway",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            let endpoints = view.gateway().endpoints.iter().enumerate();
            for (n, endpoint) in endpoints {
                let Some(answer) = facts.gateway.get(&endpoint.to_string()).filter(|answer| !answer.reachable) else { continue };
                let why = answer.complaint.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
                let at = crate::diagnostic::KeyPath::from("gateway.endpoints").index(n);
                seen.push(Seen::new(at, format!("`{endpoint}` does not answer{why}"), "start the gateway, or open the way to it"));
            }
        })),
    }
}

rule! {
    /// munge does not work on a node.
    ///
    /// # What it checks
    /// On nodes that facts are known of, unmunge(1) could read what munge(1) had made, unless the gateway's only way in is a Unix socket.
    ///
    /// # Why is this bad
    /// Clients prove with munge who they are. The gateway refuses a request without a credential.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "munge": { "round_trip": false, "complaint": "Failed to connect to \"/run/munge/munge.socket.2\"" } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "munge": { "round_trip": true } }
    /// ```
    pub(crate) static MUNGE_ROUND_TRIP = {
        id: id("GW044", "munge-round-trip", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "munge(7)",
        check: Check::View(|view, out| {
            let endpoints = &view.gateway().endpoints;
            let is_local = !endpoints.is_empty() && endpoints.iter().all(|url| url.scheme().as_deref() == Some("unix"));
            if view.gateway().authentication.as_deref() == Some("mock") || is_local {
                return;
            }
            each_host(view, out, |facts, seen| {
                let Some(munge) = facts.munge.as_ref().filter(|munge| munge.round_trip == Some(false)) else { return };
                let why = munge.complaint.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
                seen.push(Seen::new("gateway.munge_socket", format!("munge does not work{why}"), "start munged and compare its key with the gateway's"));
            });
        }),
    }
}

rule! {
    /// A socket, program or file that the gateway needs is not there.
    ///
    /// # What it checks
    /// On hosts of the gateway that facts are known of, `gateway.munge_socket`, `policy_file`, `python` and `examiner` are there.
    ///
    /// # Why is this bad
    /// The gateway starts and refuses requests, or does not start.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "host": "gw1", "paths": { "/run/munge/munge.socket.2": { "kind": "absent" } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "host": "gw1", "paths": { "/run/munge/munge.socket.2": { "kind": "socket" } } }
    /// ```
    pub(crate) static SERVICE_FILE_MISSING = {
        id: id("GW045", "service-file-missing", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "manual 4.2",
        check: Check::View(|view, out| each_of(&view.gateway_hosts(), out, |facts, seen| {
            for file in view.named_as(Role::Service) {
                if facts.path(&file.path).is_some_and(|found| matches!(found.kind, Kind::Absent | Kind::Dangling)) {
                    let message = format!("`{}` is not there", file.path);
                    seen.push(Seen::new(file.key.clone(), message, "install or start what it belongs to, or name the right place"));
                }
            }
        })),
    }
}
