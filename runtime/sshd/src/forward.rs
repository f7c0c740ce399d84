//! Port forwarding, as OpenSSH does it by default: out of the host to wherever the user could connect himself, and into it
//! by ports of the loopback interface only (`GatewayPorts no`).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use russh::server::{Handle, Msg};
use russh::{ChannelMsg, ChannelWriteHalf};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::flow::{self, Flow, Inbound};
use crate::names;
use crate::session::until;

/// How long a host has to answer.
const PATIENCE: Duration = Duration::from_secs(30);
const HOSTS: &str = "/etc/hosts";

/// Connects to the first address of a host that answers.
///
/// # Errors
/// What the last one said, or that nobody knows the name.
pub(crate) async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in names::addresses(host, Path::new(HOSTS))? {
        match tokio::time::timeout(PATIENCE, TcpStream::connect((address, port))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(late) => last = late.into(),
        }
    }
    Err(last)
}

/// Carries a channel's bytes to and from a socket, each direction to its own end.
pub(crate) async fn carry(
    flow: Arc<Flow>,
    socket: TcpStream,
    mut inbound: Inbound,
    write: ChannelWriteHalf<Msg>,
    client: Handle,
    closed: oneshot::Receiver<()>,
) {
    let (from, mut to) = socket.into_split();
    let channel = write.id();
    let out = async {
        let sent = flow::to_client(&flow, from, write.make_writer()).await;
        // ORDER: the end comes behind the last byte.
        if sent.is_ok() {
            let _is_gone = client.eof(channel).await;
        }
    };
    let into = async {
        if tokio::io::copy(&mut inbound, &mut to).await.is_ok() {
            let _is_gone = to.shutdown().await;
        }
    };
    tokio::join!(until(closed, out), into);
    let _is_gone = client.close(channel).await;
}

/// The listening ends of one forwarded port.
pub(crate) struct Listening {
    sockets: Vec<TcpListener>,
    /// The port, chosen by the kernel if the client asked for none.
    pub(crate) port: u16,
}

impl Listening {
    /// Takes a port of the loopback interface, whatever address the client names; `[::1]` too if it is free.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub(crate) async fn on(port: u16) -> io::Result<Listening> {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = first.local_addr()?.port();
        let second = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await;
        Ok(Listening { sockets: [first].into_iter().chain(second.ok()).collect(), port })
    }

    /// Hands every connection to the client, until it is dropped.
    pub(crate) async fn serve(self, address: String, client: Handle, flow: Arc<Flow>) {
        let port = self.port;
        let mut accepting = JoinSet::new();
        for socket in self.sockets {
            let (address, client, flow) = (address.clone(), client.clone(), Arc::clone(&flow));
            accepting.spawn(async move {
                let mut carried = JoinSet::new();
                // An error is about one connection, or about too many open files, which may pass.
                loop {
                    match socket.accept().await {
                        Ok((stream, peer)) => {
                            carried.spawn(hand_over(
                                stream,
                                peer,
                                address.clone(),
                                port,
                                client.clone(),
                                Arc::clone(&flow),
                            ));
                        }
                        Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                    }
                    while carried.try_join_next().is_some() {}
                }
            });
        }
        while accepting.join_next().await.is_some() {}
    }
}

async fn hand_over(stream: TcpStream, peer: SocketAddr, address: String, port: u16, client: Handle, flow: Arc<Flow>) {
    let (from, from_port) = (peer.ip().to_string(), peer.port());
    let opened = client.channel_open_forwarded_tcpip(address, port.into(), from, from_port.into()).await;
    let Ok(channel) = opened else { return };
    let (mut read, write) = channel.split();
    let (feed, inbound) = flow::channel(&flow);
    let (open, closed) = oneshot::channel();
    let incoming = async move {
        let mut feed = Some(feed);
        while let Some(message) = read.wait().await {
            match message {
                ChannelMsg::Data { data } => {
                    if let Some(feed) = &feed
                        && feed.push(&data).await.is_err()
                    {
                        break;
                    }
                }
                ChannelMsg::Eof => feed = None,
                ChannelMsg::Close => break,
                _ => {}
            }
        }
        drop(open);
    };
    tokio::join!(incoming, carry(flow, stream, inbound, write, client, closed));
}
