//! `#!/usr/bin/shifter --image=... /bin/sh` as the first line of a script.
//!
//! The kernel gives everything after the interpreter's name as one word (execve(2), "Interpreter scripts"). It is split
//! at blanks only if the next word is a file whose first line says exactly this, so no ordinary command line changes.
//! `#!/usr/bin/shifter /bin/bash -e`, with the image from elsewhere, is split in the same way.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// The words of such a line, or the words as they were.
///
/// `first_line` reads the beginning of a file as the caller; it is asked only where a word could be such an argument.
pub fn split(words: Vec<OsString>, first_line: impl FnOnce(&OsStr) -> Option<Vec<u8>>) -> Vec<OsString> {
    let [argument, script, ..] = words.as_slice() else { return words };
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    if !argument.as_bytes().iter().any(is_blank) {
        return words;
    }
    let says_so = first_line(script).is_some_and(|line| {
        let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let rest = line.strip_prefix(b"#!").map(<[u8]>::trim_ascii);
        let argument = argument.as_bytes();
        rest.and_then(|rest| rest.strip_suffix(argument)).is_some_and(|program| program.last().is_some_and(is_blank))
    });
    if !says_so {
        return words;
    }
    let parts = argument.as_bytes().split(is_blank).filter(|part| !part.is_empty());
    parts.map(|part| OsStr::from_bytes(part).to_owned()).chain(words[1..].iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(words: &[&str], line: Option<&str>) -> Vec<OsString> {
        split(words.iter().map(OsString::from).collect(), |_| line.map(|line| line.as_bytes().to_vec()))
    }

    #[test]
    fn the_one_word_of_a_script_is_split() {
        let line = Some("#!/usr/bin/shifter --image=docker:a:b /bin/sh\necho\n");
        let expected = ["--image=docker:a:b", "/bin/sh", "./job.sh", "x"];
        assert_eq!(after(&["--image=docker:a:b /bin/sh", "./job.sh", "x"], line), expected);
        let line = Some("#! /usr/bin/shifter\t/bin/bash -e \n");
        assert_eq!(after(&["/bin/bash -e", "./job.sh"], line), ["/bin/bash", "-e", "./job.sh"]);
    }

    #[test]
    fn a_word_with_blanks_that_no_script_says_stays_whole() {
        let words = ["--env=A=b c", "./job.sh"];
        assert_eq!(after(&words, Some("#!/bin/sh\n")), words);
        assert_eq!(after(&words, None), words);
        assert_eq!(after(&["ls", "a b"], Some("#!x ls\n")), ["ls", "a b"]);
    }
}
