//! One thread of the load generator: an epoll(7) loop over its share of the connections.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::socket::{self, Origin};
use super::{Connections, Seen, Until, Work};

/// An answer that has not come after this long is a failure. The runtime's own default is 20 s (udiRoot.conf, gatewayTimeout).
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
struct Open {
    stream: File,
    /// The request, and how much of it is sent.
    request: usize,
    sent: usize,
    begun: Instant,
    /// What has come of the answer.
    answer: Vec<u8>,
    /// Whether the kernel was asked to tell when it may be written to.
    waits_to_write: bool,
}

/// A thread's part.
pub(super) struct Client {
    work: Arc<Work>,
    epoll: Epoll,
    origin: Origin,
    places: Vec<Option<Open>>,
    /// Places without a connection: the backlog was full, or it is not opened yet.
    free: VecDeque<usize>,
    seen: Seen,
}

impl Client {
    /// With so many connections. Those that stay are opened now.
    pub(super) fn new(work: &Arc<Work>, count: usize, thread: usize) -> Result<Self> {
        let mut client = Self {
            work: Arc::clone(work),
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            origin: Origin::new(work.plan.number, thread),
            places: (0..count).map(|_| None).collect(),
            free: (0..count).collect(),
            seen: Seen::default(),
        };
        while work.plan.connections == Connections::KeptAlive && !client.free.is_empty() {
            let place = client.free.pop_front().unwrap_or_default();
            let deadline = Instant::now() + PATIENCE;
            let stream = loop {
                match socket::open(&work.plan.target, &mut client.origin) {
                    Err(Errno::EAGAIN) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(1)),
                    opened => break opened?,
                }
            };
            client.put(place, stream)?;
        }
        Ok(client)
    }

    /// Works until there is nothing left to do.
    pub(super) fn run(mut self, begun: Instant) -> Result<Seen> {
        for place in 0..self.places.len() {
            if self.places[place].is_some() {
                self.next_request(place, begun);
            }
        }
        let mut events = vec![EpollEvent::empty(); 1024];
        let mut last = Instant::now();
        loop {
            self.fill(begun)?;
            if self.places.iter().all(Option::is_none) && (self.is_over(begun) || self.free.is_empty()) {
                break;
            }
            let timeout = if self.free.is_empty() || self.is_over(begun) { 100_u16 } else { 1 };
            let count = self.epoll.wait(&mut events, EpollTimeout::from(timeout))?;
            for event in &events[..count] {
                self.turn(event.data() as usize, begun)?;
            }
            if last.elapsed() > Duration::from_secs(1) {
                last = Instant::now();
                self.give_up_late_ones();
            }
        }
        self.seen.wall = begun.elapsed().as_secs_f64();
        Ok(self.seen)
    }

    /// Whether no request is to be begun any more.
    fn is_over(&self, begun: Instant) -> bool {
        match (self.work.deadline, self.work.plan.until) {
            (Some(deadline), _) => begun.elapsed() >= deadline,
            (None, Until::Requests(count)) => self.work.next.load(Ordering::Relaxed) >= count,
            (None, Until::Seconds(_)) => true,
        }
    }

    /// The next request, if there is one.
    fn take(&self, begun: Instant) -> Option<usize> {
        if self.is_over(begun) {
            return None;
        }
        let number = self.work.next.fetch_add(1, Ordering::Relaxed);
        match self.work.plan.until {
            Until::Requests(count) if number >= count => None,
            _ => Some(number % self.work.requests.len()),
        }
    }

    /// Opens connections where there are none.
    fn fill(&mut self, begun: Instant) -> Result<()> {
        for _ in 0..self.free.len() {
            if self.is_over(begun) {
                return Ok(());
            }
            let Some(place) = self.free.pop_front() else { return Ok(()) };
            match socket::open(&self.work.plan.target, &mut self.origin) {
                Ok(stream) => {
                    self.put(place, stream)?;
                    self.next_request(place, begun);
                }
                Err(Errno::EAGAIN) => {
                    self.free.push_front(place);
                    return Ok(());
                }
                Err(error) => {
                    // The request that it was for is not sent.
                    let _ = self.take(begun);
                    self.fail(format!("cannot connect: {error}"));
                    self.free.push_back(place);
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, place: usize, stream: OwnedFd) -> Result<()> {
        self.epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, place as u64))?;
        self.places[place] = Some(Open {
            stream: File::from(stream),
            request: 0,
            sent: 0,
            begun: Instant::now(),
            answer: Vec::new(),
            waits_to_write: false,
        });
        Ok(())
    }

    /// Begins another request on an open connection, or closes it.
    fn next_request(&mut self, place: usize, begun: Instant) {
        let Some(number) = self.take(begun) else {
            self.places[place] = None;
            return;
        };
        if let Some(open) = &mut self.places[place] {
            open.request = number;
            open.sent = 0;
            open.answer.clear();
            if self.work.plan.connections == Connections::KeptAlive {
                open.begun = Instant::now();
            }
            self.send(place);
        }
    }

    fn send(&mut self, place: usize) {
        let Some(open) = &mut self.places[place] else { return };
        let request = &self.work.requests[open.request];
        let sent = open.stream.write(&request[open.sent..]);
        let waits = match sent {
            Ok(count) => {
                open.sent += count;
                open.sent < request.len()
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => true,
            Err(error) => return self.lose(place, format!("cannot send: {error}")),
        };
        if waits != open.waits_to_write {
            let flags = if waits { EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT } else { EpollFlags::EPOLLIN };
            open.waits_to_write = waits;
            if let Err(error) = self.epoll.modify(&open.stream, &mut EpollEvent::new(flags, place as u64)) {
                self.lose(place, format!("cannot wait: {error}"));
            }
        }
    }

    /// Something can be done on a connection.
    fn turn(&mut self, place: usize, begun: Instant) -> Result<()> {
        if self.places[place].as_ref().is_some_and(|open| open.waits_to_write) {
            self.send(place);
        }
        let Some(open) = &mut self.places[place] else { return Ok(()) };
        let mut buffer = [0; 8192];
        match open.stream.read(&mut buffer) {
            Ok(0) => self.lose(place, "the connection was closed before the answer".to_owned()),
            Ok(count) => {
                open.answer.extend_from_slice(&buffer[..count]);
                if let Some(status) = status_of(&open.answer) {
                    self.seen.latency.note(u64::try_from(open.begun.elapsed().as_micros()).unwrap_or(u64::MAX));
                    if status == 200 {
                        self.seen.answered += 1;
                    } else {
                        let said = String::from_utf8_lossy(&open.answer).into_owned();
                        self.fail(said);
                    }
                    match self.work.plan.connections {
                        Connections::KeptAlive => self.next_request(place, begun),
                        Connections::Fresh => self.close(place),
                    }
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // An event of before the connection was there.
            Err(error) if error.kind() == ErrorKind::NotConnected => {}
            Err(error) => self.lose(place, format!("cannot receive: {error}")),
        }
        Ok(())
    }

    fn close(&mut self, place: usize) {
        self.places[place] = None;
        self.free.push_back(place);
    }

    /// A request without an answer.
    fn lose(&mut self, place: usize, why: String) {
        self.fail(why);
        self.close(place);
    }

    fn fail(&mut self, why: String) {
        self.seen.failed += 1;
        self.seen.first_failure.get_or_insert(why);
    }

    fn give_up_late_ones(&mut self) {
        for place in 0..self.places.len() {
            if self.places[place].as_ref().is_some_and(|open| open.begun.elapsed() > PATIENCE) {
                self.lose(place, format!("no answer within {} s", PATIENCE.as_secs()));
            }
        }
    }
}

/// The status of an answer that is there to its last byte.
fn status_of(answer: &[u8]) -> Option<u16> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let is_length = |name: &str| name.eq_ignore_ascii_case("content-length");
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    let length: usize = fields.find(|(name, _)| is_length(name))?.1.trim().parse().ok()?;
    (answer.len() >= end + 4 + length).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::status_of;

    #[test]
    fn an_answer_ends_with_the_last_byte_of_its_body() {
        let answer = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(status_of(answer), Some(404));
        for length in 0..answer.len() {
            assert_eq!(status_of(&answer[..length]), None);
        }
    }
}
