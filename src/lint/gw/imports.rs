//! GW rules about who may import image files.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, id, rule};
use crate::profile::section::ImportUsers;

const KEY: &str = "gateway.import_users";

rule! {
    /// Every user may put image files before the kernel.
    ///
    /// # What it checks
    /// `gateway.import_users` is not `"all"`.
    ///
    /// # Why is this bad
    /// An imported file is mounted as it is. File system drivers are not written to withstand a crafted one, so each user could crash or take
    /// over nodes (manual 6.7.1 and 7.2).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// import_users = "all"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// import_users = ["alice"]
    /// ```
    pub(crate) static IMPORT_EVERYONE = {
        id: id("GW031", "import-everyone", Error, Security),
        impact: Impact::Exposure,
        source: "manual 6.7.1 and 7.2",
        check: Check::View(|view, out| {
            if let Some(ImportUsers::Text(text)) = &view.gateway().import_users
                && text == "all"
            {
                out.at(KEY, "every user may import image files, which the kernel mounts", "list the users who may");
            }
        }),
    }
}

rule! {
    /// An empty list lets everybody import.
    ///
    /// # What it checks
    /// `gateway.import_users` is no empty list.
    ///
    /// # Why is this bad
    /// The original looks into the list only if it is longer than nothing, and otherwise lets everybody through.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// import_users = []
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// import_users = "none"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes `"none"`.
    pub(crate) static IMPORT_EMPTY_LIST = {
        id: id("GW032", "import-empty-list", Error, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "api.py of 18.03 line 274; run",
        check: Check::View(|view, out| {
            if view.gateway().import_users == Some(ImportUsers::List(Vec::new())) {
                out.report("an empty list lets everybody import", |finding| {
                    finding
                        .at(KEY, "")
                        .help("write `\"none\"`, or leave the key out")
                        .fix(Fix::safe("let nobody import", vec![Edit::set(KEY, "none")]))
                });
            }
        }),
    }
}

rule! {
    /// A text is taken for a list of users.
    ///
    /// # What it checks
    /// `gateway.import_users` is a list, `"all"` or `"none"`.
    ///
    /// # Why is this bad
    /// The original tests whether the user's name occurs in the text: `ali` may import when the text is `alice,bob`.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// import_users = "alice,bob"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// import_users = ["alice", "bob"]
    /// ```
    ///
    /// # Fix
    /// `--fix` writes a list.
    pub(crate) static IMPORT_STRING = {
        id: id("GW033", "import-string", Error, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "api.py of 18.03; run",
        check: Check::View(|view, out| {
            let Some(ImportUsers::Text(text)) = &view.gateway().import_users else { return };
            if text != "all" && text != "none" {
                let names = text.split([',', ' ']).filter(|name| !name.is_empty());
                let users: Vec<&str> = names.collect();
                out.report("part of a user's name is enough to be in this text", |finding| {
                    finding
                        .at(KEY, "")
                        .help(format!("write {users:?}"))
                        .fix(Fix::safe("write a list", vec![Edit::set(KEY, users)]))
                });
            }
        }),
    }
}
