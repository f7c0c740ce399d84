//! What `try` tells a person: one line for each step, with the time it took.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use super::TryError;

/// Width of the column that names the steps.
const NAME_WIDTH: usize = 9;

/// Prints steps as they end.
#[derive(Debug)]
pub struct Report {
    colour: bool,
    begun: Instant,
}

impl Report {
    /// A report on standard output, coloured on a terminal unless `NO_COLOR` is set (no-color.org).
    #[must_use]
    pub fn begin(title: &str) -> Self {
        let report = Self::resume();
        report.line(&format!("{}\n", report.painted("1", title)));
        report
    }

    /// The same report, continued by another process.
    pub(super) fn resume() -> Self {
        let colour =
            std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { colour, begun: Instant::now() }
    }

    /// Does one step and prints its name, what it says of itself, and its time.
    pub(super) fn step<T>(
        &self,
        name: &str,
        act: impl FnOnce() -> Result<(T, String), TryError>,
    ) -> Result<T, TryError> {
        let start = Instant::now();
        match act() {
            Ok((value, said)) => {
                self.done(name, start, &said);
                Ok(value)
            }
            Err(error) => {
                self.line(&format!("  {}  {name}\n", self.painted("31", "--")));
                Err(error)
            }
        }
    }

    /// Prints a step that began at `start` and has been done.
    pub fn done(&self, name: &str, start: Instant, said: &str) {
        let mark = self.painted("32", "ok");
        let time = self.painted("2", &milliseconds(start.elapsed()));
        self.line(&format!("  {mark}  {name:<NAME_WIDTH$} {time}  {}", indented(said)));
    }

    /// A line between the report and what a command prints.
    pub(super) fn rule(&self, title: &str) {
        self.line(
            &self.painted("2", &format!("\n----- {title} {}\n", "-".repeat(70_usize.saturating_sub(title.len())))),
        );
    }

    /// The closing line.
    pub(super) fn end(&self, said: &str) {
        self.rule("end");
        self.line(&format!("{said} ({} in all)", milliseconds(self.begun.elapsed()).trim_start()));
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    #[expect(clippy::unused_self, reason = "a report is what prints")]
    fn line(&self, text: &str) {
        // A closed standard output is no reason to leave a half-built machine behind.
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}");
        let _ = out.flush();
    }
}

/// `  12 ms`, right aligned.
fn milliseconds(time: Duration) -> String {
    format!("{:>5} ms", time.as_millis())
}

/// Further lines of a step stand below its first.
fn indented(said: &str) -> String {
    said.replace('\n', &format!("\n{}", " ".repeat(NAME_WIDTH + 17)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_line_stands_below_the_first() {
        assert_eq!(indented("one\ntwo"), format!("one\n{}two", " ".repeat(26)));
    }
}
