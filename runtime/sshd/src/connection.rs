//! One connection: who may log in, and what he may ask for then.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::sync::Arc;

use russh::keys::PublicKey;
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty, Sig};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;

use crate::account::Account;
use crate::flow::{self, Feed, Flow, Overfull};
use crate::forward::{self, Listening};
use crate::session::terminal::{Wanted, size};
use crate::session::{Ends, Session, Task};

/// How many channels a connection may have at once; OpenSSH's clients open ten sessions at most (`MaxSessions`).
const MOST_CHANNELS: usize = 128;
/// How many ports it may have forwarded.
const MOST_PORTS: usize = 64;

/// What is the same for all connections.
#[derive(Debug)]
pub(crate) struct Host {
    /// Who may log in.
    pub(crate) account: Account,
    /// With what.
    pub(crate) authorized: PublicKey,
}

/// One connection.
pub(crate) struct Connection {
    host: Arc<Host>,
    ends: Ends,
    flow: Arc<Flow>,
    /// Told when the client has logged in.
    logged_in: Arc<Notify>,
    channels: HashMap<ChannelId, Slot>,
    ports: HashMap<(String, u32), JoinSet<()>>,
}

enum Slot {
    Session(Session),
    /// A forwarded connection; no feed when the client has ended its input.
    Forward {
        feed: Option<Feed>,
        _open: oneshot::Sender<()>,
    },
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    /// Of the protocol.
    #[error(transparent)]
    Protocol(#[from] russh::Error),
    /// A client that sends and sends.
    #[error(transparent)]
    Overfull(#[from] Overfull),
}

impl ConnectionError {
    /// The connection is gone, and nothing else is wrong.
    pub(crate) fn is_of_the_wire(&self) -> bool {
        use russh::Error;
        matches!(self, ConnectionError::Protocol(Error::IO(_) | Error::HUP | Error::Disconnect))
    }
}

type Done<T = ()> = Result<T, ConnectionError>;

impl Connection {
    pub(crate) fn new(host: Arc<Host>, ends: Ends, logged_in: Arc<Notify>) -> Connection {
        let (flow, channels, ports) = (Arc::default(), HashMap::new(), HashMap::new());
        Connection { host, ends, flow, logged_in, channels, ports }
    }

    /// This user, with this key.
    fn may_log_in(&self, user: &str, key: &PublicKey) -> bool {
        user == self.host.account.name && key.key_data() == self.host.authorized.key_data()
    }

    fn answer(&self, user: &str, key: &PublicKey) -> Auth {
        if self.may_log_in(user, key) { Auth::Accept } else { Auth::reject() }
    }

    fn session(&mut self, channel: ChannelId) -> Option<&mut Session> {
        match self.channels.get_mut(&channel) {
            Some(Slot::Session(session)) => Some(session),
            _ => None,
        }
    }

    fn start(&mut self, channel: ChannelId, task: &Task, connection: &mut russh::server::Session) -> Done {
        let (host, ends, flow) = (Arc::clone(&self.host), self.ends, Arc::clone(&self.flow));
        let started = match self.session(channel) {
            Some(session) => session.start(task, &host.account, ends, &flow),
            None => return Ok(connection.channel_failure(channel)?),
        };
        match started {
            Ok(()) => connection.channel_success(channel)?,
            Err(error) => {
                eprintln!("shifter-sshd: cannot start a session: {error}");
                connection.channel_failure(channel)?;
            }
        }
        Ok(())
    }

    async fn take(&self, channel: ChannelId, data: &[u8]) -> Done {
        let feed = match self.channels.get(&channel) {
            Some(Slot::Session(session)) => session.feed(),
            Some(Slot::Forward { feed, .. }) => feed.as_ref(),
            None => None,
        };
        match feed {
            Some(feed) => Ok(feed.push(data).await?),
            None => Ok(()),
        }
    }

    fn has_room(&self) -> bool {
        self.channels.len() < MOST_CHANNELS
    }
}

impl Handler for Connection {
    type Error = ConnectionError;

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Done<Auth> {
        Ok(self.answer(user, offer.public_key))
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Done<Auth> {
        Ok(self.answer(user, key.public_key))
    }

    async fn auth_succeeded(&mut self, _connection: &mut russh::server::Session) -> Done {
        self.logged_in.notify_one();
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        connection: &mut russh::server::Session,
    ) -> Done {
        if !self.has_room() {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        // What arrives comes by `data` below; a queue that nobody reads would stop the connection.
        let (_unread, write) = channel.split();
        self.channels.insert(write.id(), Slot::Session(Session::new(write, connection.handle())));
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        to: &str,
        port: u32,
        _from: &str,
        _from_port: u32,
        reply: ChannelOpenHandle,
        connection: &mut russh::server::Session,
    ) -> Done {
        let Some(port) = u16::try_from(port).ok().filter(|_| self.has_room()) else {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        };
        let (_unread, write) = channel.split();
        let (feed, inbound) = flow::channel(&self.flow);
        let (open, closed) = oneshot::channel();
        self.channels.insert(write.id(), Slot::Forward { feed: Some(feed), _open: open });
        let (to, client, flow) = (to.to_owned(), connection.handle(), Arc::clone(&self.flow));
        // ORDER: not here: a host that does not answer would hold up the whole connection.
        tokio::spawn(async move {
            match forward::connect(&to, port).await {
                Ok(socket) => {
                    reply.accept().await;
                    forward::carry(flow, socket, inbound, write, client, closed).await;
                }
                Err(error) => {
                    let reason = ChannelOpenFailure::Other { code: 2, reason: error.to_string() };
                    reply.reject(reason).await;
                }
            }
        });
        Ok(())
    }

    async fn tcpip_forward(
        &mut self,
        address: &str,
        port: &mut u32,
        connection: &mut russh::server::Session,
    ) -> Done<bool> {
        let Some(wanted) = u16::try_from(*port).ok().filter(|_| self.ports.len() < MOST_PORTS) else {
            return Ok(false);
        };
        let Ok(listening) = Listening::on(wanted).await else { return Ok(false) };
        *port = listening.port.into();
        let mut serving = JoinSet::new();
        serving.spawn(listening.serve(address.to_owned(), connection.handle(), Arc::clone(&self.flow)));
        self.ports.insert((address.to_owned(), *port), serving);
        Ok(true)
    }

    async fn cancel_tcpip_forward(
        &mut self,
        address: &str,
        port: u32,
        _connection: &mut russh::server::Session,
    ) -> Done<bool> {
        Ok(self.ports.remove(&(address.to_owned(), port)).is_some())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        kind: &str,
        columns: u32,
        rows: u32,
        width: u32,
        height: u32,
        modes: &[(Pty, u32)],
        connection: &mut russh::server::Session,
    ) -> Done {
        let wanted = Wanted { kind: kind.to_owned(), size: size(columns, rows, width, height), modes: modes.to_vec() };
        let is_text = !kind.contains('\0');
        match self.session(channel).is_some_and(|session| is_text && session.want_terminal(wanted)) {
            true => connection.channel_success(channel)?,
            false => connection.channel_failure(channel)?,
        }
        Ok(())
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        columns: u32,
        rows: u32,
        width: u32,
        height: u32,
        _connection: &mut russh::server::Session,
    ) -> Done {
        if let Some(session) = self.session(channel) {
            session.resize(size(columns, rows, width, height));
        }
        Ok(())
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        connection: &mut russh::server::Session,
    ) -> Done {
        match self.session(channel).is_some_and(|session| session.set_variable(name, value)) {
            true => connection.channel_success(channel)?,
            false => connection.channel_failure(channel)?,
        }
        Ok(())
    }

    async fn shell_request(&mut self, channel: ChannelId, connection: &mut russh::server::Session) -> Done {
        self.start(channel, &Task::Shell, connection)
    }

    async fn exec_request(&mut self, channel: ChannelId, line: &[u8], connection: &mut russh::server::Session) -> Done {
        self.start(channel, &Task::Line(OsString::from_vec(line.to_vec())), connection)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        connection: &mut russh::server::Session,
    ) -> Done {
        if name != "sftp" {
            connection.channel_failure(channel)?;
            return Ok(());
        }
        self.start(channel, &Task::Sftp, connection)
    }

    async fn signal(&mut self, channel: ChannelId, signal: Sig, _connection: &mut russh::server::Session) -> Done {
        if let Some(session) = self.session(channel) {
            session.signal(&signal);
        }
        Ok(())
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], _connection: &mut russh::server::Session) -> Done {
        self.take(channel, data).await
    }

    async fn channel_eof(&mut self, channel: ChannelId, _connection: &mut russh::server::Session) -> Done {
        match self.channels.get_mut(&channel) {
            Some(Slot::Session(session)) => session.end_input(),
            Some(Slot::Forward { feed, .. }) => *feed = None,
            None => {}
        }
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _connection: &mut russh::server::Session) -> Done {
        if let Some(Slot::Session(session)) = self.channels.remove(&channel) {
            session.close();
        }
        Ok(())
    }
}

impl Drop for Connection {
    /// The client is gone, with all his channels.
    fn drop(&mut self) {
        for (_, slot) in self.channels.drain() {
            if let Slot::Session(session) = slot {
                session.close();
            }
        }
    }
}
