//! FS rules about the characters of a mount's paths.

use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::lint::mounts::Mount;
use crate::lint::rule::{Impact, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

rule! {
    /// A path of a file system has characters that the original drops without a word.
    ///
    /// # What it checks
    /// Source and target consist of letters, digits and `_ . + - / :`. (A colon has a rule of its own,
    /// FS002.)
    ///
    /// # Why is this bad
    /// The original deletes every other character before it mounts: `/data/user@site` becomes
    /// `/data/usersite`, which either does not exist or is somebody else's directory. The native runtime
    /// takes such paths as they are.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/data/user@site"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/data/user-site"
    /// ```
    pub(crate) static PATH_CHARSET = {
        id: id("FS001", "path-charset", Error, Correctness),
        targets: Targets::Except(&[Target::Native]),
        source: "userInputPathFilter; run against 16.08.3 and 18.03",
        check: Check::View(charset),
    }
}

fn charset(view: &View<'_>, out: &mut Findings<'_>) {
    each_written_path(view, |at, path| {
        let Some(dropped) = path.chars().find(|c| !survives_the_filter(*c) && *c != ';') else { return };
        let kept: String = path.chars().filter(|c| survives_the_filter(*c)).collect();
        out.at(
            at,
            format!("`{path}` is read as `{kept}`: the character `{dropped}` is dropped"),
            "rename the directory, or bind its parent and link to it from a hook",
        );
    });
}

/// The characters that the original keeps in a path.
fn survives_the_filter(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_:.+-/".contains(c)
}

rule! {
    /// A path of a file system has a character that separates entries.
    ///
    /// # What it checks
    /// Neither source nor target has `:` or `;`.
    ///
    /// # Why is this bad
    /// In udiRoot.conf a mount is `FROM:TO:FLAGS` and mounts are separated by `;`. There is no way to
    /// quote either, so the path is cut where the character stands.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/data/a:b"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/data/a-b"
    /// ```
    pub(crate) static PATH_SEPARATOR = {
        id: id("FS002", "path-separator", Error, Correctness),
        source: "VolumeMap.c, the volume map tokenizer",
        check: Check::View(|view, out| {
            each_written_path(view, |at, path| {
                if path.contains([':', ';']) {
                    out.at(
                        at,
                        format!("`{path}` cannot be written in siteFs: `:` and `;` separate its entries"),
                        "rename the directory, or bind its parent and link to it from a hook",
                    );
                }
            });
        }),
    }
}

rule! {
    /// A path of a file system has two dots in a row.
    ///
    /// # What it checks
    /// Neither source nor target contains `..`, not even inside a name.
    ///
    /// # Why is this bad
    /// The original refuses the whole configuration then, so that no container starts on the node. It looks
    /// for the two characters, not for a component: `/data/a..b` is refused too.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/data/a..b"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/data/a.b"
    /// ```
    pub(crate) static PATH_DOTDOT = {
        id: id("FS003", "path-dotdot", Error, Correctness),
        impact: Impact::EveryStart,
        source: "run against 16.08.3 and 18.03",
        check: Check::View(|view, out| {
            each_written_path(view, |at, path| {
                if path.contains("..") {
                    out.at(at, format!("`{path}` contains `..`"), "name the directory itself");
                }
            });
        }),
    }
}

/// Calls `judge` for each source, and for each target that is written and not the source again.
fn each_written_path(view: &View<'_>, mut judge: impl FnMut(KeyPath, &str)) {
    for mount in view.all_mounts() {
        let Mount { source, target, .. } = mount;
        judge(mount.source_key(), source);
        if target != source {
            judge(mount.target_key(), target);
        }
    }
}
