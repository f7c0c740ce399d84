//! A squashfs by tar2sqfs(1) of squashfs-tools-ng, fed through a pipe.
//!
//! The bytes of the result depend on the tree and the options alone: the program fixes the order of
//! its output for any number of jobs, and its time stamps come from `SOURCE_DATE_EPOCH` and the
//! archive.

use std::io::{BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use nix::errno::Errno;
use nix::sys::statvfs::fstatvfs;
use tempfile::NamedTempFile;

use super::compressed::Cancel;
use super::error::ConvertError;
use super::options::{Compression, Conversion};
use super::policy::Attributes;
use super::program::{self, Program};
use super::tar_writer::{Flag, TarWriter};
use super::writer::{ImageWriter, WriteError, durable, pass_on};
use crate::pull::Made;

/// The capacity asked of the pipe; a smaller one serves as well.
const PIPE_BYTES: i32 = 1 << 20;

/// The largest block of a squashfs: with less room the program cannot go on.
const BLOCK: u64 = 1 << 20;

/// The program, where it is installed.
pub(crate) fn find() -> Option<PathBuf> {
    program::find("tar2sqfs")
}

/// A running program, the archive it reads, and the file it writes.
pub(crate) struct Tar2sqfsWriter {
    program: Program,
    archive: Option<TarWriter<BufWriter<ChildStdin>>>,
    output: NamedTempFile,
    cancel: Cancel,
}

impl Tar2sqfsWriter {
    pub(crate) fn start(
        program: &Path,
        output: NamedTempFile,
        conversion: &Conversion,
        cancel: &Cancel,
    ) -> Result<Self, ConvertError> {
        let mut command = Command::new(program);
        command.args(arguments(conversion)).arg(output.path()).stdin(Stdio::piped());
        let mut program = Program::start(&mut command, &[("SOURCE_DATE_EPOCH", "0")])?;
        let stdin = program.stdin().expect("standard input is a pipe");
        let size = nix::fcntl::FcntlArg::F_SETPIPE_SZ(PIPE_BYTES);
        // Refused where the user has too many pipes; the default size works.
        let _ = nix::fcntl::fcntl(&stdin, size);
        Ok(Self {
            program,
            archive: Some(TarWriter::new(BufWriter::with_capacity(256 << 10, stdin))),
            output,
            cancel: cancel.clone(),
        })
    }

    /// Writes to the archive; where the pipe is broken, the program's own words are the error.
    fn write(
        &mut self,
        write: impl FnOnce(&mut TarWriter<BufWriter<ChildStdin>>) -> std::io::Result<()>,
    ) -> Result<(), ConvertError> {
        if self.cancel.is_raised() {
            return Err(ConvertError::Cancelled);
        }
        let archive = self.archive.as_mut().expect("the archive is open until `finish`");
        write(archive).map_err(|source| {
            self.archive = None;
            match self.program.wait() {
                Err(error) => self.cause_of(error),
                Ok(()) => self.output_error(source),
            }
        })
    }

    /// The program says `I/O error` of a full file system too.
    fn cause_of(&self, error: ConvertError) -> ConvertError {
        let room = fstatvfs(self.output.as_file()).map(|about| about.blocks_available() * about.fragment_size());
        match error {
            ConvertError::Program { .. } if room.is_ok_and(|room| room < BLOCK) => {
                self.output_error(Errno::ENOSPC.into())
            }
            error => error,
        }
    }

    fn output_error(&self, source: std::io::Error) -> ConvertError {
        ConvertError::Output { path: self.output.path().to_owned(), source }
    }
}

fn arguments(conversion: &Conversion) -> Vec<String> {
    let available = || std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
    let jobs = conversion.threads.unwrap_or_else(available);
    let (name, level) = match conversion.compression {
        Compression::Gzip { level } => ("gzip", Some(level)),
        Compression::Zstd { level } => ("zstd", Some(level)),
        Compression::Lz4 => ("lz4", None),
        Compression::Xz => ("xz", None),
    };
    let mut arguments: Vec<String> = ["-q", "-f", "-s", "-x", "-c", name].map(str::to_owned).to_vec();
    let mut option = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    option("-b", conversion.block_bytes.to_string());
    option("-j", jobs.to_string());
    option("-d", "uid=0,gid=0,mode=0755,mtime=0".to_owned());
    if let Some(level) = level {
        option("-X", format!("level={level}"));
    }
    if !conversion.tail_packing {
        arguments.push("-T".to_owned());
    }
    arguments
}

impl ImageWriter for Tar2sqfsWriter {
    fn directory(&mut self, path: &[u8], attributes: Attributes) -> Result<(), ConvertError> {
        self.write(|archive| archive.header(Flag::Directory, path, b"", attributes, 0))
    }

    fn symlink(&mut self, path: &[u8], target: &[u8], attributes: Attributes) -> Result<(), ConvertError> {
        self.write(|archive| archive.header(Flag::Symlink, path, target, attributes, 0))
    }

    fn file(
        &mut self,
        path: &[u8],
        attributes: Attributes,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), WriteError> {
        self.write(|archive| archive.header(Flag::File, path, b"", attributes, size))?;
        pass_on(content, |bytes| self.write(|archive| archive.content(bytes)))?;
        Ok(self.write(|archive| archive.pad(size))?)
    }

    fn hard_link(&mut self, path: &[u8], target: &[u8]) -> Result<(), ConvertError> {
        let attributes = Attributes::IMPLIED_DIRECTORY;
        self.write(|archive| archive.header(Flag::HardLink, path, target, attributes, 0))
    }

    fn finish(mut self: Box<Self>) -> Result<(Made, u64), ConvertError> {
        let archive = self.archive.take().expect("the archive is open until `finish`");
        let ended = archive.finish().and_then(|mut pipe| pipe.flush());
        // Closing the pipe ends the program; how it ended says more than a broken pipe.
        self.program.wait().map_err(|error| self.cause_of(error))?;
        ended.map_err(|source| self.output_error(source))?;
        let Self { output, .. } = *self;
        durable(output)
    }
}
