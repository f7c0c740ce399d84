//! A document's commands on a scratch machine: a whole site, with its gateway and its setuid runtime, made by
//! `shifter-site try --on-machine`. All of them run there one after the other, as an ordinary user; the machine ends with
//! the last one.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::page::{Block, Page};

/// Begins the output of the command with the number behind it. No command prints it.
const MARK: char = '\u{1e}';

const PROFILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documents/using/heron.toml");
const PREPARE: &str = include_str!("using/machine.sh");

/// What each command of the page prints, in the order of the page; `None` where nobody can make such a machine.
pub(crate) fn follow(page: &Page) -> Option<Vec<String>> {
    if !nix::unistd::Uid::effective().is_root() {
        println!("skipped: needs root");
        return None;
    }
    let scratch = tempfile::tempdir().expect("a directory");
    let output = Command::new(env!("CARGO_BIN_EXE_shifter-site"))
        .args(["try", PROFILE, "--on-machine", "--", "sh", "-c", PREPARE, "sh", &script(page)])
        .env_clear()
        .envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("LC_ALL", "C.UTF-8"), ("NO_COLOR", "1")])
        .env("TMPDIR", scratch.path())
        .stdin(Stdio::null())
        .output()
        .expect("shifter-site runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut parts: Vec<String> = printed.split(MARK).map(str::to_owned).collect();
    let end = parts.pop().unwrap_or_default();
    assert!(end.starts_with("end\n"), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    Some(parts.split_off(1))
}

/// All files and commands as one script for the shell.
fn script(page: &Page) -> String {
    let mut script = String::new();
    for block in &page.blocks {
        match block {
            Block::File { name, text } => {
                write!(script, "cat >{name} <<'END OF {name}'\n{text}END OF {name}\n")
                    .expect("a String takes all text");
            }
            Block::Console(steps) => {
                for step in steps {
                    let command = step.command.replace('\'', r"'\''");
                    write!(script, "printf '\\036'\nsh -c '{command}' 2>&1 </dev/null || :\n")
                        .expect("a String takes all text");
                }
            }
            Block::Prose(_) => {}
        }
    }
    script + "printf '\\036end\\n'\n"
}

#[test]
fn a_page_becomes_a_script_with_a_mark_before_each_output() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("page.md");
    std::fs::write(&path, "```sh job.sh\necho 'x'\n```\n```console\n$ echo 'a b'\na b\n$ true\n```\n")
        .expect("written");
    let expected = "cat >job.sh <<'END OF job.sh'\necho 'x'\nEND OF job.sh\n\
        printf '\\036'\nsh -c 'echo '\\''a b'\\''' 2>&1 </dev/null || :\nprintf '\\036'\nsh -c 'true' 2>&1 </dev/null || :\n\
        printf '\\036end\\n'\n";
    assert_eq!(script(&Page::read(Path::new(&path))), expected);
}
