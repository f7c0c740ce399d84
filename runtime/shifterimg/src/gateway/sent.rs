//! An archive on its way to a gateway.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;

/// How long a gateway may take to answer once it has all of an archive: one without a name is read before.
pub(super) const ANSWER: Duration = Duration::from_secs(3600);

/// A file, or what comes in by the standard input.
pub(crate) struct Archive {
    source: Source,
    /// Bytes, where that is known.
    length: Option<u64>,
    was_read: bool,
    bar: ProgressBar,
}

enum Source {
    File(File),
    Stream(Box<dyn Read>),
}

impl Archive {
    /// Opens a file; `-` is the standard input. How far it is sent is shown on `bar`.
    pub(crate) fn open(path: &Path, bar: ProgressBar) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            return Ok(Self { source: Source::Stream(Box::new(io::stdin())), length: None, was_read: false, bar });
        }
        let wrong = |what: String| Failure::Usage(format!("cannot read `{}`: {what}", path.display()));
        let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
        let facts = file.metadata().map_err(|error| wrong(error.to_string()))?;
        if facts.is_dir() {
            return Err(wrong("it is a directory; write it into an archive with skopeo or `docker save`".to_owned()));
        }
        let length = facts.is_file().then_some(facts.len());
        let source = if facts.is_file() { Source::File(file) } else { Source::Stream(Box::new(file)) };
        let archive = Self { source, length, was_read: false, bar };
        archive.draw();
        Ok(archive)
    }

    /// Its bytes, where that is known.
    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    /// Begins anew for another gateway, unless the bytes are gone.
    pub(super) fn rewind(&mut self) -> Result<(), String> {
        self.bar.set_position(0);
        match &mut self.source {
            Source::File(file) => file.rewind().map_err(|error| error.to_string()),
            Source::Stream(_) if self.was_read => Err("the archive cannot be read a second time".to_owned()),
            Source::Stream(_) => Ok(()),
        }
    }

    fn draw(&self) {
        let style = |template| ProgressStyle::with_template(template).expect("a template of this program");
        match self.length {
            Some(length) => {
                self.bar.set_style(style("{spinner} Sending {bar:20} {bytes}/{total_bytes} {binary_bytes_per_sec}"));
                self.bar.set_length(length);
            }
            None => self.bar.set_style(style("{spinner} Sending {bytes} {binary_bytes_per_sec}")),
        }
    }
}

impl Read for Archive {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.was_read = true;
        let count = match &mut self.source {
            Source::File(file) => file.read(buffer)?,
            Source::Stream(stream) => stream.read(buffer)?,
        };
        self.bar.inc(count as u64);
        Ok(count)
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
