//! The scripts of a view that the site wrote itself, and how a rule speaks of a place in one.

use std::ops::Range;

use crate::diagnostic::{Finding, Fix, KeyPath, Label};
use crate::lint::{Findings, View};
use crate::profile::section::{Hook, ScriptRole};
use crate::profile::{ScriptFile, Scripts};
use crate::script::{Command, Script, Word};

/// A script that the view's nodes run and the site wrote.
#[derive(Clone, Copy)]
pub(crate) struct Carried<'a> {
    /// The key that names the file: `hooks.premount.script.file`, `script.0.file`.
    at: Key<'a>,
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// Whether root runs it.
    pub(crate) is_roots: bool,
    /// Whether the profile says which bytes it has.
    is_pinned: bool,
    file: &'a ScriptFile,
}

/// The key that names a script.
#[derive(Clone, Copy)]
enum Key<'a> {
    Hook(&'a str, &'a str),
    Script(usize),
}

/// What a script is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The whole of a hook of the runtime: root, in the new root directory, by `/bin/sh FILE`.
    Hook,
    /// Lines that follow the rendered ones of a hook, which set `-eu`, a PATH and check the directory.
    HookLines,
    /// Around jobs and services.
    Around(Option<ScriptRole>),
}

impl Key<'_> {
    fn path(self) -> KeyPath {
        match self {
            Key::Hook(name, "extra") => KeyPath::from(["hooks", name, "extra"]),
            Key::Hook(name, _) => KeyPath::from(["hooks", name, "script", "file"]),
            Key::Script(n) => KeyPath::from("script").index(n).key("file"),
        }
    }
}

impl<'a> Carried<'a> {
    /// What it says.
    pub(crate) fn script(&self) -> &'a Script {
        &self.file.script
    }

    /// Whether it runs in the root directory of a container that is being built.
    pub(crate) fn is_hook(&self) -> bool {
        matches!(self.purpose, Purpose::Hook | Purpose::HookLines)
    }

    /// Whether it runs around jobs and services in this role.
    pub(crate) fn is(&self, role: ScriptRole) -> bool {
        self.purpose == Purpose::Around(Some(role))
    }

    /// Whether `sh` runs it, whatever its first line says.
    pub(crate) fn is_run_by_sh(&self) -> bool {
        let asks_for_sh = |interpreter: &str| matches!(interpreter.rsplit('/').next(), Some("sh" | "dash"));
        self.is_hook() || self.script().interpreter.as_deref().is_some_and(asks_for_sh)
    }

    /// The key of the profile that names it.
    pub(crate) fn key(&self) -> KeyPath {
        self.at.path()
    }

    /// A label at a place of the script.
    pub(crate) fn label(&self, span: Range<usize>, text: &str) -> Label {
        Label::primary(self.key(), text).pinned(self.file.source, Some(span))
    }

    /// A finding with a fix of the script. One whose hash the profile gives was looked at as it is: it is left to a person.
    pub(crate) fn fixed(&self, finding: Finding, fix: Option<Fix>) -> Finding {
        match fix {
            Some(_) if self.is_pinned => finding.note("the profile gives the hash of the script: change both by hand"),
            Some(fix) => finding.fix(fix),
            None => finding,
        }
    }

    /// A label at another place of the script that bears on it.
    pub(crate) fn second(&self, span: Range<usize>, text: &str) -> Label {
        Label::secondary(self.key(), text).pinned(self.file.source, Some(span))
    }
}

impl Findings<'_> {
    /// Reports `message` about a place of a script, with `help`; the profile's key is named beside it.
    pub(crate) fn in_script(
        &mut self,
        carried: &Carried<'_>,
        span: Range<usize>,
        message: impl Into<String>,
        help: &str,
    ) {
        self.in_script_with(carried, span, message, help, |finding| finding);
    }

    /// The same with a fix of the script.
    pub(crate) fn in_script_fixed(
        &mut self,
        carried: &Carried<'_>,
        span: Range<usize>,
        message: impl Into<String>,
        help: &str,
        fix: Option<Fix>,
    ) {
        self.in_script_with(carried, span, message, help, |finding| carried.fixed(finding, fix));
    }

    /// The same with more places.
    pub(crate) fn in_script_with(
        &mut self,
        carried: &Carried<'_>,
        span: Range<usize>,
        message: impl Into<String>,
        help: &str,
        build: impl FnOnce(Finding) -> Finding,
    ) {
        self.report(message, |finding| {
            build(finding.label(carried.label(span, "")).help(help))
                .also(carried.key(), "the script that is named here")
        });
    }
}

impl<'a> View<'a> {
    /// Every shell script that the view's nodes run, the site wrote and could be read. A hook is one whatever its first
    /// line says: the runtime gives it to `/bin/sh`.
    pub(crate) fn carried(&self) -> Vec<Carried<'a>> {
        let is_shell = |carried: &Carried<'_>| carried.is_hook() || carried.script().is_shell();
        self.carried_texts().into_iter().filter(is_shell).collect()
    }

    /// The same with the scripts of other languages.
    pub(crate) fn carried_texts(&self) -> Vec<Carried<'a>> {
        let mut found = Vec::new();
        for (at, purpose, file, is_roots, is_pinned) in self.named_scripts() {
            if let Some(Ok(file)) = self.scripts().get(file) {
                found.push(Carried { at, purpose, is_roots, is_pinned, file });
            }
        }
        found
    }

    /// Those that root runs.
    pub(crate) fn carried_of_root(&self) -> impl Iterator<Item = Carried<'a>> {
        self.carried().into_iter().filter(|carried| carried.is_roots)
    }

    /// Those of the runtime's hooks.
    pub(crate) fn carried_hooks(&self) -> impl Iterator<Item = Carried<'a>> {
        self.carried().into_iter().filter(Carried::is_hook)
    }

    /// The keys that name a script, and why it could not be read.
    pub(crate) fn unread_scripts(&self) -> Vec<(KeyPath, &'a str, &'a str)> {
        let mut found = Vec::new();
        for (at, _, file, ..) in self.named_scripts() {
            if let Some(Err(why)) = self.scripts().get(file) {
                found.push((at.path(), file, why.as_str()));
            }
        }
        found
    }

    fn scripts(&self) -> &'a Scripts {
        &self.context.common.scripts
    }

    /// The key, what the script is for, its file, whether root runs it, and whether its bytes are written down.
    fn named_scripts(&self) -> Vec<(Key<'a>, Purpose, &'a str, bool, bool)> {
        let hooks = self.hooks();
        let mut named = Vec::new();
        for (name, hook) in [("premount", &hooks.premount), ("postmount", &hooks.postmount)] {
            let hook: Option<&'a Hook> = hook.as_ref();
            let whole = hook.and_then(|hook| hook.script.as_ref()?.file.as_deref());
            let lines = hook.and_then(|hook| hook.extra.as_deref());
            let pinned = hook.and_then(|hook| hook.script.as_ref()?.sha256.as_ref()).is_some();
            named.extend(whole.map(|file| (Key::Hook(name, "script"), Purpose::Hook, file, true, pinned)));
            named.extend(lines.map(|file| (Key::Hook(name, "extra"), Purpose::HookLines, file, true, false)));
        }
        for (n, entry) in self.profile.script.iter().enumerate().filter(|(_, entry)| self.has_class(&entry.classes)) {
            let is_roots = entry.runs_as.as_ref().is_none_or(|user| user.as_str() == "root");
            let pinned = entry.sha256.is_some();
            let file = entry.file.as_deref();
            named.extend(file.map(|file| (Key::Script(n), Purpose::Around(entry.role), file, is_roots, pinned)));
        }
        named
    }
}

/// The words of a command that name what it changes: files made, removed, written or mounted on, as the script
/// writes them out.
pub(crate) fn changed<'c>(script: &Script, command: &'c Command) -> Vec<(&'c Word, String)> {
    let name = script.name_of(command).unwrap_or_default();
    let operands = command.operands();
    let named: Vec<&Word> = match name.as_str() {
        "mkdir" | "rmdir" | "rm" | "touch" | "tee" | "truncate" | "umount" | "mkfifo" | "mv" => operands,
        "chmod" | "chown" | "chgrp" => operands.into_iter().skip(1).collect(),
        // What follows an option such as `-m` is no path.
        "install" if command.has_option('d', "directory") => {
            operands.into_iter().filter(|word| script.resolved(word).contains('/')).collect()
        }
        "sed" if command.has_option('i', "in-place") => operands.into_iter().skip(1).collect(),
        "cp" | "ln" | "install" | "mount" if operands.len() > 1 => {
            operands.into_iter().next_back().into_iter().collect()
        }
        _ => Vec::new(),
    };
    let written = command.writes().map(|redirect| &redirect.target);
    named.into_iter().chain(written).map(|word| (word, script.resolved(word))).collect()
}

/// Whether a path is a device that takes everything, or one of the process's own streams.
pub(crate) fn is_a_stream(path: &str) -> bool {
    path.starts_with("/dev/") || path.starts_with("/proc/self/fd/")
}
