//! The system log on this node: datagrams to a socket by its path (unix(7)), of which none ever waits.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
    UCred, connect as connect_to, sendmsg, socket_with,
};
use rustix::process::{Gid, Uid, getpid};

use crate::call::{CallError, Named};

/// As whom a datagram is sent (`SCM_CREDENTIALS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// As root, which the kernel lets only a process claim that is root or may become it.
    Root,
    /// As the real user and group.
    Oneself,
}

/// A socket that is connected to the log, neither waited for nor kept over an exec.
///
/// # Errors
/// `ENOENT` where there is no log, `ECONNREFUSED` where nobody reads it, `EACCES` where this user may not write it.
pub fn connect(path: &Path) -> Result<OwnedFd, CallError> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None).named("socket")?;
    let address = SocketAddrUnix::new(path).named("connect")?;
    connect_to(&socket, &address).named("connect")?;
    Ok(socket)
}

/// Sends a datagram whole or not at all.
///
/// # Errors
/// `EAGAIN` where the reader is behind, `EPERM` for [`Sender::Root`] without the right.
pub fn send(log: impl AsFd, datagram: &[u8], sender: Sender) -> Result<(), CallError> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if sender == Sender::Root {
        let root = UCred { pid: getpid(), uid: Uid::ROOT, gid: Gid::ROOT };
        let has_room = control.push(SendAncillaryMessage::ScmCredentials(root));
        assert!(has_room, "the space was made for one set of credentials");
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    sendmsg(log, &[IoSlice::new(datagram)], &mut control, flags).map(drop).named("sendmsg")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Errno;
    use std::os::unix::net::UnixDatagram;

    fn scratch(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("sys-log-{name}-{}", std::process::id()));
        let _not_there = std::fs::remove_file(&path);
        path
    }

    #[test]
    fn a_log_that_nobody_reads_does_not_wait() {
        let path = scratch("full");
        let reader = UnixDatagram::bind(&path).unwrap();
        let log = connect(&path).unwrap();
        let full = (0..1_000_000).find_map(|_| send(&log, &[b'x'; 2048], Sender::Oneself).err());
        assert_eq!(full.unwrap().errno, Errno::AGAIN);
        drop(reader);
        assert_eq!(connect(&path).unwrap_err().call, "connect");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(connect(&path).unwrap_err().errno, Errno::NOENT);
    }

    #[test]
    fn a_datagram_arrives_whole() {
        let path = scratch("whole");
        let reader = UnixDatagram::bind(&path).unwrap();
        send(connect(&path).unwrap(), b"<86>a\nb", Sender::Oneself).unwrap();
        let mut bytes = [0; 16];
        let length = reader.recv(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], b"<86>a\nb");
        std::fs::remove_file(&path).unwrap();
    }
}
