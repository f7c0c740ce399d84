//! SEC rules about scripts that root runs: what they trust, read and leave open.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::carried::Carried;
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings};
use crate::script::{Command, Origin, Part, Script, Word, launched_text};

rule! {
    /// A text that users have a hand in is run as commands by root.
    ///
    /// # What it checks
    /// What a script of root's hands to another shell (`sh -c`, `su`, `ssh`, `pcmd`, `xtxqtcmd`, `xtopview -e`) holds no variable whose value
    /// comes from an argument, the environment or a program, unless a `case` looks at its characters (`*[!A-Za-z0-9._-]*`). The same goes for
    /// an unquoted word from the job's environment (`qgetenv`).
    ///
    /// # Why is this bad
    /// A key, an image or a volume with `";command;"` in it runs that command as root, on every node; an image of `x -m local -v ...` adds options
    /// to the script that gets it unquoted (L28 line 37; L31 lines 104 and 139 to 152).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/sh
    /// image=$(/opt/shifter/qgetenv "$1" UDI)
    /// ssh boot "/opt/shifter/sbin/setupRoot docker $image"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/sh
    /// image=$(/opt/shifter/qgetenv "$1" UDI)
    /// case $image in
    ///     '' | *[!A-Za-z0-9._/:@-]* | -*) exit 1 ;;
    /// esac
    /// ssh boot "/opt/shifter/sbin/setupRoot docker $image"
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static ROOT_COMMAND_INJECTION = {
        id: id("SEC013", "root-command-injection", Error, Security),
        impact: Impact::Exposure,
        source: "L28 line 37; L31 lines 104 and 139 to 152",
        check: Check::View(|view, out| {
            for carried in view.carried_of_root() {
                let script = carried.script();
                for command in script.simple().filter(|command| !command.setting.in_text) {
                    injected(script, command, &carried, out);
                }
            }
        }),
    }
}

fn injected(script: &Script, command: &Command, carried: &Carried<'_>, out: &mut Findings<'_>) {
    let is_foreign = |name: &String| {
        script.origin(name, command.span.start) != Origin::Written && !script.is_validated(name, command.span.start)
    };
    // HOOK021 speaks of `eval`.
    let texts =
        if script.name_of(command).as_deref() == Some("eval") { Vec::new() } else { launched_text(script, command) };
    for word in texts {
        // Of a chain of assignments the one furthest up is the one to look at.
        let foreign: Vec<String> = script.sources(word).into_iter().filter(is_foreign).collect();
        if let Some(name) = foreign.last() {
            let shown = if foreign.len() == 1 {
                format!("`${name}`")
            } else {
                format!("`${name}` and {} more", foreign.len() - 1)
            };
            out.in_script(carried, word.span.clone(), format!("another shell reads {shown} as commands"), "look at each with `case $name in *[!A-Za-z0-9._-]*) exit 1;; esac`, or hand it over in a file of root's");
        }
    }
    let called = script.name_of(command).unwrap_or_default();
    // A test or a message has no options to add.
    let takes_options = !matches!(called.as_str(), "[" | "[[" | "test" | "echo" | "printf");
    for word in command.arguments().iter().filter(|_| takes_options) {
        for part in word.parameters() {
            if let Part::Parameter { name, quoted: false, span, .. } = part
                && comes_from_the_job(script, name, span.start)
                && !script.is_validated(name, span.start)
            {
                out.in_script(
                    carried,
                    span.clone(),
                    format!("whoever submits the job adds options to `{called}` by `${name}`"),
                    "put it in quotes, behind all options, and look at its characters first",
                );
            }
        }
    }
}

/// Whether a variable holds what a program read from a job's environment.
fn comes_from_the_job(script: &Script, name: &str, offset: usize) -> bool {
    let Some(assignment) = script.assigned(name, offset) else { return false };
    script.within(&assignment.span).any(|command| script.name_of(command).as_deref() == Some("qgetenv"))
}

rule! {
    /// Root reads a file that a user put in place.
    ///
    /// # What it checks
    /// A script of root's does not read (`cat`, `cp`, `head`, `source`, `<`) below a home directory: `$HOME` of a user, `~user`, `/home/$user`, or a
    /// variable made of one. Commands handed to `su` run as the user.
    ///
    /// # Why is this bad
    /// `~/.shifter/id_rsa.pub` may be a symlink to `/etc/shadow`: root reads it and puts it on a command line that all can see (L31 lines 102 to 106).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/sh
    /// home=$(getent passwd "$2" | cut -d: -f6)
    /// key=$(cat "$home/.shifter/id_rsa.pub")
    /// echo "$key"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/sh
    /// ssh-keygen -q -t ed25519 -N '' -f /var/run/shifter/key
    /// cat /var/run/shifter/key.pub
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static ROOT_READS_HOME = {
        id: id("SEC014", "root-reads-home", Error, Security),
        impact: Impact::Exposure,
        source: "symlink(7); L31 lines 102 to 106",
        check: Check::View(|view, out| {
            for carried in view.carried_of_root() {
                let script = carried.script();
                for command in script.simple().filter(|command| !command.setting.in_text) {
                    for word in read_by(script, command).into_iter().filter(|word| is_below_a_home(script, word)) {
                        out.in_script(&carried, word.span.clone(), "root follows whatever link the user put here", "read it as the user (`su USER -c`), or make a key for the job that root owns");
                    }
                }
            }
        }),
    }
}

/// The words of a command that name files it reads.
fn read_by<'c>(script: &Script, command: &'c Command) -> Vec<&'c Word> {
    let name = script.name_of(command).unwrap_or_default();
    let mut words: Vec<&Word> = match name.as_str() {
        "cat" | "head" | "tail" | "source" | "." => command.operands(),
        "cp" | "install" => command.operands().into_iter().rev().skip(1).collect(),
        "grep" | "sed" | "awk" => command.operands().into_iter().skip(1).collect(),
        _ => Vec::new(),
    };
    words.extend(command.redirects.iter().filter(|redirect| redirect.operator == "<").map(|redirect| &redirect.target));
    words
}

fn is_below_a_home(script: &Script, word: &Word) -> bool {
    let is_home = |text: &str| {
        let tilde = text.starts_with('~') && !text.starts_with("~/");
        let field = text.contains("getent")
            && text.contains("passwd")
            && ["-f6", "-f 6", "$6"].iter().any(|field| text.contains(field));
        tilde || field || text.contains("echo ~") || text.contains("/home/$")
    };
    let in_chain = script.sources(word).iter().any(|name| {
        script
            .assigned(name, word.span.start)
            .is_some_and(|assignment| is_home(&script.slice(&assignment.span).replacen(&format!("{name}="), "", 1)))
    });
    in_chain || is_home(&word.text())
}

rule! {
    /// Owner and mode are given to different files of one name.
    ///
    /// # What it checks
    /// A `chmod` below a `chown` does not name a file of the same name in another directory that the script names nowhere else.
    ///
    /// # Why is this bad
    /// The file that was to be closed keeps its mode (L23 changes `/etc/shifter/redisd` and means `/etc/init.d/redisd`).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "secure"
    /// role = "service"
    /// ```
    ///
    /// ```sh secure
    /// #!/bin/sh
    /// chown root: /etc/init.d/redisd
    /// chmod 750 /etc/shifter/redisd
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "secure"
    /// role = "service"
    /// ```
    ///
    /// ```sh secure
    /// #!/bin/sh
    /// chown root: /etc/init.d/redisd
    /// chmod 750 /etc/init.d/redisd
    /// ```
    pub(crate) static CHMOD_WRONG_FILE = {
        id: id("SEC022", "chmod-wrong-file", Error, Security),
        impact: Impact::Exposure,
        source: "L23",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                for chmod in script.called("chmod") {
                    for word in chmod.operands().into_iter().skip(1) {
                        let path = script.resolved(word);
                        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
                        let other = script.called("chown").filter(|chown| chown.span.start < chmod.span.start).flat_map(|chown| chown.operands().into_iter().skip(1)).find(|owned| {
                            let owned = script.resolved(owned);
                            owned.rsplit('/').next() == Some(name.as_str()) && owned != path
                        });
                        let is_known = script.commands.iter().filter(|command| command.span != chmod.span).flat_map(|command| &command.words).any(|word| script.resolved(word) == path);
                        if let Some(other) = other.filter(|_| !is_known && !name.is_empty()) {
                            out.in_script_with(&carried, word.span.clone(), format!("`{path}` is not the file whose owner was set"), "name the file that was meant", |finding| {
                                finding.label(carried.second(other.span.clone(), "its owner"))
                            });
                        }
                    }
                }
            }
        }),
    }
}
