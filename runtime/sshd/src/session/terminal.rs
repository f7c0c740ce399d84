//! The terminal of a session: a pseudo-terminal (pty(7)) with the size and the modes that the client asks for.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use russh::Pty;
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::pty::OpenptFlags;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, Winsize, tcgetattr, tcsetattr,
    tcsetwinsize,
};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

use crate::flow::Inbound;

/// How much of the client's input is written at a time. Bytes.
const CHUNK: usize = 4096;

/// What a client asks for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// `TERM`.
    pub(crate) kind: String,
    /// In characters and pixels.
    pub(crate) size: Winsize,
    /// RFC 4254, 8.
    pub(crate) modes: Vec<(Pty, u32)>,
}

/// A new terminal.
pub(crate) struct Terminal {
    pub(crate) kind: String,
    pub(crate) path: OsString,
    pub(crate) master: Master,
    pub(crate) slave: OwnedFd,
}

/// Our end of a terminal.
pub(crate) struct Master(AsyncFd<OwnedFd>);

/// A size, as the protocol has it.
pub(crate) fn size(columns: u32, rows: u32, width: u32, height: u32) -> Winsize {
    let fits = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
    Winsize { ws_row: fits(rows), ws_col: fits(columns), ws_xpixel: fits(width), ws_ypixel: fits(height) }
}

impl Terminal {
    pub(crate) fn open(wanted: &Wanted) -> io::Result<Terminal> {
        let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        rustix::pty::grantpt(&master)?;
        rustix::pty::unlockpt(&master)?;
        let path = rustix::pty::ptsname(&master, Vec::new())?.into_bytes();
        // The path may be another terminal's where the container has a /dev/pts of its own.
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let slave = rustix::pty::ioctl_tiocgptpeer(&master, flags)?;
        let mut attributes = tcgetattr(&slave)?;
        wanted.modes.iter().for_each(|&(mode, value)| apply(&mut attributes, mode, value));
        tcsetattr(&slave, OptionalActions::Now, &attributes)?;
        tcsetwinsize(&master, wanted.size)?;
        let flags = rustix::fs::fcntl_getfl(&master)?;
        rustix::fs::fcntl_setfl(&master, flags | OFlags::NONBLOCK)?;
        Ok(Terminal { kind: wanted.kind.clone(), path: OsString::from_vec(path), master: Master::new(master)?, slave })
    }
}

impl Master {
    #[expect(
        deprecated,
        reason = "an `OwnedFd` is the same descriptor all its life, which the other call wants promised"
    )]
    fn new(master: OwnedFd) -> io::Result<Master> {
        Ok(Master(AsyncFd::new(master)?))
    }

    pub(crate) fn resize(&self, size: Winsize) {
        // A terminal that is gone has no size.
        let _is_gone = tcsetwinsize(&self.0, size);
    }

    /// What is typed, to the end of the client's input.
    pub(crate) async fn write_all(&self, mut typed: Inbound) -> io::Result<()> {
        let mut buffer = [0; CHUNK];
        loop {
            let mut left = match typed.read(&mut buffer).await? {
                0 => return Ok(()),
                length => &buffer[..length],
            };
            while !left.is_empty() {
                let mut ready = self.0.writable().await?;
                if let Ok(written) = ready.try_io(|fd| Ok(rustix::io::write(fd, left)?)) {
                    left = &left[written?..];
                }
            }
        }
    }

    /// What is shown.
    pub(crate) fn reader(self: Arc<Self>) -> Shown {
        Shown(self)
    }
}

/// What is shown on a terminal, until nobody has its other end any more.
pub(crate) struct Shown(Arc<Master>);

impl AsyncRead for Shown {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.0.0.poll_read_ready(context))?;
            let unfilled = buffer.initialize_unfilled();
            match ready.try_io(|fd| match rustix::io::read(fd, unfilled) {
                // All other ends are closed (pty(7)).
                Err(Errno::IO) => Ok(0),
                done => Ok(done?),
            }) {
                Ok(length) => {
                    buffer.advance(length?);
                    return Poll::Ready(Ok(()));
                }
                Err(_would_block) => {}
            }
        }
    }
}

/// The character that is none (`_POSIX_VDISABLE`), in the protocol and in Linux.
const NO_CHARACTER: u32 = 255;

/// Sets a mode (RFC 4254, 8). One that Linux does not have, or that has no meaning for a pseudo-terminal, changes nothing.
fn apply(to: &mut Termios, mode: Pty, value: u32) {
    if let Some((_, code)) = CHARACTERS.iter().find(|(known, _)| *known == mode as u8) {
        let character = if value == NO_CHARACTER { 0 } else { u8::try_from(value).unwrap_or_default() };
        to.special_codes[*code] = character;
    } else if let Some((_, flag)) = INPUT.iter().find(|(known, _)| *known == mode as u8) {
        to.input_modes.set(*flag, value != 0);
    } else if let Some((_, flag)) = LOCAL.iter().find(|(known, _)| *known == mode as u8) {
        to.local_modes.set(*flag, value != 0);
    } else if let Some((_, flag)) = OUTPUT.iter().find(|(known, _)| *known == mode as u8) {
        to.output_modes.set(*flag, value != 0);
    }
}

const CHARACTERS: [(u8, SpecialCodeIndex); 13] = [
    (1, SpecialCodeIndex::VINTR),
    (2, SpecialCodeIndex::VQUIT),
    (3, SpecialCodeIndex::VERASE),
    (4, SpecialCodeIndex::VKILL),
    (5, SpecialCodeIndex::VEOF),
    (6, SpecialCodeIndex::VEOL),
    (7, SpecialCodeIndex::VEOL2),
    (8, SpecialCodeIndex::VSTART),
    (9, SpecialCodeIndex::VSTOP),
    (10, SpecialCodeIndex::VSUSP),
    (12, SpecialCodeIndex::VREPRINT),
    (13, SpecialCodeIndex::VWERASE),
    (14, SpecialCodeIndex::VLNEXT),
];

const INPUT: [(u8, InputModes); 13] = [
    (30, InputModes::IGNPAR),
    (31, InputModes::PARMRK),
    (32, InputModes::INPCK),
    (33, InputModes::ISTRIP),
    (34, InputModes::INLCR),
    (35, InputModes::IGNCR),
    (36, InputModes::ICRNL),
    (37, InputModes::IUCLC),
    (38, InputModes::IXON),
    (39, InputModes::IXANY),
    (40, InputModes::IXOFF),
    (41, InputModes::IMAXBEL),
    (42, InputModes::IUTF8),
];

const LOCAL: [(u8, LocalModes); 13] = [
    (50, LocalModes::ISIG),
    (51, LocalModes::ICANON),
    (52, LocalModes::XCASE),
    (53, LocalModes::ECHO),
    (54, LocalModes::ECHOE),
    (55, LocalModes::ECHOK),
    (56, LocalModes::ECHONL),
    (57, LocalModes::NOFLSH),
    (58, LocalModes::TOSTOP),
    (59, LocalModes::IEXTEN),
    (60, LocalModes::ECHOCTL),
    (61, LocalModes::ECHOKE),
    (62, LocalModes::PENDIN),
];

const OUTPUT: [(u8, OutputModes); 6] = [
    (70, OutputModes::OPOST),
    (71, OutputModes::OLCUC),
    (72, OutputModes::ONLCR),
    (73, OutputModes::OCRNL),
    (74, OutputModes::ONOCR),
    (75, OutputModes::ONLRET),
];
