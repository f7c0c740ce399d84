//! Standard output and error: colours only where somebody sees them, and a closed pipe is no error.

use std::{
    io::{self, IsTerminal, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use super::{
    exit::Failure,
    whole::{self, Existing},
};
use crate::{diagnostic::Style, profile::file};

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where a verb speaks.
#[derive(Debug)]
pub(super) struct Console {
    colour: Colour,
}

impl Console {
    pub(super) fn new(colour: Colour) -> Self {
        Self { colour }
    }

    /// How to draw on standard output.
    pub(super) fn style(&self) -> Style {
        self.style_for(io::stdout().is_terminal())
    }

    /// How to draw on standard error.
    pub(super) fn error_style(&self) -> Style {
        self.style_for(io::stderr().is_terminal())
    }

    /// How to draw in a file.
    pub(super) fn file_style(&self) -> Style {
        self.style_for(false)
    }

    fn style_for(&self, terminal: bool) -> Style {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let colour = match self.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && wanted,
        };
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width = if terminal { columns.unwrap_or(100).clamp(40, 200) } else { 120 };
        Style { colour, width }
    }

    /// Says `text` on standard output. That the reader went away is no error.
    pub(super) fn say(&self, text: &str) -> Result<(), Failure> {
        self.pass_on(text.as_bytes())
    }

    /// Writes bytes to standard output as they are.
    pub(super) fn pass_on(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::Stream { verb: "write", stream: "output", source: error })
            }
            _ => Ok(()),
        }
    }

    /// Says `text` on standard error.
    pub(super) fn note(&self, text: &str) {
        // Nothing can be done about a closed standard error.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Says why a verb could not go.
    pub(super) fn complain(&self, failure: &Failure) {
        self.note(&format!("shifter-site: {failure}\n"));
    }

    /// The answer to a question; none where nobody can be asked.
    pub(super) fn ask(&self, question: &str) -> Result<Option<bool>, Failure> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(None);
        }
        self.note(question);
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        read.map_err(|source| Failure::Stream { verb: "read", stream: "input", source })?;
        Ok(Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")))
    }

    /// All of standard input, up to the size a profile may have.
    pub(super) fn input(&self) -> Result<Vec<u8>, Failure> {
        file::read_stream(io::stdin().lock()).map_err(|source| Failure::Stream {
            verb: "read",
            stream: "input",
            source,
        })
    }

    /// Writes a file that is not rendered configuration: a report, a schema. A file holds the whole text or what it
    /// held before; what is no file, such as `/dev/stderr`, is written to as it is.
    pub(super) fn save(&self, path: &Path, text: &str) -> Result<(), Failure> {
        let failed = |source| Failure::File { verb: "write", path: path.to_owned(), source };
        // Through links: the file is replaced and not the link to it.
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let known = std::fs::metadata(&place).ok();
        if known.as_ref().is_some_and(|known| !known.is_file()) {
            return std::fs::write(&place, text).map_err(failed);
        }
        let mode = known.map_or(0o644, |known| known.permissions().mode() & 0o7777);
        whole::write(&place, text.as_bytes(), mode, Existing::Replaced).map_err(|failure| match failure {
            Failure::File { verb, source, .. } => Failure::File { verb, path: path.to_owned(), source },
            other => other,
        })
    }
}
