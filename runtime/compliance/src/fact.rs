//! One thing that users rely on, and how it is asked for.

use crate::installation::{Answer, Installation};

/// Where a fact is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// In every Shifter.
    Everywhere,
    /// In ours only; the original differs, as `runtime/COMPATIBILITY.md` says.
    Native,
}

/// One thing that users rely on.
#[derive(Debug)]
pub(crate) struct Fact {
    /// The fact, as a sentence without its full stop.
    pub(crate) name: &'static str,
    /// Who says so.
    pub(crate) source: &'static str,
    /// Where it is expected.
    pub(crate) holds: Holds,
    /// Asks.
    pub(crate) ask: fn(&Installation) -> Asked,
}

/// What an installation answered: nothing to say, or in what it is unlike the fact.
pub(crate) type Asked = Result<(), Unlike>;

/// Why a fact was not found to hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unlike {
    /// It was asked for and is otherwise; what was seen.
    Differs(String),
    /// It cannot be asked for here, and why.
    CannotTell(String),
}

/// That `seen` is `expected`; `what` was looked at.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, seen: &T, expected: &T) -> Asked {
    if seen == expected {
        return Ok(());
    }
    Err(Unlike::Differs(format!("{what}: {seen:?} instead of {expected:?}")))
}

/// That a command ran and printed `expected`, an end of line aside.
pub(crate) fn prints(answer: &Answer, expected: &str) -> Asked {
    succeeded(answer)?;
    same("printed", &answer.stdout.trim_end_matches('\n'), &expected)
}

/// That a command ran and succeeded.
pub(crate) fn succeeded(answer: &Answer) -> Asked {
    if answer.status == Some(0) {
        return Ok(());
    }
    Err(Unlike::Differs(format!("failed with {answer}")))
}

/// That no command ran: `shifter` said why on standard error, and ended with none of the statuses of a command that was tried.
pub(crate) fn refused(answer: &Answer) -> Asked {
    if matches!(answer.status, Some(0 | 126 | 127) | None) || answer.stdout.contains(RAN) {
        return Err(Unlike::Differs(format!("was not refused: {answer}")));
    }
    if answer.stderr.trim().is_empty() {
        return Err(Unlike::Differs(format!("was refused without a word on standard error: {answer}")));
    }
    Ok(())
}

/// What the command of a call that must be refused would print.
const RAN: &str = "the-command-ran";

/// The shell's words for that, so that they need no program of the image but the shell.
pub(crate) const SAY: &str = "printf the-command-ran";

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: i32, stdout: &str, stderr: &str) -> Answer {
        Answer { status: Some(status), signal: None, stdout: stdout.to_owned(), stderr: stderr.to_owned() }
    }

    #[test]
    fn a_refusal_runs_nothing_and_says_why() {
        assert_eq!(refused(&answer(1, "", "no such image")), Ok(()));
        for wrong in [answer(0, "", "x"), answer(1, RAN, "x"), answer(1, "usage", "\n"), answer(127, "", "x")] {
            assert!(matches!(refused(&wrong), Err(Unlike::Differs(_))), "{wrong:?}");
        }
    }

    #[test]
    fn the_shell_says_what_is_looked_for() {
        assert!(SAY.ends_with(RAN));
    }

    #[test]
    fn what_is_printed_is_compared_whole() {
        assert_eq!(prints(&answer(0, "a\n", ""), "a"), Ok(()));
        for wrong in [answer(0, "warning\na\n", ""), answer(1, "a\n", "")] {
            assert!(matches!(prints(&wrong, "a"), Err(Unlike::Differs(_))), "{wrong:?}");
        }
    }
}
