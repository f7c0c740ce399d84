//! Bytes from the client on their way to a program or a socket, and how many may wait.
//!
//! A connection carries many channels, and russh gives the client new room for a channel as soon as its bytes have been
//! handed over here. So what a slow program has not taken yet is kept here, and past [`PLENTY`] bytes the whole
//! connection is read no further until some of it is taken. There is one exception, without which `ssh HOST cat` would
//! come to a stand with both directions full: as long as this connection's own output waits for the client, it is read on,
//! since the client's word that there is room again lies behind its bytes. Past [`TOO_MUCH`] the connection ends.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::sync::{Notify, mpsc};

/// How much may wait before a connection is read no further. Bytes.
const PLENTY: usize = 8 << 20;
/// How much may wait at all. Bytes.
const TOO_MUCH: usize = 1 << 30;
/// Output that the client does not take for so long is waiting for him.
const SOON: Duration = Duration::from_millis(20);
/// How much a program's output is read at a time. Bytes.
const CHUNK: usize = 32 << 10;

/// What waits on a connection, in both directions.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    waiting_in: AtomicUsize,
    waiting_out: AtomicUsize,
    changed: Notify,
}

/// Where the bytes of one channel go.
#[derive(Debug)]
pub(crate) struct Feed {
    flow: Arc<Flow>,
    sender: mpsc::UnboundedSender<Bytes>,
}

/// The other end of a [`Feed`]. It ends when the client has ended the channel's input.
#[derive(Debug)]
pub(crate) struct Inbound {
    flow: Arc<Flow>,
    receiver: mpsc::UnboundedReceiver<Bytes>,
    current: Bytes,
}

/// More than [`TOO_MUCH`] waits.
#[derive(Debug, thiserror::Error)]
#[error("more than {TOO_MUCH} bytes wait for programs that do not read them")]
pub(crate) struct Overfull;

/// The two ends for a channel of this connection.
pub(crate) fn channel(flow: &Arc<Flow>) -> (Feed, Inbound) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let inbound = Inbound { flow: Arc::clone(flow), receiver, current: Bytes::new() };
    (Feed { flow: Arc::clone(flow), sender }, inbound)
}

impl Flow {
    fn taken(&self, bytes: usize) {
        self.waiting_in.fetch_sub(bytes, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Until the connection may be read on.
    async fn room(&self) -> Result<(), Overfull> {
        loop {
            // ORDER: asked for first, so that a change in between is not missed.
            let changed = self.changed.notified();
            match self.waiting_in.load(Ordering::Relaxed) {
                waiting if waiting > TOO_MUCH => return Err(Overfull),
                waiting if waiting <= PLENTY || self.waiting_out.load(Ordering::Relaxed) > 0 => return Ok(()),
                _ => changed.await,
            }
        }
    }
}

impl Feed {
    /// Hands bytes on; those for a program that has ended are dropped.
    pub(crate) async fn push(&self, data: &[u8]) -> Result<(), Overfull> {
        self.flow.waiting_in.fetch_add(data.len(), Ordering::Relaxed);
        if self.sender.send(Bytes::copy_from_slice(data)).is_err() {
            self.flow.taken(data.len());
        }
        self.flow.room().await
    }
}

impl AsyncRead for Inbound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        while self.current.is_empty() {
            match ready!(self.receiver.poll_recv(context)) {
                Some(bytes) => self.current = bytes,
                None => return Poll::Ready(Ok(())),
            }
        }
        let taken = self.current.len().min(buffer.remaining());
        buffer.put_slice(&self.current.split_to(taken));
        self.flow.taken(taken);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Inbound {
    fn drop(&mut self) {
        self.receiver.close();
        let mut left = self.current.len();
        while let Ok(bytes) = self.receiver.try_recv() {
            left += bytes.len();
        }
        self.flow.taken(left);
    }
}

/// Copies what a program says to the client, until it ends or the client is gone.
pub(crate) async fn to_client(
    flow: &Flow,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let mut sent = std::pin::pin!(to.write_all(&buffer[..length]));
        if let Ok(sent) = tokio::time::timeout(SOON, &mut sent).await {
            sent?;
            continue;
        }
        let _waiting = Waiting::new(flow);
        sent.await?;
    }
}

/// Output waits for the client, as long as this lives.
struct Waiting<'a>(&'a Flow);

impl<'a> Waiting<'a> {
    fn new(flow: &'a Flow) -> Waiting<'a> {
        flow.waiting_out.fetch_add(1, Ordering::Relaxed);
        flow.changed.notify_one();
        Waiting(flow)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting_out.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(test: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(test)
    }

    #[test]
    fn a_connection_is_read_no_further_until_a_slow_program_takes_some() {
        run(async {
            let flow = Arc::new(Flow::default());
            let (feed, mut inbound) = channel(&flow);
            feed.push(&vec![1; PLENTY]).await.unwrap();
            let mut push = std::pin::pin!(feed.push(b"x"));
            assert!(tokio::time::timeout(SOON, &mut push).await.is_err());
            let mut some = vec![0; 4096];
            inbound.read_exact(&mut some).await.unwrap();
            push.await.unwrap();
        });
    }

    #[test]
    fn it_is_read_on_while_its_own_output_waits() {
        run(async {
            let flow = Arc::new(Flow::default());
            let (feed, _inbound) = channel(&flow);
            let _waiting = Waiting::new(&flow);
            feed.push(&vec![1; PLENTY + 1]).await.unwrap();
        });
    }

    #[test]
    fn what_a_program_left_unread_counts_no_more_when_it_is_gone() {
        run(async {
            let flow = Arc::new(Flow::default());
            let (feed, inbound) = channel(&flow);
            feed.push(&[1; 100]).await.unwrap();
            drop(inbound);
            feed.push(&vec![1; PLENTY + 1]).await.unwrap();
            assert_eq!(flow.waiting_in.load(Ordering::Relaxed), 0);
        });
    }
}
