//! The call itself: words, streams, statuses.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use crate::fact::{Asked, Fact, Holds, SAY, Unlike, prints, refused, same, succeeded};
use crate::installation::{Answer, Installation};

/// Prints its words, each in brackets.
const ECHO: &str = "printf '<%s>' \"$@\"";

pub(super) const FACTS: &[Fact] = &[
    Fact {
        name: "the exit status is the command's",
        source: "manual of 18.03, shifter; execve(2) replaces the program",
        holds: Holds::Everywhere,
        ask: |here| same("status", &here.sh("exit 7").answer()?.status, &Some(7)),
    },
    Fact {
        name: "a command that a signal ends is seen to end by it",
        source: "execve(2) replaces the program",
        holds: Holds::Everywhere,
        ask: |here| same("signal", &here.sh("kill -9 $$").answer()?.signal, &Some(9)),
    },
    Fact {
        name: "a command that is not there gives status 127",
        source: "sh(1) and the original",
        holds: Holds::Everywhere,
        ask: |here| same("status", &here.start(&["no-such-command-here"]).answer()?.status, &Some(127)),
    },
    Fact {
        name: "a file that is no program gives status 126",
        source: "sh(1); the original gives 127",
        holds: Holds::Native,
        ask: |here| same("status", &here.start(&["/etc/passwd"]).answer()?.status, &Some(126)),
    },
    Fact {
        name: "without a command the shell runs",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| same("status", &here.start(&[]).input("exit 3\n").answer()?.status, &Some(3)),
    },
    Fact {
        name: "standard input reaches the command whole",
        source: "the program is replaced, its descriptors stay",
        holds: Holds::Everywhere,
        ask: |here| prints(&here.start(&["cat"]).input("one\ntwo").answer()?, "one\ntwo"),
    },
    Fact {
        name: "nothing but the command's output is on standard output",
        source: "pipes of users",
        holds: Holds::Everywhere,
        ask: |here| {
            let answer = here.sh("printf out; printf err >&2").answer()?;
            prints(&answer, "out")?;
            if answer.stderr.ends_with("err") {
                return Ok(());
            }
            Err(Unlike::Differs(format!("standard error ends otherwise: {:?}", answer.stderr)))
        },
    },
    Fact {
        name: "options end at the first word that is none",
        source: "manual of 18.03, shifter; POSIXLY_CORRECT in the original",
        holds: Holds::Everywhere,
        ask: |here| {
            prints(&here.start(&["/bin/sh", "-c", ECHO, "sh", "--help", "-e", "A=b"]).answer()?, "<--help><-e><A=b>")
        },
    },
    Fact {
        name: "options end at --",
        source: "getopt(3)",
        holds: Holds::Everywhere,
        ask: |here| prints(&here.start(&["--", "/bin/sh", "-c", "printf ran"]).answer()?, "ran"),
    },
    Fact {
        name: "words reach the command as they were given",
        source: "execve(2)",
        holds: Holds::Everywhere,
        ask: |here| {
            let words = ["a b", "", "'\"$HOME`id`\\", "two\nlines", "*", "ünï"];
            let expected: String = words.iter().map(|word| format!("<{word}>")).collect();
            prints(&here.start(&[&["/bin/sh", "-c", ECHO, "sh"], words.as_slice()].concat()).answer()?, &expected)
        },
    },
    Fact {
        name: "help is printed on standard output",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| {
            let answer = here.call(&["--help"]).answer()?;
            succeeded(&answer)?;
            same("names --image", &answer.stdout.contains("--image"), &true)
        },
    },
    Fact {
        name: "a version is told",
        source: "runtime/COMPATIBILITY.md",
        holds: Holds::Native,
        ask: |here| {
            let answer = here.call(&["--version"]).answer()?;
            succeeded(&answer)?;
            same("says something", &answer.stdout.trim().is_empty(), &false)
        },
    },
    Fact {
        name: "an unknown option is refused",
        source: "getopt(3)",
        holds: Holds::Everywhere,
        ask: |here| refused(&here.start(&["--no-such-option", "/bin/sh", "-c", SAY]).answer()?),
    },
    Fact {
        name: "an unambiguous beginning of an option is that option",
        source: "getopt_long(3)",
        holds: Holds::Everywhere,
        ask: |here| {
            prints(&here.call(&[&format!("--imag={}", here.image), "/bin/sh", "-c", "printf ran"]).answer()?, "ran")
        },
    },
    Fact {
        name: "sixteen starts at once all run",
        source: "ranks of one node",
        holds: Holds::Everywhere,
        ask: |here| {
            let answers: Vec<Result<Answer, Unlike>> = std::thread::scope(|scope| {
                let started: Vec<_> =
                    (0..16).map(|rank| scope.spawn(move || here.sh(&format!("printf {rank}")).answer())).collect();
                started.into_iter().map(|one| one.join().expect("a call does not panic")).collect()
            });
            answers.into_iter().enumerate().try_for_each(|(rank, answer)| prints(&answer?, &rank.to_string()))
        },
    },
    Fact {
        name: "shifter can be the interpreter of a script",
        source: "manual of 18.03, job scripts",
        holds: Holds::Everywhere,
        ask: |here| interpreter(here, "/bin/sh"),
    },
    Fact {
        name: "an interpreter line can hold options",
        source: "runtime/COMPATIBILITY.md; the kernel gives all words as one, execve(2)",
        holds: Holds::Native,
        ask: |here| interpreter(here, &format!("--image={} /bin/sh -e", here.image)),
    },
];

/// A script begins with `#!SHIFTER WORDS`; the image is named by a variable too.
fn interpreter(here: &Installation, words: &str) -> Asked {
    let text = format!("#!{} {words}\nprintf \"script in $SHIFTER_IMAGE\"\n", here.program()?.display());
    let script = here.file("script", &text)?;
    std::fs::set_permissions(&script, Permissions::from_mode(0o755))
        .map_err(|error| Unlike::CannotTell(format!("cannot make {} executable: {error}", script.display())))?;
    let answer = here.run(&script).env("SHIFTER_IMAGEREQUEST", &here.image).answer()?;
    prints(&answer, &format!("script in {}", here.id))
}
