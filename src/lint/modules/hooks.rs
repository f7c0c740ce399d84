//! MOD rules about scripts of modules.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::paths::is_or_lies_in;
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View};

rule! {
    /// A user hook lies where the container cannot see it.
    ///
    /// # What it checks
    /// `hooks.user` lies in `/opt/udiImage`, in the target of a file system of the site, or in one that the module itself adds.
    ///
    /// # Why is this bad
    /// The hook runs as the user, inside the finished container. A path of the host is not there any more, and every start with the
    /// module fails (manual 5.2.3).
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// hooks.user = "/usr/lib/shifter/init.sh"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// hooks.user = "/opt/udiImage/modules/mpich/bin/init.sh"
    /// ```
    pub(crate) static USERHOOK_HOST_PATH = {
        id: id("MOD016", "userhook-host-path", Error, Correctness),
        impact: Impact::OneStart,
        source: "manual 5.2.3",
        check: Check::View(userhook),
    }
}

fn userhook(view: &View<'_>, out: &mut Findings<'_>) {
    if !view.is_whole() {
        return;
    }
    let mounts = view.all_mounts();
    for module in view.modules() {
        let Some(hook) = module.table.hooks.as_ref().and_then(|hooks| hooks.user.as_ref()) else { continue };
        let mut own = mounts.iter().filter(|mount| mount.module.is_none_or(|name| name == module.name));
        let is_there = is_or_lies_in(hook.as_str(), "/opt/udiImage")
            || own.any(|mount| is_or_lies_in(hook.as_str(), mount.target));
        if !is_there {
            out.at(
                module.at().key("hooks").key("user"),
                format!("`{hook}` is a path of the host, and the hook runs in the container"),
                format!("put it below `copy_from` and write `{}/...`", module.directory()),
            );
        }
    }
}

rule! {
    /// Root runs a hook that users could have written.
    ///
    /// # What it checks
    /// `hooks.root` of a module does not lie in `/tmp`, `/var/tmp`, `/dev/shm`, or where `[storage]` says `users_write = true`.
    ///
    /// # Why is this bad
    /// Whoever can replace the script becomes root on every node (manual 5.2.3).
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// hooks.root = "/tmp/hook.sh"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// hooks.root = "/etc/shifter/hooks/mpich.sh"
    /// ```
    pub(crate) static ROOTHOOK_UNTRUSTED = {
        id: id("MOD017", "roothook-untrusted", Error, Security),
        impact: Impact::Exposure,
        source: "manual 5.2.3",
        check: Check::View(|view, out| {
            for module in view.modules() {
                let Some(hook) = module.table.hooks.as_ref().and_then(|hooks| hooks.root.as_ref()) else { continue };
                if let Some(place) = view.users_write_to(hook.as_str()) {
                    out.at(
                        module.at().key("hooks").key("root"),
                        format!("root runs `{hook}`, and users write in `{place}`"),
                        "keep the script where only root writes, as in `/etc/shifter`",
                    );
                }
            }
        }),
    }
}
