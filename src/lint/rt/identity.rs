//! RT rules about users and groups in containers.

use crate::capacity::{self, shape::Shape, shape::is_answered_on_the_node};
use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Fact, Impact, Repair, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::scalar::Name;
use crate::target::Target;

/// Nodes that get a connection to any directory service all at once; nobody need simulate them.
const ALWAYS_BORNE: u32 = 256;

rule! {
    /// The container's ssh daemon cannot give users that many groups.
    ///
    /// # What it checks
    /// `runtime.max_groups` is at most 31 where `wlm.sshd` is enabled.
    ///
    /// # Why is this bad
    /// The ssh daemon that the original puts into containers refuses a login with more than 31 groups (manual 5.2).
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// max_groups = 64
    ///
    /// [wlm.sshd]
    /// enable = true
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// max_groups = 31
    ///
    /// [wlm.sshd]
    /// enable = true
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes 31.
    pub(crate) static MAX_GROUPS_WITH_SSHD = {
        id: id("RT010", "max-groups-with-sshd", Warn, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        fix: Repair::Safe,
        source: "manual 5.2 maxGroupCount",
        check: Check::View(|view, out| {
            if view.has_sshd() && view.runtime().max_groups.is_some_and(|groups| groups > 31) {
                out.report("the container's ssh daemon takes 31 groups at most", |finding| {
                    finding
                        .at("runtime.max_groups", "more than that")
                        .also("wlm.sshd.enable", "enabled here")
                        .help("write 31")
                        .fix(at_most_31())
                });
            }
        }),
    }
}

rule! {
    /// Users have none of their groups in containers.
    ///
    /// # What it checks
    /// `runtime.max_groups` is not 0.
    ///
    /// # Why is this bad
    /// A comment of the original's example says that 0 means no limit. The code writes no membership at all, and files of a
    /// project cannot be read in containers.
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// max_groups = 0
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// max_groups = 31
    /// ```
    ///
    /// # Fix
    /// `--fix` writes 31.
    pub(crate) static MAX_GROUPS_ZERO = {
        id: id("RT011", "max-groups-zero", Error, Correctness),
        fix: Repair::Safe,
        source: "filterEtcGroup in shifter_core.c",
        check: Check::View(|view, out| {
            if view.runtime().max_groups == Some(0) {
                out.report("0 does not mean all groups but none", |finding| {
                    finding.at("runtime.max_groups", "").help("write 31").fix(at_most_31())
                });
            }
        }),
    }
}

fn at_most_31() -> Fix {
    Fix::safe("allow 31 groups", vec![Edit::set("runtime.max_groups", 31_i64)])
}

rule! {
    /// The start of a large job asks the directory service from all nodes at once.
    ///
    /// # What it checks
    /// Jobs of more nodes than the directory service bears seed the name service cache (`wlm.nscd.preseed`), have `identity.source`
    /// `sssd` or `nss_slurm`, or look users up at submission (`identity.resolve_at`). What it bears is simulated as `shifter-site
    /// capacity` does it: 700 nodes with `wlm.setup_root`; without, about 2000, which one gateway lets through one after the other. More
    /// nodes need several gateways, and those let them through too fast. A number under `RT012` in `[lint.thresholds]` replaces the
    /// limit.
    ///
    /// # Why is this bad
    /// The original asks for the user's groups through the C library on every node, whatever `etc.path` holds. On Blue Waters
    /// LDAP did not keep up beyond these numbers (Leong et al. 2018, section V).
    ///
    /// # Bad
    /// ```toml
    /// [scale]
    /// nodes_per_job = 4096
    ///
    /// [gateway]
    /// endpoints = ["http://gw1:5000", "http://gw2:5000", "http://gw3:5000"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [scale]
    /// nodes_per_job = 4096
    ///
    /// [gateway]
    /// endpoints = ["http://gw1:5000", "http://gw2:5000", "http://gw3:5000"]
    ///
    /// [wlm.nscd]
    /// preseed = ["passwd", "group"]
    /// ttl = "24h"
    /// ```
    pub(crate) static IDENTITY_STORM = {
        id: id("RT012", "identity-storm", Warn, Scale),
        impact: Impact::Slow,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Scale],
        source: "Leong et al. 2018, section V; shifter_core.c line 2465",
        check: Check::View(identity_storm),
    }
}

fn identity_storm(view: &View<'_>, out: &mut Findings<'_>) {
    if is_answered_on_the_node(view.profile) {
        return;
    }
    let nodes = view.nodes_per_job();
    let usual = if nodes > ALWAYS_BORNE {
        capacity::borne_by_the_directory(&Shape::of(view.profile, view.target.unwrap_or(Target::V1803)), nodes)
    } else {
        ALWAYS_BORNE
    };
    if f64::from(nodes) > out.threshold(f64::from(usual)) {
        out.at(
            "scale.nodes_per_job",
            format!("{nodes} nodes ask the directory service at once"),
            "seed the name service cache with `wlm.nscd.preseed`, or use sssd or nss_slurm and say so in `[identity]`",
        );
    }
}

rule! {
    /// `/etc` is to be made for each user, and the original has no way to look the user up.
    ///
    /// # What it checks
    /// With the original software, `populate_etc = "dynamic"` comes with `libc_passwd_calls = true`.
    ///
    /// # Why is this bad
    /// The dynamic files are made from the C library's answers, which the original asks for only with this key
    /// (udiRoot.conf.example of 18.03).
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// populate_etc = "dynamic"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// populate_etc = "dynamic"
    /// libc_passwd_calls = true
    /// ```
    ///
    /// # Fix
    /// `--fix` sets `libc_passwd_calls`.
    pub(crate) static DYNAMIC_ETC_NEEDS_LIBC = {
        id: id("RT013", "dynamic-etc-needs-libc", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        fix: Repair::Safe,
        source: "udiRoot.conf.example of 18.03",
        check: Check::View(|view, out| {
            if view.has_dynamic_etc() && view.runtime().libc_passwd_calls != Some(true) {
                out.report("`populate_etc = \"dynamic\"` looks users up through the C library, which is not allowed", |finding| {
                    finding
                        .at("runtime.populate_etc", "")
                        .help("write `libc_passwd_calls = true` beside it")
                        .fix(Fix::safe("allow it", vec![Edit::set("runtime.libc_passwd_calls", true)]))
                });
            }
        }),
    }
}

rule! {
    /// Users are named who are never written.
    ///
    /// # What it checks
    /// `runtime.import_users` comes with `populate_etc = "dynamic"`.
    ///
    /// # Why is this bad
    /// The list is read only when passwd is made at each start. With static files it has no effect.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "master"
    ///
    /// [runtime]
    /// import_users = ["sshd"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "master"
    ///
    /// [runtime]
    /// import_users = ["sshd"]
    /// populate_etc = "dynamic"
    /// libc_passwd_calls = true
    /// ```
    pub(crate) static IMPORT_USERS_IGNORED = {
        id: id("RT014", "import-users-ignored", Warn, Correctness),
        source: "prepareSiteModifications in shifter_core.c of 2019",
        check: Check::View(|view, out| {
            if !view.runtime().import_users.is_empty() && !view.has_dynamic_etc() {
                out.at(
                    "runtime.import_users",
                    "the list is read only with `populate_etc = \"dynamic\"`",
                    "set that, or put the users into `etc.path`/passwd",
                );
            }
        }),
    }
}

rule! {
    /// The container's ssh daemon runs as a user whom the container does not know.
    ///
    /// # What it checks
    /// Where `wlm.sshd` is enabled and `populate_etc` is `"dynamic"`, `runtime.import_users` holds `sshd`.
    ///
    /// # Why is this bad
    /// The daemon separates its privileges into the user `sshd` and does not start without one (sshd(8)).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "master"
    ///
    /// [runtime]
    /// populate_etc = "dynamic"
    /// libc_passwd_calls = true
    ///
    /// [wlm.sshd]
    /// enable = true
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "master"
    ///
    /// [runtime]
    /// populate_etc = "dynamic"
    /// libc_passwd_calls = true
    /// import_users = ["sshd"]
    ///
    /// [wlm.sshd]
    /// enable = true
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    ///
    /// # Fix
    /// `--fix` adds the user.
    pub(crate) static SSHD_USER_MISSING = {
        id: id("RT015", "sshd-user-missing", Warn, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Only(&[Target::Master]),
        fix: Repair::Safe,
        source: "udiRoot.conf.example of 2019; sshd(8)",
        check: Check::View(|view, out| {
            let users = &view.runtime().import_users;
            if view.has_sshd() && view.has_dynamic_etc() && !users.iter().any(|user| user.as_str() == "sshd") {
                let all: Vec<&str> = users.iter().map(Name::as_str).chain(["sshd"]).collect();
                let at = KeyPath::from("runtime.import_users");
                out.report("the ssh daemon's user is not in the passwd of containers", |finding| {
                    finding
                        .at("wlm.sshd.enable", "runs as `sshd`")
                        .help("add `sshd` to `runtime.import_users`")
                        .fix(Fix::safe("import it", vec![Edit::set(at, all)]))
                });
            }
        }),
    }
}
