//! The daemon itself: it listens, and gives every connection its limits.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::Algorithm;
use russh::server::Config;
use russh::{MethodKind, MethodSet, Preferred, SshId, cipher, kex, mac};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::account::{self, AccountError};
use crate::connection::{Connection, Host};
use crate::keys::{self, KeyError};
use crate::session::Ends;

/// How many connections there may be at once.
const MOST_CONNECTIONS: usize = 1024;
/// How many of them may not have logged in yet (`MaxStartups`).
const MOST_STRANGERS: usize = 64;
/// How long a client has to log in (`LoginGraceTime`).
const GRACE: Duration = Duration::from_secs(60);
/// How often a client is asked whether it is still there, and how often it may not answer (`ClientAliveInterval`,
/// `ClientAliveCountMax`).
const ALIVE_EVERY: Duration = Duration::from_secs(60);
const ALIVE_MISSES: usize = 3;
/// How often a client may fail to log in (`MaxAuthTries`).
const MOST_TRIES: usize = 6;
/// A refusal is not said at once, so that guessing is slow.
const REFUSED_AFTER: Duration = Duration::from_millis(200);

/// What to serve.
#[derive(Clone, Debug)]
pub struct Serving {
    /// Where the job's keys are.
    pub keys: PathBuf,
    /// The container's users.
    pub passwd: PathBuf,
    /// The addresses to listen at; none for all of the host.
    pub listen: Vec<IpAddr>,
    /// The port; 0 for one that is free.
    pub port: u16,
    /// Whether standard output and error are let go of when it listens.
    pub silent: bool,
}

/// Why there is no daemon.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// For root there is none.
    #[error("root cannot be logged in to: start it as the user of the job")]
    Root,
    /// No user.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// No keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Nothing to listen at.
    #[error("cannot listen at `{0}`")]
    Listen(SocketAddr, #[source] io::Error),
    /// No runtime, no descriptors.
    #[error("cannot start")]
    Start(#[source] io::Error),
}

/// Nobody who could be root serves anybody.
///
/// # Errors
/// For root, by its real or effective uid.
pub fn refuse_root() -> Result<u32, DaemonError> {
    let (real, effective) = (rustix::process::getuid(), rustix::process::geteuid());
    if real.is_root() || effective.is_root() { Err(DaemonError::Root) } else { Ok(real.as_raw()) }
}

/// Serves until it is ended. When it listens, it says `listening on port N` on standard output.
///
/// # Errors
/// When it cannot begin.
pub fn serve(serving: &Serving) -> Result<(), DaemonError> {
    let uid = refuse_root()?;
    let account = account::find(&serving.passwd, uid)?;
    let keys = keys::load(&serving.keys, uid)?;
    let host = Arc::new(Host { account, authorized: keys.authorized });
    let config = Arc::new(config(keys.host));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(DaemonError::Start)?;
    runtime.block_on(async {
        let (sockets, port) = listen(serving).await?;
        say_ready(port)
            .and_then(|()| if serving.silent { crate::silent::keep_quiet() } else { Ok(()) })
            .map_err(DaemonError::Start)?;
        let limits = Limits::default();
        let mut accepting = tokio::task::JoinSet::new();
        for socket in sockets {
            accepting.spawn(accept(socket, Arc::clone(&config), Arc::clone(&host), limits.clone()));
        }
        while accepting.join_next().await.is_some() {}
        Ok(())
    })
}

fn say_ready(port: u16) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "listening on port {port}")?;
    out.flush()
}

/// One key, one kind of log-in, and what is sound today of the protocol's algorithms.
fn config(key: russh::keys::PrivateKey) -> Config {
    Config {
        server_id: SshId::Standard(concat!("SSH-2.0-shifter-sshd_", env!("CARGO_PKG_VERSION")).into()),
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: REFUSED_AFTER,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![key],
        preferred: Preferred {
            kex: vec![
                kex::MLKEM768X25519_SHA256,
                kex::CURVE25519,
                kex::CURVE25519_PRE_RFC_8731,
                kex::EXTENSION_SUPPORT_AS_SERVER,
                kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
            ]
            .into(),
            key: vec![Algorithm::Ed25519].into(),
            cipher: vec![cipher::CHACHA20_POLY1305, cipher::AES_256_GCM, cipher::AES_128_GCM].into(),
            mac: vec![mac::HMAC_SHA256_ETM, mac::HMAC_SHA512_ETM].into(),
            ..Preferred::default()
        },
        max_auth_attempts: MOST_TRIES,
        inactivity_timeout: None,
        keepalive_interval: Some(ALIVE_EVERY),
        keepalive_max: ALIVE_MISSES,
        nodelay: true,
        ..Config::default()
    }
}

/// All addresses are `[::]`, which has IPv4 too (ipv6(7), `net.ipv6.bindv6only`), and `0.0.0.0` where it has not.
async fn listen(serving: &Serving) -> Result<(Vec<TcpListener>, u16), DaemonError> {
    let mut port = serving.port;
    let mut sockets = Vec::new();
    for &ip in &serving.listen {
        let at = SocketAddr::new(ip, port);
        let socket = TcpListener::bind(at).await.map_err(|error| DaemonError::Listen(at, error))?;
        port = port_of(&socket)?;
        sockets.push(socket);
    }
    if serving.listen.is_empty() {
        if let Ok(socket) = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
            port = port_of(&socket)?;
            sockets.push(socket);
        }
        let at = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        match TcpListener::bind(at).await {
            Ok(socket) => {
                port = port_of(&socket)?;
                sockets.push(socket);
            }
            Err(error) if sockets.is_empty() => return Err(DaemonError::Listen(at, error)),
            Err(_has_it_already) => {}
        }
    }
    Ok((sockets, port))
}

fn port_of(socket: &TcpListener) -> Result<u16, DaemonError> {
    Ok(socket.local_addr().map_err(DaemonError::Start)?.port())
}

#[derive(Clone)]
struct Limits {
    connections: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

impl Default for Limits {
    fn default() -> Limits {
        let of = |most| Arc::new(Semaphore::new(most));
        Limits { connections: of(MOST_CONNECTIONS), strangers: of(MOST_STRANGERS) }
    }
}

async fn accept(socket: TcpListener, config: Arc<Config>, host: Arc<Host>, limits: Limits) {
    loop {
        let Ok((stream, client)) = socket.accept().await else {
            // Of one connection, or too many open files, which may pass.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let permits =
            (Arc::clone(&limits.connections).try_acquire_owned(), Arc::clone(&limits.strangers).try_acquire_owned());
        let ((Ok(connection), Ok(stranger)), Ok(server)) = (permits, stream.local_addr()) else {
            // One too many is hung up on.
            continue;
        };
        let ends = Ends { client: plain(client), server: plain(server) };
        tokio::spawn(attend(stream, ends, Arc::clone(&config), Arc::clone(&host), connection, stranger));
    }
}

/// An IPv4 address that came by way of IPv6 is shown as what it is.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

async fn attend(
    stream: TcpStream,
    ends: Ends,
    config: Arc<Config>,
    host: Arc<Host>,
    _connection: OwnedSemaphorePermit,
    stranger: OwnedSemaphorePermit,
) {
    // Kept to hang up with: what is left of a connection that has failed waits for its client.
    let Ok(wire) = rustix::io::dup(&stream) else { return };
    let (logged_in, client) = (Arc::new(Notify::new()), ends.client);
    let connection = Connection::new(host, ends, Arc::clone(&logged_in));
    let deadline = tokio::time::Instant::now() + GRACE;
    let served = async {
        let Ok(session) =
            tokio::time::timeout_at(deadline, russh::server::run_stream(config, stream, connection)).await
        else {
            return Ok(());
        };
        let mut session = session?;
        tokio::select! {
            done = &mut session => return done,
            () = tokio::time::sleep_until(deadline) => return Ok(()),
            () = logged_in.notified() => drop(stranger),
        }
        session.await
    };
    // Whoever hangs up, as most clients do, is no news.
    if let Err(error) = served.await
        && !error.is_of_the_wire()
    {
        eprintln!("shifter-sshd: {client}: {error}");
    }
    let _is_gone = rustix::net::shutdown(&wire, rustix::net::Shutdown::Both);
}
