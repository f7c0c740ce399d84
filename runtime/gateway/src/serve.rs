//! Sockets and connections.
//!
//! Each connection is told who is at its other end before its first request is read. Header names
//! go out as `Content-Type`, not `content-type`: old clients compare them byte for byte.
//!
//! Nobody can keep others from being answered by connections on which nothing happens: their number is bounded, and the
//! longest idle make room (`guests`); who sends no head, or does not take his answer (`patient`), is given up.

mod guests;
mod patient;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use shifter_gateway_types::config::Listen;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, UnixListener, UnixSocket};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::auth::Peer;
use guests::{GUESTS, Guest};
use patient::Patient;

/// How long a client may take to send the head of a request, and how long none may come.
const HEAD: Duration = Duration::from_secs(30);
/// How long a client may take nothing of its answer.
const TAKE: Duration = Duration::from_secs(30);
/// The largest head: credentials with many passwords have some tens of kilobytes.
const HEAD_BYTES: usize = 256 << 10;
/// How long to wait before accepting again when the process has no descriptors left.
const BREATH: Duration = Duration::from_millis(50);
/// Connections that wait to be accepted: as many as the kernel allows (`net.core.somaxconn`, listen(2)). Where all nodes of a
/// machine start at once, whoever finds no room tries again after a second.
const BACKLOG: u32 = 65_535;

/// A socket that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on `{listen}`: {source}")]
pub struct ListenError {
    listen: Listen,
    source: io::Error,
}

/// An open socket.
#[derive(Debug)]
pub enum Listener {
    /// A port.
    Tcp(TcpListener),
    /// A socket file, removed at the end.
    Unix(UnixListener, SocketFile),
}

/// A socket file of this process.
#[derive(Debug)]
pub struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Where it is gone already, nothing is left to do.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Opens a socket. Every user may connect to a Unix one: the kernel says who they are.
pub async fn bind(listen: &Listen) -> Result<Listener, ListenError> {
    let opened = match listen {
        Listen::Tcp(address) => bind_tcp(address).await.map(Listener::Tcp),
        Listen::Unix(path) => bind_unix(path),
    };
    opened.map_err(|source| ListenError { listen: listen.clone(), source })
}

/// Of the addresses of a name, the first that can be used.
async fn bind_tcp(name: &str) -> io::Result<TcpListener> {
    let mut last = io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address");
    for address in tokio::net::lookup_host(name).await? {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections of an earlier gateway that the kernel still remembers are no reason not to start.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn bind_unix(path: &Path) -> io::Result<Listener> {
    if let Ok(metadata) = std::fs::symlink_metadata(path) {
        if !metadata.file_type().is_socket() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"));
        }
        if StdUnixStream::connect(path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens there"));
        }
        std::fs::remove_file(path)?;
    }
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    let file = SocketFile(path.to_owned());
    let listener = socket.listen(BACKLOG)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    Ok(Listener::Unix(listener, file))
}

impl Listener {
    /// Where it listens, in the words of `Listen`.
    pub fn address(&self) -> String {
        match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(address) => format!("tcp:{address}"),
                Err(_) => "tcp:?".to_owned(),
            },
            Self::Unix(_, file) => format!("unix:{}", file.0.display()),
        }
    }

    /// Serves connections until `stopping`, then lets each finish the request it is at.
    pub async fn serve(self, router: Router, tasks: TaskTracker, stopping: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                () = stopping.cancelled() => return,
                accepted = async {
                    let (stream, peer) = self.accept().await?;
                    // Those behind one that finds no room wait in the socket.
                    Ok::<_, io::Error>((stream, peer, GUESTS.admit().await))
                } => accepted,
            };
            match accepted {
                Ok((stream, peer, guest)) => {
                    tasks.spawn(connection(stream, peer, router.clone(), stopping.clone(), guest));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<(Box<dyn Stream>, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok((Box::new(stream), Peer::Tcp))
            }
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                let who = stream.peer_cred()?;
                Ok((Box::new(stream), Peer::Unix { uid: who.uid(), gid: who.gid() }))
            }
        }
    }
}

/// Either kind of connection.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn connection(stream: Box<dyn Stream>, peer: Peer, router: Router, stopping: CancellationToken, guest: Guest) {
    let guest = Arc::new(guest);
    let leave = guest.leave.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        let (router, guest) = (router.clone(), Arc::clone(&guest));
        guest.is_busy();
        async move {
            let answer = router.oneshot(request).await.unwrap_or_else(|never| match never {});
            guest.is_idle(Instant::now());
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .title_case_headers(true)
        .serve_connection(TokioIo::new(Patient::new(stream, TAKE)), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = leave.cancelled() => return,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
