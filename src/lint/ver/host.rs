//! VER rules about what nodes really have: kernels, and what the profile says of a class.

use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::facts::Role;
use crate::lint::Check;
use crate::lint::host::{Seen, each_host};
use crate::lint::rule::{Fact, Impact, Targets, id, rule};
use crate::target::Target;

rule! {
    /// The kernel of a node lacks a call that the native runtime makes.
    ///
    /// # What it checks
    /// On nodes that facts are known of and that run containers with the native runtime, the kernel has openat2(2), open_tree(2), move_mount(2), fsopen(2), mount_setattr(2), close_range(2) and `LOOP_CONFIGURE`.
    ///
    /// # Why is this bad
    /// The runtime says which call is missing and starts nothing.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    /// os = "el9"
    /// ```
    /// ```json facts.json
    /// { "kernel": { "release": "4.18.0-553.el8.x86_64", "calls": { "openat2": true, "mount_setattr": false } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    /// os = "el9"
    /// ```
    /// ```json facts.json
    /// { "kernel": { "release": "5.14.0-503.el9.x86_64", "calls": { "openat2": true, "mount_setattr": true } } }
    /// ```
    pub(crate) static KERNEL_CALL_MISSING = {
        id: id("VER016", "kernel-call-missing", Error, Compatibility),
        impact: Impact::EveryStart,
        targets: Targets::Only(&[Target::Native]),
        needs: &[Fact::Host],
        source: "mount_setattr(2), openat2(2), loop(4)",
        check: Check::View(|view, out| {
            if view.named_as(Role::UdiRoot).next().is_none() {
                return;
            }
            each_host(view, out, |facts, seen| {
                let missing: Vec<&str> = facts.kernel.calls.iter().filter(|(_, has)| !**has).map(|(name, _)| name.as_str()).collect();
                if !missing.is_empty() {
                    let release = facts.kernel.release.as_deref().unwrap_or("the kernel");
                    let message = format!("{release} lacks {}", missing.join(", "));
                    seen.push(Seen::new("target.shifter", message, "update these nodes to Linux 5.14 or later, or keep the original there"));
                }
            });
        }),
    }
}

rule! {
    /// The nodes of a class are not what the profile says they are.
    ///
    /// # What it checks
    /// On nodes that facts are known of, the architecture is `arch` of their class and the kernel's version begins with `kernel`, where they are written.
    ///
    /// # Why is this bad
    /// Rules go by these facts, and `arch` decides which images the nodes take.
    ///
    /// # Bad
    /// ```toml
    /// [class.compute]
    /// arch = "arm64"
    /// ```
    /// ```json facts.json
    /// { "class": "compute", "architecture": "amd64" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [class.compute]
    /// arch = "amd64"
    /// ```
    /// ```json facts.json
    /// { "class": "compute", "architecture": "amd64" }
    /// ```
    pub(crate) static CLASS_CONTRADICTED = {
        id: id("VER017", "class-contradicted", Warn, Correctness),
        needs: &[Fact::Host],
        source: "uname(2)",
        check: Check::View(|view, out| {
            let Some(class) = view.class else { return };
            let Some(told) = view.profile.class.get(class) else { return };
            each_host(view, out, |facts, seen| {
                let at = |key: &str| KeyPath::from(["class", class, key]);
                if let (Some(told), Some(is)) = (&told.arch, &facts.architecture)
                    && told != is
                {
                    seen.push(Seen::new(at("arch"), format!("the node is {is}, not {told}"), "write what the nodes are, or move this one to another class"));
                }
                if let (Some(told), Some(is)) = (&told.kernel, &facts.kernel.release) {
                    let rest = is.strip_prefix(told.as_str());
                    if rest.is_none_or(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
                        seen.push(Seen::new(at("kernel"), format!("the kernel is {is}, not {told}"), "write the version of the nodes"));
                    }
                }
            });
        }),
    }
}
