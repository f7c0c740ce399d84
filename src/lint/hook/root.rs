//! HOOK rules about what a hook does in the root directory that is being built.

use super::form::after_interpreter;
use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::carried::{Carried, Purpose, changed, is_a_stream};
use crate::lint::paths::{BUILT_IN, normal, same};
use crate::lint::rule::{Impact, Repair, id, rule};
use crate::lint::{Check, Findings, View};
use crate::render::quote;
use crate::script::{Command, Part, Script, Word};
use std::ops::Range;

rule! {
    /// A hook changes the host.
    ///
    /// # What it checks
    /// No command of a hook that makes, removes, links, writes or mounts names an absolute path, `/dev` aside.
    ///
    /// # Why is this bad
    /// A hook runs with the new root as its working directory and is not confined to it (manual 2.3): `mkdir /global` makes a
    /// directory on the host, at every start of a container.
    ///
    /// # Bad
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// mkdir -p /global
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// mkdir -p global
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` takes the first `/` of a path away that is written out. It is a guess that the container was meant and not the host. A script whose `sha256` the profile gives is left as it is.
    pub(crate) static HOOK_ABSOLUTE_WRITE = {
        id: id("HOOK002", "hook-absolute-write", Error, Security),
        fix: Repair::Unsafe,
        impact: Impact::Exposure,
        source: "manual 2.3",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks() {
                let script = carried.script();
                for command in script.simple() {
                    for (word, path) in changed(script, command).into_iter().filter(|(_, path)| path.starts_with('/') && !is_a_stream(path)) {
                        let fix = without_slash(script, &word.span).map(|edit| Fix::risky("name it from the new root", vec![edit]));
                        out.in_script_fixed(&carried, word.span.clone(), format!("`{path}` is a path of the host"), "name it without the first `/`: the new root is the working directory", fix);
                    }
                }
            }
        }),
    }
}

/// The edit that makes a path relative, where its first `/` is written out.
fn without_slash(script: &Script, word: &Range<usize>) -> Option<Edit> {
    let text = script.slice(word);
    let at = text.len() - text.trim_start_matches(['"', '\'']).len();
    let is_one = text[at..].starts_with('/') && text[at..].trim_end_matches(['"', '\'']).len() > 1;
    is_one.then(|| Edit::script(word.start + at..word.start + at + 1, ""))
}

rule! {
    /// A hook makes a directory that is there already.
    ///
    /// # What it checks
    /// `mkdir` without `-p` does not name a directory that every container root has: `etc`, `opt`, `opt/udiImage`, `var` and
    /// four below it, `proc`, `sys`, `dev`, `tmp`.
    ///
    /// # Why is this bad
    /// It fails, and with errexit so does every container start (`prepareSiteModifications` makes them first).
    ///
    /// # Bad
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// mkdir var
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// mkdir -p var/opt/cray
    /// ```
    ///
    /// # Fix
    /// `--fix` writes `mkdir -p`. A script whose `sha256` the profile gives is left as it is.
    pub(crate) static HOOK_MKDIR_EXISTING = {
        id: id("HOOK006", "hook-mkdir-existing", Error, Correctness),
        fix: Repair::Safe,
        impact: Impact::OneStart,
        source: "shifter_core.c, prepareSiteModifications",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks() {
                let script = carried.script();
                for command in script.called("mkdir").filter(|command| !command.has_option('p', "parents")) {
                    for (word, path) in changed(script, command) {
                        let inside = inside(&path);
                        if BUILT_IN.iter().any(|known| same(known, &inside)) {
                            let name = command.words.first().map(|name| name.span.end);
                            let fix = name.map(|end| Fix::safe("write `mkdir -p`", vec![Edit::script(end..end, " -p")]));
                            out.in_script_fixed(&carried, word.span.clone(), format!("`{path}` is in every container root already"), "write `mkdir -p`, or drop it", fix);
                        }
                    }
                }
            }
        }),
    }
}

rule! {
    /// A hook makes a mount point that the runtime makes itself.
    ///
    /// # What it checks
    /// `mkdir` in a hook does not name the target of a `[[filesystem]]`.
    ///
    /// # Why is this bad
    /// Only the parents of a target are wanted: the runtime makes the last directory (manual 5.2 siteFs). The line misleads who
    /// looks for the list of mounts.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/global/u1"
    ///
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// mkdir -p global/u1
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/global/u1"
    ///
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// mkdir -p global
    /// ```
    ///
    /// # Fix
    /// `--fix` names the parent in its place, where `mkdir -p` makes it and nothing else in the script works at the target or below. A script whose
    /// `sha256` the profile gives is left as it is.
    pub(crate) static HOOK_CREATES_TARGET = {
        id: id("HOOK009", "hook-creates-target", Info, Style),
        fix: Repair::Safe,
        impact: Impact::Untidy,
        source: "manual 5.2 siteFs",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks() {
                let script = carried.script();
                for command in script.called("mkdir") {
                    for (word, path) in changed(script, command) {
                        let Some(mount) = view.mounts().into_iter().find(|mount| same(mount.target, &inside(&path))) else { continue };
                        let message = format!("`{path}` is a mount point, and the runtime makes it");
                        let fix = parent_only(script, command, word, &path);
                        out.in_script_with(&carried, word.span.clone(), message, "make its parents only", |finding| {
                            carried.fixed(finding.also(mount.target_key(), "mounted here"), fix)
                        });
                    }
                }
            }
        }),
    }
}

rule! {
    /// A hook removes a tree.
    ///
    /// # What it checks
    /// No hook runs `rm -r`.
    ///
    /// # Why is this bad
    /// Host file systems are, or are about to be, bound below the working directory. `rm -rf mnt` behind a bind mount of `/mnt`
    /// empties `/mnt` on the host, as root.
    ///
    /// # Bad
    /// ```toml
    /// [hooks.postmount]
    /// extra = "postmount.sh"
    /// ```
    ///
    /// ```sh postmount.sh
    /// rm -rf mnt
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.postmount]
    /// extra = "postmount.sh"
    /// ```
    ///
    /// ```sh postmount.sh
    /// rmdir mnt
    /// ```
    pub(crate) static HOOK_RM_RECURSIVE = {
        id: id("HOOK014", "hook-rm-recursive", Error, Security),
        impact: Impact::Exposure,
        source: "rm(1); mount(8), bind mounts",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks() {
                for command in carried.script().called("rm").filter(|command| command.has_option('r', "recursive") || command.has_option('R', "")) {
                    out.in_script(&carried, command.span.clone(), "a file system of the host may be mounted below", "use `rmdir`, which takes empty directories only");
                }
            }
        }),
    }
}

rule! {
    /// A hook works wherever it is called from.
    ///
    /// # What it checks
    /// A whole script that makes or mounts relative paths looks at its working directory (`pwd` or `$PWD`) before it does.
    ///
    /// # Why is this bad
    /// Somebody who tries it by hand makes its directories and mounts where he stands, as root (L19 has no such guard).
    /// `hooks.*.extra` lines follow a rendered guard.
    ///
    /// # Bad
    /// ```toml
    /// [hooks.premount.script]
    /// file = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// #!/bin/sh
    /// set -eu
    /// PATH=/usr/bin:/bin
    /// mkdir -p global
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount.script]
    /// file = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// #!/bin/sh
    /// set -eu
    /// PATH=/usr/bin:/bin
    /// [ "$(pwd -P)" = /var/udiMount ] || exit 1
    /// mkdir -p global
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` compares the directory with `paths.udi_mount` below the first line. It is not safe: a script that several systems share
    /// would be tied to one. A script whose `sha256` the profile gives is left as it is.
    pub(crate) static HOOK_NO_CWD_GUARD = {
        id: id("HOOK015", "hook-no-cwd-guard", Warn, Security),
        fix: Repair::Unsafe,
        impact: Impact::Exposure,
        source: "L19",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks().filter(|carried| carried.purpose == Purpose::Hook) {
                unguarded(view, &carried, out);
            }
        }),
    }
}

/// Names the parent of a mount point in the place of it, where the script does nothing else there.
fn parent_only(script: &Script, command: &Command, word: &Word, path: &str) -> Option<Fix> {
    let (parent, _) = path.rsplit_once('/').filter(|(parent, _)| !matches!(*parent, "" | "."))?;
    let target = inside(path);
    let works_there = |other: &Word| {
        let named = inside(&script.resolved(other));
        same(&named, &target) || named.starts_with(&format!("{target}/"))
    };
    let others = script
        .simple()
        .flat_map(|command| command.words.iter().chain(command.redirects.iter().map(|redirect| &redirect.target)));
    let is_alone = others.filter(|other| other.span != word.span).all(|other| !works_there(other));
    let is_plain = script.slice(&word.span) == path && command.has_option('p', "parents");
    (is_alone && is_plain).then(|| Fix::safe("make its parent", vec![Edit::script(word.span.clone(), parent)]))
}

fn unguarded(view: &View<'_>, carried: &Carried<'_>, out: &mut Findings<'_>) {
    let script = carried.script();
    let is_relative = |path: &str| !path.starts_with(['/', '$']);
    let first = script.simple().find(|command| changed(script, command).iter().any(|(_, path)| is_relative(path)));
    let Some(first) = first else { return };
    if !looks_where_it_is(script, first.span.start) {
        let help = "compare `$(pwd -P)` with the directory of `paths.udi_mount`, or carry the lines by `extra`";
        let udi_mount = view.paths().udi_mount.as_ref().map_or("/var/udiMount", |path| path.as_str());
        let guard = format!("[ \"$(pwd -P)\" = \"$(cd -P {} && pwd -P)\" ] || exit 1\n", quote::shell(udi_mount));
        let line = Edit::script(after_interpreter(script), guard);
        let fix = Fix::risky("compare it with `paths.udi_mount`", vec![line]);
        let message = "the script does not look where it is before it works there";
        out.in_script_fixed(carried, first.span.clone(), message, help, Some(fix));
    }
}

/// Whether something above `offset` asks for the working directory.
fn looks_where_it_is(script: &Script, offset: usize) -> bool {
    let is_pwd = |part: &Part| matches!(part, Part::Parameter { name, .. } if name == "PWD");
    script.commands.iter().filter(|command| command.span.start < offset).any(|command| {
        script.name_of(command).as_deref() == Some("pwd")
            || command.words.iter().flat_map(|word| &word.parts).any(is_pwd)
    })
}

/// A path of the new root as containers see it.
fn inside(path: &str) -> String {
    normal(&format!("/{}", path.trim_start_matches("./")))
}
