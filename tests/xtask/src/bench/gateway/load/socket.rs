//! Sockets that never block.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrLike, UnixAddr, bind, connect, setsockopt, socket, sockopt,
};

use super::Target;

/// Where connections of one thread come from: addresses of 127.0.0.0/8, in turn, so that none runs out of ports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    process: u8,
    next: u16,
}

impl Origin {
    /// Of a thread of a process.
    pub(super) fn new(process: u8, thread: usize) -> Self {
        Self { process, next: u16::try_from(thread * 64 % 256).unwrap_or_default() << 8 }
    }

    fn take(&mut self) -> SocketAddrV4 {
        self.next = self.next.wrapping_add(1);
        let [high, low] = self.next.to_be_bytes();
        // Neither the network's own address nor that of its broadcasts.
        SocketAddrV4::new(Ipv4Addr::new(127, 64 | self.process, high, low.clamp(1, 254)), 0)
    }
}

/// Begins to connect.
///
/// A full backlog of a socket file says `EAGAIN` (connect(2)); a port's lets one wait.
pub(super) fn open(target: &Target, origin: &mut Origin) -> Result<OwnedFd, Errno> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    match target {
        Target::Unix(path) => {
            let fd = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
            begin(&fd, &UnixAddr::new(path)?)?;
            Ok(fd)
        }
        Target::Tcp(address) => {
            let fd = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
            setsockopt(&fd, sockopt::IpBindAddressNoPort, &true)?;
            setsockopt(&fd, sockopt::TcpNoDelay, &true)?;
            bind(fd.as_raw_fd(), &SockaddrIn::from(origin.take()))?;
            begin(&fd, &SockaddrIn::from(*address))?;
            Ok(fd)
        }
    }
}

fn begin(fd: &OwnedFd, address: &impl SockaddrLike) -> Result<(), Errno> {
    match connect(fd.as_raw_fd(), address) {
        Ok(()) | Err(Errno::EINPROGRESS) => Ok(()),
        Err(error) => Err(error),
    }
}
