//! The command's variables.

use crate::fact::{Fact, Holds, SAY, prints, refused};

pub(super) const FACTS: &[Fact] = &[
    Fact {
        name: "the caller's variables are the command's",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| prints(&here.start(&["printenv", "MINE"]).env("MINE", "a b=c").answer()?, "a b=c"),
    },
    Fact {
        name: "--env sets a variable over the caller's",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| {
            prints(&here.start(&["--env=MINE=new=er", "printenv", "MINE"]).env("MINE", "old").answer()?, "new=er")
        },
    },
    Fact {
        name: "the last --env of a name counts",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| prints(&here.start(&["-e", "MINE=1", "-e", "MINE=2", "printenv", "MINE"]).answer()?, "2"),
    },
    Fact {
        name: "--env without = is refused",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| refused(&here.start(&["-e", "MINE", "/bin/sh", "-c", SAY]).answer()?),
    },
    Fact {
        name: "--env can set nothing to a variable",
        source: "runtime/COMPATIBILITY.md; the original refuses it",
        holds: Holds::Native,
        ask: |here| prints(&here.start(&["-e", "MINE=", "sh", "-c", "printf %s \"${MINE-unset}|\""]).answer()?, "|"),
    },
    Fact {
        name: "--clearenv leaves the caller's variables out",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| {
            let call = here.start(&["-E", "-e", "KEPT=1", "sh", "-c", "printf \"${MINE-unset} $KEPT\""]);
            prints(&call.env("MINE", "x").answer()?, "unset 1")
        },
    },
    Fact {
        name: "--env-file reads a line a variable, without comments",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| {
            let file = here.file("variables", "# one\n\nFIRST=1 and more\nSECOND='2'\n")?;
            let option = format!("--env-file={}", file.display());
            prints(&here.start(&[&option, "sh", "-c", "printf %s \"$FIRST|$SECOND\""]).answer()?, "1 and more|'2'")
        },
    },
    Fact {
        name: "--env wins over --env-file",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| {
            let option = format!("--env-file={}", here.file("variables", "MINE=file\n")?.display());
            prints(&here.start(&["-e", "MINE=option", &option, "printenv", "MINE"]).answer()?, "option")
        },
    },
    Fact {
        name: "the loader's variables of the caller do not reach the container",
        source: "ld.so(8), secure-execution mode",
        holds: Holds::Everywhere,
        ask: |here| {
            let call = here.start(&["sh", "-c", "printf %s \"${LD_PRELOAD-unset}\""]);
            prints(&call.env("LD_PRELOAD", "/no/such/library.so").answer()?, "unset")
        },
    },
];
