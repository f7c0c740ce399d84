//! A server that reads a question, lets time pass, answers and closes, as the web server of the original does.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, listen, socket};

/// Threads that answer.
pub(super) struct Server {
    address: SocketAddrV4,
    state: Arc<State>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    ends: AtomicBool,
    answers: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Server {
    /// Listens on a free port of this machine with room for so many connections.
    pub(super) fn new(service: Duration, threads: u32, room: u32) -> Result<Self> {
        let opened = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        bind(std::os::fd::AsRawFd::as_raw_fd(&opened), &SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)))?;
        let backlog = Backlog::new(i32::try_from(room)?).context("more room than listen(2) gives")?;
        listen(&opened, backlog)?;
        let listener = TcpListener::from(opened);
        let std::net::SocketAddr::V4(address) = listener.local_addr()? else { bail!("not the address that was bound") };
        let state = Arc::new(State::default());
        let spawn = |_| -> Result<JoinHandle<()>> {
            let (listener, state) = (listener.try_clone()?, Arc::clone(&state));
            Ok(std::thread::spawn(move || state.serve(&listener, service)))
        };
        let threads = (0..threads).map(spawn).collect::<Result<_>>()?;
        Ok(Self { address, state, threads })
    }

    pub(super) fn address(&self) -> SocketAddrV4 {
        self.address
    }

    /// Ends the server; what an answer took it in the mean.
    pub(super) fn end(self) -> Result<Duration> {
        self.state.ends.store(true, Ordering::SeqCst);
        for thread in self.threads {
            // A thread that waits for a client gets one.
            while !thread.is_finished() {
                drop(TcpStream::connect_timeout(&self.address.into(), Duration::from_millis(100)));
            }
            thread.join().ok().context("a thread of the server panicked")?;
        }
        let answers = self.state.answers.load(Ordering::SeqCst);
        Ok(Duration::from_nanos(self.state.nanoseconds.load(Ordering::SeqCst) / answers.max(1)))
    }
}

impl State {
    fn serve(&self, listener: &TcpListener, service: Duration) {
        while !self.ends.load(Ordering::SeqCst) {
            let Ok((mut client, _)) = listener.accept() else { return };
            let begin = Instant::now();
            // A client that left is not seen to have left before the answer is made.
            let _ = client.read(&mut [0; 64]);
            std::thread::sleep(service);
            let _ = client.write_all(b"answer");
            drop(client);
            if !self.ends.load(Ordering::SeqCst) {
                self.answers.fetch_add(1, Ordering::SeqCst);
                self.nanoseconds.fetch_add(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(0), Ordering::SeqCst);
            }
        }
    }
}
