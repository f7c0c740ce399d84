//! The sshd of a job's container: found before the container is built, begun in it when it is there, ended before it goes.
//!
//! It is a program of the site's in `optUdiImage`, and runs as the user, as a start that joins does; root's part is to
//! give it a PID namespace, which nothing that it starts can leave, and a `/proc` that shows that. Which process it is is
//! noted below `/run/shifter`, where only root writes, so the one that is ended is the one that was begun.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shifter_formats::job_key::{JobKey, NotJobKey};
use shifter_formats::udiroot::Conf;
use shifter_sys::open::{self, For, Kind};
use shifter_sys::{CallError, later, process};

use crate::account::User;
use crate::plan::Ssh;
use crate::privilege::Raised;
use crate::trust::{TrustError, source};

mod begin;
mod note;

pub(crate) use begin::{Beginning, begin};
pub(crate) use note::end;

/// Where the program is below `optUdiImage`, and so below `/opt/udiImage` of the container.
const PROGRAM: &str = "sbin/shifter-sshd";
/// The port that the original's manual names.
const PORT: u64 = 1204;
/// Ports before this one are root's (ip(7)).
const FIRST_OF_USERS: u16 = 1024;
/// No file of keys is larger. Bytes.
const LARGEST: u64 = 16 << 10;
const READABLE_BY_OTHERS: u32 = 0o077;
const EXECUTABLE: u32 = 0o001;
/// How long the sshd has to listen, or to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no sshd.
#[derive(Debug)]
pub enum SshdError {
    /// What was given is no key.
    Key(NotJobKey),
    /// No user can listen there.
    Port(u64),
    /// There is no place for the program.
    NoUdiImage,
    /// The program is not there.
    NoProgram(PathBuf, CallError),
    /// It is there, and users cannot run it.
    NotExecutable(PathBuf),
    /// Somebody else than root could have put it there.
    Trust(TrustError),
    /// The job's keys cannot be read by the user.
    NoKeys(PathBuf, CallError),
    /// A file of theirs is not the user's alone.
    Exposed(PathBuf),
    /// The node keeps nothing in memory for root.
    NoMemory,
    /// It did not begin; what it said.
    NotBegun(String),
    /// A call.
    Call(CallError),
}

impl fmt::Display for SshdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("option -s: ")?;
        match self {
            SshdError::Key(error) => error.fmt(f),
            SshdError::Port(port) => write!(f, "sshdPort is {port}; a user can listen at 1024 to 65535"),
            SshdError::NoUdiImage => {
                write!(f, "the sshd is `{PROGRAM}` in optUdiImage, and udiRoot.conf has no such key")
            }
            SshdError::NoProgram(path, error) => {
                write!(
                    f,
                    "there is no sshd for containers at `{}` ({}); install it there, or leave the key out",
                    path.display(),
                    error.errno
                )
            }
            SshdError::NotExecutable(path) => {
                write!(f, "`{}` is not a program that users can run (mode 0755)", path.display())
            }
            SshdError::Trust(error) => write!(f, "{error} (key optUdiImage)"),
            SshdError::NoKeys(path, error) => write!(
                f,
                "the user cannot read `{}` ({}); `shifter-sshd new-keys` makes it where the job is submitted, in a home that this node has too",
                path.display(),
                error.errno
            ),
            SshdError::Exposed(path) => write!(f, "`{}` is not a file of the user's alone (mode 0600)", path.display()),
            SshdError::NoMemory => {
                f.write_str("which process the sshd is cannot be noted: `/run` is not in memory, or not root's alone")
            }
            SshdError::NotBegun(said) if said.is_empty() => {
                f.write_str("the sshd ended without a word, or did not listen in time")
            }
            SshdError::NotBegun(said) => write!(f, "the sshd did not begin: {said}"),
            SshdError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SshdError {}

impl From<CallError> for SshdError {
    fn from(error: CallError) -> SshdError {
        SshdError::Call(error)
    }
}

/// The program's place in the container.
fn program() -> PathBuf {
    Path::new("/opt/udiImage").join(PROGRAM)
}

/// What the sshd of a job needs, if a key was given: a program that the site has installed, and the job's keys, which
/// are read with the rights of the user.
///
/// # Errors
/// When one of them is missing.
pub(crate) fn find(raised: &Raised, conf: &Conf, key: Option<&str>, user: &User) -> Result<Option<Ssh>, SshdError> {
    let Some(key) = key else { return Ok(None) };
    let key = JobKey::parse(key).map_err(SshdError::Key)?;
    let port = conf.sshd_port.unwrap_or(PORT);
    let port = u16::try_from(port).ok().filter(|port| *port >= FIRST_OF_USERS).ok_or(SshdError::Port(port))?;
    check_program(conf)?;
    // Nothing is built where the sshd could not be noted.
    later::close(note::directory(raised)?);
    let directory = key.directory(&user.home);
    let files = raised.as_user(|user| {
        let read = |name: &str| read(&directory.join(name), user.caller.uid);
        Ok::<_, SshdError>([
            read(JobKey::FILES[0])?,
            read(JobKey::FILES[1])?,
            read(JobKey::FILES[2])?,
            read(JobKey::FILES[3])?,
        ])
    })?;
    Ok(Some(Ssh { port, files }))
}

fn check_program(conf: &Conf) -> Result<(), SshdError> {
    let path = conf.opt_udi_image.as_ref().ok_or(SshdError::NoUdiImage)?.join(PROGRAM);
    let opened = source::open_own(&path, For::Place).map_err(|error| match error.reason {
        crate::trust::Distrust::Call(call) => SshdError::NoProgram(path.clone(), call),
        _ => SshdError::Trust(error),
    })?;
    let facts = open::facts(&opened)?;
    if facts.kind == Kind::Regular && facts.mode & EXECUTABLE != 0 {
        Ok(())
    } else {
        Err(SshdError::NotExecutable(path))
    }
}

/// A file of the user's alone. What it is is asked of the open descriptor.
fn read(path: &Path, uid: u32) -> Result<Vec<u8>, SshdError> {
    let failed = |error| SshdError::NoKeys(path.to_owned(), error);
    let file = open::host(path, For::Reading).map_err(failed)?;
    let facts = open::facts(&file).map_err(failed)?;
    if facts.kind != Kind::Regular || facts.uid != uid || facts.mode & READABLE_BY_OTHERS != 0 {
        return Err(SshdError::Exposed(path.to_owned()));
    }
    open::read_sized(file, facts.size, LARGEST).map_err(failed)
}

/// Waits for a child that was ended.
fn wait(child: process::Child) {
    // Why it ended was said before.
    let _ended = process::wait(child);
}
