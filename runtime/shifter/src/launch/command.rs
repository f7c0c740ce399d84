//! Which words are run.

use std::ffi::OsString;
use std::fmt;

use crate::image::ImageFacts;
use crate::request::options::{Entrypoint, Options};

/// What runs when nothing is named. The image's CMD runs only with its entry point, as it always did.
const SHELL: &str = "/bin/sh";

/// Why there is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// `--entrypoint` without a value, and the image has none.
    NoEntrypoint,
    /// `-w` without a value, and the image has none.
    NoWorkdir,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CommandError::NoEntrypoint => "the image has no entry point; name one with --entrypoint=PROGRAM",
            CommandError::NoWorkdir => "the image has no working directory; name one with --workdir=PATH",
        })
    }
}

impl std::error::Error for CommandError {}

/// The command with its arguments, never empty.
///
/// # Errors
/// When the image's entry point is asked for and it has none.
pub fn words(options: &Options, image: &ImageFacts) -> Result<Vec<OsString>, CommandError> {
    let arguments = &options.command;
    match &options.entrypoint {
        Entrypoint::Unused if arguments.is_empty() => Ok(vec![SHELL.into()]),
        Entrypoint::Unused => Ok(arguments.clone()),
        Entrypoint::Program(program) => Ok([program].into_iter().chain(arguments).cloned().collect()),
        Entrypoint::Image => {
            let entry = image.entry.as_deref().filter(|entry| entry.first().is_some_and(|word| !word.is_empty()));
            let entry = entry.ok_or(CommandError::NoEntrypoint)?;
            let rest = if arguments.is_empty() { image.cmd.as_deref().unwrap_or_default() } else { arguments };
            Ok(entry.iter().chain(rest).cloned().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::options::parse;

    fn run(words: &[&str], entry: Option<&[&str]>) -> Result<Vec<OsString>, CommandError> {
        let owned = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let image = ImageFacts { entry: entry.map(owned), cmd: Some(owned(&["cmd"])), ..ImageFacts::default() };
        super::words(&parse(words.iter().map(OsString::from)).unwrap(), &image)
    }

    #[test]
    fn each_row_of_the_table_gives_its_command() {
        let entry: Option<&[&str]> = Some(&["entry", "x"]);
        assert_eq!(run(&["a", "b"], entry).unwrap(), ["a", "b"]);
        assert_eq!(run(&[], entry).unwrap(), ["/bin/sh"]);
        assert_eq!(run(&["--entrypoint"], entry).unwrap(), ["entry", "x", "cmd"]);
        assert_eq!(run(&["--entrypoint", "a"], entry).unwrap(), ["entry", "x", "a"]);
        assert_eq!(run(&["--entrypoint=X"], entry).unwrap(), ["X"]);
        assert_eq!(run(&["--entrypoint=X y", "a"], entry).unwrap(), ["X y", "a"]);
        assert_eq!(run(&["--entrypoint", "a"], None), Err(CommandError::NoEntrypoint));
        assert_eq!(run(&["--entrypoint"], Some(&[""])), Err(CommandError::NoEntrypoint));
    }
}
