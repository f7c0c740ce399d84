//! HOOK rules about where a script lies.

use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View};

rule! {
    /// Root runs a script that users could have written.
    ///
    /// # What it checks
    /// The paths of the premount and postmount scripts do not lie in `/tmp`, `/var/tmp`, `/dev/shm`, or where `[storage]` says
    /// `users_write = true` or `root_squash = true`.
    ///
    /// # Why is this bad
    /// Whoever can replace the script, or a directory above it, becomes root on every node. On an export that squashes root nobody can say who owns it.
    ///
    /// # Bad
    /// ```toml
    /// [hooks.premount]
    /// path = "/tmp/premount.sh"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount]
    /// path = "/etc/shifter/premount.sh"
    /// ```
    pub(crate) static HOOK_SHARED_FS = {
        id: id("HOOK011", "hook-shared-fs", Error, Security),
        impact: Impact::Exposure,
        source: "manual 5.2 sitePreMountHook",
        check: Check::View(shared_fs),
    }
}

fn shared_fs(view: &View<'_>, out: &mut Findings<'_>) {
    let hooks = view.hooks();
    for (name, hook) in [("premount", &hooks.premount), ("postmount", &hooks.postmount)] {
        let Some(path) = hook.as_ref().and_then(|hook| hook.path.as_ref()) else { continue };
        let squashed = view.storage_of(path.as_str()).filter(|storage| storage.facts.root_squash == Some(true));
        let squashed = squashed.map(|storage| storage.place.to_owned());
        if let Some(place) = view.users_write_to(path.as_str()).or(squashed) {
            out.at(
                KeyPath::from(["hooks", name, "path"]),
                format!("root runs `{path}`, and does not rule over `{place}`"),
                "keep the script where only root writes, as in `/etc/shifter`",
            );
        }
    }
}
