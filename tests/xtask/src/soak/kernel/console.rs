//! What the guest's console says of the tests, as Markdown.

use std::collections::BTreeSet;

use super::{LONG, MARK, TESTS};

/// The lines of a guest, from the one on that says it came up.
pub(crate) struct Console {
    lines: Vec<String>,
}

impl Console {
    pub(super) fn new(lines: Vec<String>) -> Console {
        Console { lines }
    }

    /// Whether every test program ended well.
    pub(crate) fn is_well(&self) -> bool {
        (0..TESTS.len()).all(|nth| self.result(nth).is_some_and(|result| result.starts_with("ok. ")))
    }

    /// What a program says at its end: the result of all the tests that it said it runs. Others are of its children that failed.
    fn result(&self, nth: usize) -> Option<&str> {
        let number = |text: &str| text.split(' ').next()?.parse::<u32>().ok();
        let (running, result) = (format!("{nth}: running "), format!("{nth}: test result: "));
        let all = self.lines.iter().find_map(|line| number(line.strip_prefix(&running)?))?;
        self.lines.iter().filter_map(|line| line.strip_prefix(&result)).find(|result| {
            let counts = ["passed;", "failed;", "ignored;"].map(|what| result.split(&format!(" {what}")).next());
            let count = |before: Option<&str>| number(before?.rsplit(' ').next()?);
            counts.into_iter().filter_map(count).sum::<u32>() == all
        })
    }

    /// How far a program came that did not end.
    fn so_far(&self, nth: usize) -> String {
        let start = format!("{nth}: test ");
        let passed = self.lines.iter().filter(|line| line.starts_with(&start) && line.ends_with(" ... ok")).count();
        format!("it did not end; {passed} had passed")
    }

    /// Names of tests that failed, and what tests said they could not try.
    fn failed_and_skipped(&self) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let said = || self.lines.iter().filter_map(|line| Some(line.split_once(": ")?.1));
        let failed = said().filter_map(|said| said.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
        let skipped = said().filter_map(|said| said.strip_prefix("skipped"));
        (failed.collect(), skipped.map(|why| why.trim_start_matches(':').trim()).collect())
    }

    /// The report.
    pub(crate) fn text(&self) -> String {
        let release = self.lines.first().and_then(|line| line.strip_prefix(MARK)).unwrap_or_default().trim();
        let mut text = format!("Linux {release}, emulated by qemu with two processors:\n\n");
        for (nth, (package, name, which)) in TESTS.iter().enumerate() {
            let result = self.result(nth).map_or_else(|| self.so_far(nth), str::to_owned);
            let counts = result.split("; 0 ignored").next().unwrap_or(&result);
            text += format!("* `{package}`, `{}`: {counts}\n", format!("{name} {which}").trim_end()).as_str();
        }
        let (failed, skipped) = self.failed_and_skipped();
        for (what, tests) in [("Failed", failed), ("What tests said they could not try there", skipped)] {
            if !tests.is_empty() {
                text += &format!("\n{what}:\n\n");
                tests.iter().for_each(|test| text += &format!("* {test}\n"));
            }
        }
        let long = LONG.map(|name| format!("`{name}`")).join(", ");
        text + &format!("\nNot tried, since they would take hours so: what begins with {long}.\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console(lines: &str) -> Console {
        Console::new(lines.lines().map(str::to_owned).collect())
    }

    #[test]
    fn a_console_tells_what_failed_and_what_could_not_be_tried() {
        let said = console(
            "soak-kernel 6.1.0-56-amd64\n0: running 8 tests\n\
             0: test result: ok. 8 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n1: running 10 tests\n\
             1: skipped: no /dev/fuse\n1: running 1 test\n1: test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured\n\
             1: test a::b ... FAILED\n2: running 2 tests\n2: test c::d ... ok\n\
             2: test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured\n\
             1: test result: FAILED. 9 passed; 1 failed; 0 ignored; 0 measured; 34 filtered out\n",
        );
        assert!(!said.is_well());
        let text = said.text();
        for line in [
            "Linux 6.1.0-56-amd64, emulated by qemu with two processors:",
            "* `shifter-sys`, `mounts`: ok. 8 passed; 0 failed",
            "* `shifter`, `start --skip attacks::`: FAILED. 9 passed; 1 failed",
            "* `shifter`, `start attacks::`: it did not end; 1 had passed",
            "* a::b",
            "* no /dev/fuse",
        ] {
            assert!(text.lines().any(|of_text| of_text == line), "{line}\n{text}");
        }
        let ended =
            |nth| format!("{nth}: running 1 test\n{nth}: test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured\n");
        assert!(console(&(0..3).map(ended).collect::<String>()).is_well());
    }
}
