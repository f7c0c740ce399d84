//! GW rules about how image files reach the nodes, and what they are.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

rule! {
    /// Images are converted to a format that the runtime cannot mount.
    ///
    /// # What it checks
    /// `images.format` is `squashfs` from 18.03 on; natively also `erofs`, `ext4` and `vfs`; before 18.03 also `ext4`, `cramfs` and `xfs`.
    ///
    /// # Why is this bad
    /// The pull works and every start fails (release notes of 18.03).
    ///
    /// # Bad
    /// ```toml
    /// [images]
    /// format = "cramfs"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [images]
    /// format = "squashfs"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes `squashfs`.
    pub(crate) static IMAGE_FORMAT = {
        id: id("GW026", "image-format", Error, Compatibility),
        impact: Impact::OneStart,
        fix: Repair::Safe,
        source: "release notes of 18.03; loopMount in shifter_core.c",
        check: Check::View(|view, out| {
            let known: &[&str] = match view.target {
                Some(Target::Native) => &["squashfs", "erofs", "ext4", "vfs"],
                Some(Target::V1803 | Target::Master) => &["squashfs"],
                _ => &["squashfs", "ext4", "cramfs", "xfs"],
            };
            if let Some(format) = view.images().format.as_deref().filter(|format| !known.contains(format)) {
                out.report(format!("the runtime cannot mount `{format}`"), |finding| {
                    finding
                        .at("images.format", "")
                        .help("write `squashfs`")
                        .fix(Fix::safe("use squashfs", vec![Edit::set("images.format", "squashfs")]))
                });
            }
        }),
    }
}

rule! {
    /// The way images reach the nodes is none that the gateway knows.
    ///
    /// # What it checks
    /// `gateway.access` is `local` or `remote`.
    ///
    /// # Why is this bad
    /// Every pull fails at its last step.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// access = "ssh"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// access = "local"
    /// ```
    pub(crate) static ACCESS_TYPE = {
        id: id("GW028", "access-type", Error, Correctness),
        impact: Impact::OneStart,
        source: "transfer.py",
        check: Check::View(|view, out| {
            if let Some(access) = view.gateway().access.as_deref().filter(|access| !matches!(*access, "local" | "remote")) {
                out.at("gateway.access", format!("`{access}` is no way to reach nodes"), "write `local`, or `remote` with `[gateway.ssh]`");
            }
        }),
    }
}

rule! {
    /// Images are to be copied to another host, and it is not said how.
    ///
    /// # What it checks
    /// With `access = "remote"` there is `[gateway.ssh]` with `hosts`, `user` and a `key`.
    ///
    /// # Why is this bad
    /// Every pull fails at its last step (manual 4.6.2).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// access = "remote"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// access = "remote"
    /// ssh = { hosts = "dtn1", user = "shifter", key = { file = "secrets/ssh" } }
    /// ```
    pub(crate) static REMOTE_INCOMPLETE = {
        id: id("GW029", "remote-incomplete", Error, Correctness),
        impact: Impact::OneStart,
        source: "transfer.py; manual 4.6.2",
        check: Check::View(remote_incomplete),
    }
}

fn remote_incomplete(view: &View<'_>, out: &mut Findings<'_>) {
    let gateway = view.gateway();
    if gateway.access.as_deref() != Some("remote") {
        return;
    }
    let ssh = gateway.ssh.as_ref();
    let needed = [
        ("hosts", ssh.is_some_and(|ssh| !ssh.hosts.is_empty())),
        ("user", ssh.is_some_and(|ssh| ssh.user.is_some())),
        ("key", ssh.is_some_and(|ssh| ssh.key.is_some() || ssh.key_path.is_some())),
    ];
    let missing: Vec<String> =
        needed.iter().filter(|(_, is_there)| !is_there).map(|(key, _)| format!("`gateway.ssh.{key}`")).collect();
    if !missing.is_empty() {
        out.at("gateway.access", format!("copying images needs {}", missing.join(" and ")), "complete `[gateway.ssh]`");
    }
}

rule! {
    /// Images are copied to the first host only.
    ///
    /// # What it checks
    /// With the original, `gateway.ssh.hosts` is one host.
    ///
    /// # Why is this bad
    /// The original reads the first of the list and no other. When that host is down, pulls fail.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// access = "remote"
    /// ssh = { hosts = "dtn[1-2]", user = "shifter", key = { file = "secrets/ssh" } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// access = "remote"
    /// ssh = { hosts = "dtn1", user = "shifter", key = { file = "secrets/ssh" } }
    /// ```
    pub(crate) static REMOTE_EXTRA_HOSTS = {
        id: id("GW030", "remote-extra-hosts", Warn, Compatibility),
        targets: Targets::Except(&[Target::Native]),
        source: "transfer.py",
        check: Check::View(|view, out| {
            let hosts = view.gateway().ssh.as_ref().map(|ssh| ssh.hosts.hosts()).unwrap_or_default();
            if let [first, _, ..] = hosts.as_slice() {
                out.at("gateway.ssh.hosts", format!("only `{first}` is used"), "name one host");
            }
        }),
    }
}
