//! HOOK rules about what nodes really have: the scripts that root runs.

use crate::diagnostic::{Category::*, Severity::*};
use crate::facts::{Facts, Kind, Role};
use crate::lint::host::{Seen, each_host};
use crate::lint::rt::host::weak;
use crate::lint::rule::{Fact, Impact, id, rule};
use crate::lint::{Check, View};

rule! {
    /// Others than root can change a script that root runs.
    ///
    /// # What it checks
    /// On nodes that facts are known of, every hook of the runtime and every root hook of a module belongs to root, as do the directories above it, and neither group nor others may write there.
    ///
    /// # Why is this bad
    /// Root runs the script while it builds a container (manual 5.2). Who can write it is root on every node.
    ///
    /// # Bad
    /// ```toml
    /// [module.gpu]
    /// hooks.root = "/opt/hooks/gpu.sh"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/hooks/gpu.sh": { "kind": "file", "uid": 500, "owner": "shifter", "mode": "0775", "size": 90 } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.gpu]
    /// hooks.root = "/opt/hooks/gpu.sh"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/hooks/gpu.sh": { "kind": "file", "uid": 0, "owner": "root", "mode": "0755", "size": 90 } } }
    /// ```
    ///
    /// # No fix
    /// Owner and mode are the file's on the node: `--fix` changes profiles and the scripts beside them. `apply` installs what is rendered with both.
    pub(crate) static HOOK_OWNER = {
        id: id("HOOK001", "hook-owner", Error, Security),
        impact: Impact::Exposure,
        needs: &[Fact::Host],
        source: "manual 5.2 sitePreMountHook",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            for hook in view.named_as(Role::Hook) {
                seen.extend(weak(facts, &hook.path).map(|what| {
                    let message = format!("others than root can change `{}`: {what}", hook.path);
                    Seen::new(hook.key.clone(), message, "give it to root with mode 0755, and the directories above it too")
                }));
            }
        })),
    }
}

rule! {
    /// A script that root is to run is not on a node, or is empty there.
    ///
    /// # What it checks
    /// On nodes that facts are known of, every root hook of a module is a file with something in it. So are the hooks that this tool renders, where `udiRoot.conf` is installed.
    ///
    /// # Why is this bad
    /// The shell cannot open the script, and no container starts. An empty one does nothing, without a message.
    ///
    /// # Bad
    /// ```toml
    /// [module.gpu]
    /// hooks.root = "/opt/hooks/gpu.sh"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/hooks/gpu.sh": { "kind": "absent" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.gpu]
    /// hooks.root = "/opt/hooks/gpu.sh"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/hooks/gpu.sh": { "kind": "file", "uid": 0, "mode": "0755", "size": 90 } } }
    /// ```
    pub(crate) static HOOK_NOT_INSTALLED = {
        id: id("HOOK030", "hook-not-installed", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "manual 5.2 sitePreMountHook, 5.2.3",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            for hook in view.named_as(Role::Hook) {
                let is_rendered = hook.key.segments().first().is_some_and(|table| table == "hooks");
                if is_rendered && !is_installed(view, facts) {
                    continue;
                }
                let message = match facts.path(&hook.path).map(|found| (found.kind, found.size)) {
                    Some((Kind::Absent | Kind::Dangling, _)) => format!("`{}` is not there", hook.path),
                    Some((Kind::File, Some(0))) => format!("`{}` is empty", hook.path),
                    Some((Kind::Directory, _)) => format!("`{}` is a directory", hook.path),
                    _ => continue,
                };
                seen.push(Seen::new(hook.key.clone(), message, "install the script, root-owned with mode 0755"));
            }
        })),
    }
}

/// Whether the site's files are installed on the node already.
fn is_installed(view: &View<'_>, facts: &Facts) -> bool {
    view.named_as(Role::UdiRoot).any(|conf| facts.path(&conf.path).is_some_and(crate::facts::Path::is_there))
}
