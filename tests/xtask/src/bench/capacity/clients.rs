//! Clients by the thousand in one thread: each connects when its time has come, asks, and waits.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddrV4, TcpStream};
use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, connect, socket};

/// What clients heard.
pub(super) struct Heard {
    /// How long those waited that got an answer, from the shortest.
    pub(super) waits: Vec<Duration>,
}

impl Heard {
    /// How long so many of a hundred waited at most.
    pub(super) fn at(&self, percent: usize) -> Duration {
        let place = (self.waits.len() * percent).div_ceil(100).max(1) - 1;
        self.waits.get(place).copied().unwrap_or_default()
    }
}

/// As many descriptors as root may have: a client needs one, and so does its server.
pub(super) fn many_descriptors() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).context("cannot have more open files")
}

/// Lets one client after the other ask `server`, each when its time of `begins` has come; who waits longer than `patience` leaves.
pub(super) fn ask(server: SocketAddrV4, begins: &[Duration], patience: Duration) -> Result<Heard> {
    let mut order: Vec<usize> = (0..begins.len()).collect();
    order.sort_by_key(|client| begins[*client]);
    let mut coming = VecDeque::from(order);
    let mut leaving: VecDeque<(Duration, usize)> = VecDeque::new();
    let mut open: Vec<Option<Asking>> = begins.iter().map(|_| None).collect();
    let mut waits = Vec::new();
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let mut events = [EpollEvent::empty(); 256];
    let origin = Instant::now();
    while !coming.is_empty() || !leaving.is_empty() {
        let now = origin.elapsed();
        while let Some(client) = coming.front().copied().filter(|client| begins[*client] <= now) {
            coming.pop_front();
            open[client] = Asking::new(server, &epoll, client)?;
            leaving.push_back((begins[client] + patience, client));
        }
        while leaving.front().is_some_and(|(at, client)| *at <= now || open[*client].is_none()) {
            if let Some((_, client)) = leaving.pop_front() {
                open[client] = None;
            }
        }
        let next =
            coming.front().map(|client| begins[*client]).into_iter().chain(leaving.front().map(|(at, _)| *at)).min();
        let wait = next.map_or(0, |next| next.saturating_sub(origin.elapsed()).as_millis().min(1000) as u16);
        let count = match epoll.wait(&mut events, EpollTimeout::from(wait)) {
            Err(Errno::EINTR) => 0,
            count => count?,
        };
        for event in &events[..count] {
            let client = event.data() as usize;
            let Some(asking) = &mut open[client] else { continue };
            match asking.goes_on(&epoll, client) {
                Step::Waits => {}
                Step::Answered => {
                    waits.push(origin.elapsed() - begins[client]);
                    open[client] = None;
                }
                Step::Failed => open[client] = None,
            }
        }
    }
    waits.sort_unstable();
    Ok(Heard { waits })
}

/// A connection, until there is an answer.
struct Asking {
    stream: TcpStream,
    has_asked: bool,
}

enum Step {
    Waits,
    Answered,
    Failed,
}

impl Asking {
    /// Begins to connect; none where the kernel refuses at once.
    fn new(server: SocketAddrV4, epoll: &Epoll, client: usize) -> Result<Option<Self>> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let opened = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
        match connect(opened.as_raw_fd(), &SockaddrIn::from(server)) {
            Ok(()) | Err(Errno::EINPROGRESS) => {}
            Err(_) => return Ok(None),
        }
        let stream = TcpStream::from(opened);
        epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLOUT, client as u64))?;
        Ok(Some(Self { stream, has_asked: false }))
    }

    fn goes_on(&mut self, epoll: &Epoll, client: usize) -> Step {
        if self.has_asked {
            return match self.stream.read(&mut [0; 64]) {
                Ok(count) if count > 0 => Step::Answered,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Step::Waits,
                _ => Step::Failed,
            };
        }
        self.has_asked = true;
        let asked = self.stream.write_all(b"question").is_ok();
        let mut answer = EpollEvent::new(EpollFlags::EPOLLIN, client as u64);
        if asked && epoll.modify(&self.stream, &mut answer).is_ok() { Step::Waits } else { Step::Failed }
    }
}
