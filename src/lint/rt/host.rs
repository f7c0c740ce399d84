//! RT rules about what nodes really have: the original's tools, the image directory.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::facts::{Facts, Kind, Role};
use crate::lint::host::{Seen, each_host};
use crate::lint::rule::{Fact, Impact, Repair, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

rule! {
    /// A program that the runtime runs at each start is not there.
    ///
    /// # What it checks
    /// On nodes that facts are known of, every program of `paths.tools` is a file that may be executed.
    ///
    /// # Why is this bad
    /// The original looks at all of them before every start and refuses to go on without one (`FILEVAL` in UdiRootConfig.c), also when it would not run it.
    ///
    /// # Bad
    /// ```toml
    /// [paths.tools]
    /// cp = "/usr/local/bin/cp"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/usr/local/bin/cp": { "kind": "absent" } }, "tools": { "cp": { "path": "/bin/cp" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [paths.tools]
    /// cp = "/bin/cp"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/bin/cp": { "kind": "file", "uid": 0, "mode": "0755" } } }
    /// ```
    ///
    /// # Fix
    /// `--fix` writes the place where the program is, if it was found.
    pub(crate) static HELPER_TOOL = {
        id: id("RT019", "helper-tool", Error, Correctness),
        impact: Impact::EveryStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        fix: Repair::Safe,
        source: "UdiRootConfig.c (FILEVAL); L7",
        check: Check::View(helper_tool),
    }
}

fn helper_tool(view: &View<'_>, out: &mut Findings<'_>) {
    each_host(view, out, |facts, seen| {
        for tool in view.named_as(Role::Tool) {
            let Some(found) = facts.path(&tool.path) else { continue };
            let wrong = match found.kind {
                Kind::Unknown => continue,
                Kind::File if found.is_executable() != Some(false) => continue,
                Kind::File => format!(
                    "`{}` may not be executed (mode {})",
                    tool.path,
                    found.mode.map(|mode| mode.to_string()).unwrap_or_default()
                ),
                Kind::Absent | Kind::Dangling => format!("`{}` is not there", tool.path),
                _ => format!("`{}` is no file", tool.path),
            };
            let name = tool.key.last().unwrap_or_default();
            let other = facts.tools.get(name).and_then(Option::as_ref).filter(|other| other.path != tool.path);
            let fix = other.map(|other| {
                let edit = Edit::set(tool.key.clone(), other.path.as_str());
                Fix::safe(format!("use `{}`", other.path), vec![edit])
            });
            let help = other.map_or_else(
                || format!("install {name}, or name the place where it is"),
                |other| format!("write `{}`, where it is", other.path),
            );
            seen.push(Seen::new(tool.key.clone(), wrong, help).fix(fix));
        }
    });
}

rule! {
    /// Others than root can change a program that the runtime runs as root.
    ///
    /// # What it checks
    /// On nodes that facts are known of, every program of `paths.tools` and every directory above it belongs to root, and neither group nor others may write there.
    ///
    /// # Why is this bad
    /// The original runs these programs as root at each start. Who can replace one is root on every node.
    ///
    /// # Bad
    /// ```toml
    /// [paths.tools]
    /// cp = "/opt/tools/cp"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/tools/cp": { "kind": "file", "uid": 0, "mode": "0775" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [paths.tools]
    /// cp = "/bin/cp"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/bin/cp": { "kind": "file", "uid": 0, "mode": "0755" } } }
    /// ```
    pub(crate) static HELPER_TOOL_WRITABLE = {
        id: id("RT020", "helper-tool-writable", Error, Security),
        impact: Impact::Exposure,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        source: "loopMount in shifter_core.c, which checks its helper so and no other program",
        check: Check::View(|view, out| {
            each_host(view, out, |facts, seen| {
                for tool in view.named_as(Role::Tool) {
                    seen.extend(weak(facts, &tool.path).map(|what| {
                        let message = format!("others than root can change `{}`: {what}", tool.path);
                        Seen::new(tool.key.clone(), message, "use the system's own program, or give it to root with mode 0755")
                    }));
                }
            });
        }),
    }
}

/// What is weak on the way to a path: `` `/opt` is shifter:root 0775 ``.
pub(crate) fn weak(facts: &Facts, path: &str) -> Option<String> {
    facts.weak_part(path).map(|(place, found)| format!("`{place}` is {}", found.ownership()))
}

rule! {
    /// Others than the gateway can write where the images are.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `images.path` belongs to root or the owner of the images, and neither group nor others may write there.
    ///
    /// # Why is this bad
    /// The kernel mounts these files as root (manual 7.1). Who can write there chooses what the kernel reads, and what other users run.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "paths": { "/shared/images": { "kind": "directory", "uid": 500, "mode": "0777" } }, "users": { "shifter": 500 } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "paths": { "/shared/images": { "kind": "directory", "uid": 500, "mode": "0755" } }, "users": { "shifter": 500 } }
    /// ```
    pub(crate) static IMAGE_DIR_OPEN = {
        id: id("RT029", "image-dir-open", Error, Security),
        impact: Impact::Exposure,
        needs: &[Fact::Host],
        source: "manual 7.1",
        check: Check::View(image_dir_open),
    }
}

fn image_dir_open(view: &View<'_>, out: &mut Findings<'_>) {
    let gateway = view.gateway().user.as_ref().map_or("shifter", |user| user.as_str());
    let owner = view.images().owner.as_ref().map_or(gateway, |owner| owner.as_str());
    each_host(view, out, |facts, seen| {
        for images in view.named_as(Role::Images) {
            let Some(found) = facts.path(&images.path).filter(|found| found.is_there()) else { continue };
            let number = |name: &str| facts.users.get(name).copied().flatten();
            let is_theirs = |uid: u32| uid == 0 || Some(uid) == number(owner) || Some(uid) == number(gateway);
            let is_known = number(owner).is_some() || number(gateway).is_some();
            let is_strange = is_known && found.uid.is_some_and(|uid| !is_theirs(uid));
            if is_strange || found.others_write() {
                let message = format!("`{}` is {}", images.path, found.ownership());
                seen.push(Seen::new(images.key.clone(), message, format!("give it to {owner} with mode 0755")));
            }
        }
    });
}

rule! {
    /// The file of what is forbidden for the moment cannot be read whole.
    ///
    /// # What it checks
    /// On nodes that facts are known of, every line of the file `deny` beside udiRoot.conf, or of `runtime.deny_file`, is an entry, a comment or blank.
    ///
    /// # Why is this bad
    /// A line that cannot be read may be the one that matters, so the runtime starts nothing on the node until it can be.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/deny": { "kind": "file", "uid": 0, "mode": "0600" } }, "deny": { "entries": 0, "faults": ["line 2: say at the end of the line what users are told"] } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/deny": { "kind": "file", "uid": 0, "mode": "0600" } }, "deny": { "entries": 2 } }
    /// ```
    pub(crate) static DENY_FILE_BROKEN = {
        id: id("RT030", "deny-file-broken", Error, Correctness),
        impact: Impact::EveryStart,
        targets: Targets::Only(&[Target::Native]),
        needs: &[Fact::Host],
        source: "deny_file in docs/reference/runtime.md",
        check: Check::View(|view, out| {
            each_host(view, out, |facts, seen| {
                for file in view.named_as(Role::Deny) {
                    let faults = facts.deny.iter().flat_map(|deny| &deny.faults);
                    seen.extend(faults.map(|fault| {
                        let message = format!("`{}`, {fault}", file.path);
                        Seen::new(file.key.clone(), message, "put the line right; until then nothing is started")
                    }));
                }
            });
        }),
    }
}
