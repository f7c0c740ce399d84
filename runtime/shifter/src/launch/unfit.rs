//! Why the kernel would not start a program, in the words of the one who asked (execve(2), "ERRORS").
//!
//! It is looked at after the start has failed, in the container and as the user: nothing here decides anything, and
//! nothing is read that he could not read.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use shifter_sys::Errno;
use shifter_sys::open::{self, For};

use super::elf::{self, Elf};

/// As many scripts may name each other as interpreters (`BINPRM_MAX_RECURSION` in the kernel is 5).
const DEEPEST: usize = 5;

/// A file with this in its first line is no text.
const NUL: u8 = 0;

/// Why a program was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A program for another machine: its platform.
    OtherPlatform(String),
    /// Its loader is not in the container.
    NoLoader(PathBuf),
    /// The program that its first line names is not in the container.
    NoInterpreter(PathBuf),
    /// The program that its first line names is, but cannot be started.
    Interpreter(PathBuf, Box<Unfit>),
    /// Its first line names shifter, which containers do not have.
    ShifterInside,
    /// Its first line ends as on Windows.
    CarriageReturn,
    /// Nobody may execute it: its permissions.
    NotExecutable(u32),
    /// It is a directory.
    Directory,
    /// Nothing can be executed where it is.
    NoExec,
    /// Neither a program nor a script.
    NotAProgram,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::OtherPlatform(platform) => {
                write!(f, "it is built for {platform}, and this node is {}", elf::of_this_node())
            }
            Unfit::NoLoader(path) => write!(
                f,
                "the loader it names, `{}`, is not in the container: it was built for another distribution",
                path.display()
            ),
            Unfit::NoInterpreter(path) => {
                write!(f, "its first line names `{}`, which is not in the container", path.display())
            }
            Unfit::Interpreter(path, why) => write!(f, "it is run by `{}`: {why}", path.display()),
            Unfit::ShifterInside => f.write_str(
                "its first line names only shifter, which is not in the container; \
                 let it end in what runs the script there, as in `#!/usr/bin/shifter --image=TAG /bin/sh`",
            ),
            Unfit::CarriageReturn => f.write_str(
                "its first line ends in a carriage return, as files made on Windows have it; dos2unix(1) helps",
            ),
            Unfit::NotExecutable(mode) => write!(f, "it is not executable (mode {mode:04o})"),
            Unfit::Directory => f.write_str("it is a directory"),
            Unfit::NoExec => f.write_str("it is on a file system that is mounted noexec"),
            Unfit::NotAProgram => f.write_str("it is neither a program nor a script"),
        }
    }
}

/// Why this file was not started, if more can be said than the error does.
pub(super) fn find(file: &Path, errno: Errno) -> Option<Unfit> {
    look(file, errno, DEEPEST)
}

fn look(path: &Path, errno: Errno, depth: usize) -> Option<Unfit> {
    let depth = depth.checked_sub(1)?;
    let place = open::host(path, For::Place).ok()?;
    let metadata = std::fs::metadata(path).ok()?;
    if metadata.is_dir() {
        return Some(Unfit::Directory);
    }
    // A fifo would keep us waiting for one who writes.
    if !metadata.is_file() {
        return None;
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if errno == Errno::ACCES && mode & 0o111 == 0 {
        return Some(Unfit::NotExecutable(mode));
    }
    if errno == Errno::ACCES && open::is_on_noexec(&place).is_ok_and(|noexec| noexec) {
        return Some(Unfit::NoExec);
    }
    let file = File::open(path).ok()?;
    if let Some(elf) = Elf::read(&file) {
        return match elf.loader {
            _ if errno == Errno::NOEXEC && elf.platform != elf::of_this_node() => {
                Some(Unfit::OtherPlatform(elf.platform))
            }
            Some(loader) if errno == Errno::NOENT && !loader.exists() => Some(Unfit::NoLoader(loader)),
            Some(loader) => through(loader, errno, depth),
            None => None,
        };
    }
    let interpreter = match first_line(&file)? {
        FirstLine::Interpreter(path) => path,
        // execvpe(3) gives such a file to the shell.
        FirstLine::Text if errno == Errno::NOEXEC => PathBuf::from("/bin/sh"),
        FirstLine::Text => return None,
        FirstLine::Other => return Some(Unfit::NotAProgram),
    };
    if interpreter.exists() {
        return through(interpreter, errno, depth);
    }
    Some(if interpreter.as_os_str().as_bytes().ends_with(b"\r") {
        Unfit::CarriageReturn
    } else if interpreter.file_name().is_some_and(|name| name == "shifter") {
        Unfit::ShifterInside
    } else {
        Unfit::NoInterpreter(interpreter)
    })
}

fn through(interpreter: PathBuf, errno: Errno, depth: usize) -> Option<Unfit> {
    let why = look(&interpreter, errno, depth)?;
    Some(Unfit::Interpreter(interpreter, Box::new(why)))
}

/// Whether a file that is no program is given to the shell, as execvpe(3) does: text without `#!`, or what cannot be read.
pub(super) fn is_for_the_shell(file: &Path) -> bool {
    File::open(file).map_or(true, |file| matches!(first_line(&file), None | Some(FirstLine::Text)))
}

enum FirstLine {
    /// `#!` and a program.
    Interpreter(PathBuf),
    /// Text.
    Text,
    /// Something else: a program for another system, data.
    Other,
}

fn first_line(file: &File) -> Option<FirstLine> {
    let mut head = Vec::new();
    // As much as the kernel reads (`BINPRM_BUF_SIZE`, 256 since Linux 5.1).
    file.take(256).read_to_end(&mut head).ok()?;
    let line = head.split(|&byte| byte == b'\n').next()?;
    if line.contains(&NUL) || line.starts_with(elf::MAGIC) {
        return Some(FirstLine::Other);
    }
    let Some(rest) = line.strip_prefix(b"#!") else { return Some(FirstLine::Text) };
    let mut words = rest.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    let name = words.next().unwrap_or_default();
    Some(FirstLine::Interpreter(PathBuf::from(std::ffi::OsStr::from_bytes(name))))
}
