//! The beginning of an sshd, in the container that is there, as the user.

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Instant;

use shifter_formats::ssh_client::KEYS;
use shifter_formats::udiroot::{Conf, Loaded};
use shifter_sys::mount::{self, Attributes};
use shifter_sys::open::{self, For};
use shifter_sys::{CallError, Errno, pidfd, process};

use super::{PATIENCE, SshdError, note, program, wait};
use crate::attach::{self, Found};
use crate::hooks::HookFacts;
use crate::image::ImageFacts;
use crate::launch::{self, Inherited, Launch};
use crate::privilege::Raised;
use crate::request::options::{Options, Workdir};
use crate::request::{Environment, Request};
use crate::say::say;

/// What it says when it listens.
const READY: &str = "listening on port ";
/// No answer is longer. Bytes.
const LONGEST: usize = 4096;
const UMASK: u32 = 0o022;

/// What an sshd begins with, as a start that joins would.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning<'a> {
    /// The site's configuration.
    pub(crate) conf: &'a Conf,
    /// Where the container is.
    pub(crate) udi_mount: &'a Path,
    /// What only root sees of it.
    pub(crate) mark: &'a str,
    /// What was asked for.
    pub(crate) request: &'a Request,
    /// The modules loaded.
    pub(crate) modules: &'a [Loaded<'a>],
    /// What the image says.
    pub(crate) image: &'a ImageFacts,
    /// What the modules' scripts are told.
    pub(crate) hooks: &'a HookFacts<'a>,
    /// Where to listen.
    pub(crate) port: u16,
}

/// Begins it, and waits until it listens. On failure nothing of it is left.
///
/// # Errors
/// When it does not.
pub(crate) fn begin(raised: &Raised, with: &Beginning<'_>) -> Result<(), SshdError> {
    let notes = note::directory(raised)?;
    let (reading, writing) = process::pipe()?;
    let child = raised.in_first_process(
        |pid| note::write(&notes, with.udi_mount, pid),
        || {
            process::become_stdin(open::host(Path::new("/dev/null"), For::Reading)?)?;
            process::become_stdout(&writing)?;
            process::become_stderr(&writing)?;
            enter(with)
        },
        |dropped| {
            let launch = Launch {
                options: &options(with.port),
                request: with.request,
                conf: with.conf,
                modules: with.modules,
                image: with.image,
                inherited: &Inherited { environment: Environment::new(), directory: None, umask: UMASK },
            };
            match launch::become_command(dropped, &launch, with.hooks) {
                Ok(never) => match never {},
                Err(error) => say(&error),
            }
            1
        },
    )?;
    // ORDER: or its end would never be seen.
    drop(writing);
    let said = first_line(reading)?;
    if said.starts_with(READY) {
        return Ok(());
    }
    // ORDER: the child is not waited for yet, so its number is its own.
    pidfd::kill(pidfd::open(child.number())?)?;
    wait(child);
    note::end(with.udi_mount)?;
    Err(SshdError::NotBegun(said))
}

/// As root, in a mount table of its own: the container that was made, with a `/proc` of the PID namespace over the host's.
fn enter(with: &Beginning<'_>) -> Result<(), CallError> {
    let gone = CallError { call: "statx(udiMount)", errno: Errno::NOENT };
    match attach::look(with.udi_mount) {
        Ok(Found::Container(container)) if container.mark() == with.mark => container.enter()?,
        _ => return Err(gone),
    }
    let attributes = Attributes::NOSUID.and(Attributes::NODEV).and(Attributes::NOEXEC);
    mount::new_at(Path::new("/proc"), "proc", &[], attributes).map_err(|error| error.error)
}

fn options(port: u16) -> Options {
    let words = ["serve", "--silent", "--port", &port.to_string(), "--keys", KEYS].map(std::ffi::OsString::from);
    let command = [program().into_os_string()].into_iter().chain(words).collect();
    Options { command, workdir: Workdir::Path("/".into()), ..Options::default() }
}

/// What it says first, or all of it until it ends, in time. Its text is a user's: it is cut, and shown without what could
/// steer a terminal.
fn first_line(reading: OwnedFd) -> Result<String, CallError> {
    let deadline = Instant::now() + PATIENCE;
    let mut reading = std::fs::File::from(reading);
    let mut said = Vec::new();
    while !said.contains(&b'\n') && said.len() < LONGEST {
        let mut some = [0; 512];
        if !pidfd::is_ready_within(&reading, deadline.saturating_duration_since(Instant::now()))? {
            break;
        }
        match reading.read(&mut some) {
            Ok(0) | Err(_) => break,
            Ok(length) => said.extend_from_slice(&some[..length]),
        }
    }
    let text = String::from_utf8_lossy(&said);
    Ok(text.lines().next().unwrap_or_default().chars().filter(|char| !char.is_control()).collect())
}
