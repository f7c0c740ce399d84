//! `shifter-site lsp`: a language server for profiles, on standard input and output.
//!
//! It looks at a profile exactly as `check` does, with what the editor has open in the place of files
//! ([`Buffers`](crate::profile::Buffers)). It reads no secret, runs no command and writes no file: a repair
//! is an edit that the editor makes.
//!
//! Messages are read on a thread of their own, so that changes that came in the meantime are looked at
//! together and a request that was cancelled is not worked on. The protocol's types are those of
//! `lsp-types`, messages those of `lsp-server`; the framing is our own ([`wire`]), because a client's
//! broken message must not end the session.

mod action;
mod completion;
mod cursor;
mod definition;
mod diagnostics;
mod document;
mod formatting;
mod hover;
mod keys;
mod place;
mod session;
mod wire;
mod workspace;

use std::{
    collections::{HashSet, VecDeque},
    io::{self, BufReader, Read, Write},
    sync::mpsc::{self, Receiver},
    thread,
};

use lsp_server::{ErrorCode, Message, Notification, RequestId, Response};

use self::{session::Session, wire::Incoming};

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The client asked for it: `shutdown`, then `exit`.
    AsAsked,
    /// The client went away, or sent `exit` without `shutdown` before.
    Abruptly,
}

/// Serves one client until it leaves.
///
/// # Errors
/// When a stream fails, or it cannot be told where a message begins.
pub fn serve(input: impl Read + Send + 'static, output: impl Write) -> io::Result<Ended> {
    let (sender, receiver) = mpsc::sync_channel(1024);
    // Not joined: it may wait for a client that says nothing more, and ends with the process.
    thread::Builder::new().name("reader".to_owned()).spawn(move || {
        let mut input = BufReader::new(input);
        loop {
            let incoming = wire::read(&mut input);
            let is_last = matches!(incoming, Err(_) | Ok(Incoming::End));
            if sender.send(incoming).is_err() || is_last {
                return;
            }
        }
    })?;
    Server { output, queue: Queue::new(receiver), session: Session::default(), asked_to_stop: false }.run()
}

/// The messages that are waiting, and which requests among them nobody waits for.
struct Queue {
    receiver: Receiver<io::Result<Incoming>>,
    waiting: VecDeque<io::Result<Incoming>>,
    cancelled: HashSet<RequestId>,
}

impl Queue {
    fn new(receiver: Receiver<io::Result<Incoming>>) -> Self {
        Self { receiver, waiting: VecDeque::new(), cancelled: HashSet::new() }
    }

    /// Takes in all that has come, without waiting for more.
    fn gather(&mut self) {
        while let Ok(incoming) = self.receiver.try_recv() {
            self.admit(incoming);
        }
    }

    /// The next message if there is one.
    fn next(&mut self) -> Option<io::Result<Incoming>> {
        self.gather();
        self.waiting.pop_front()
    }

    /// The next message; the end of the stream when there will be none.
    fn wait(&mut self) -> io::Result<Incoming> {
        loop {
            if let Some(incoming) = self.next() {
                return incoming;
            }
            match self.receiver.recv() {
                Ok(incoming) => self.admit(incoming),
                Err(_) => return Ok(Incoming::End),
            }
        }
    }

    fn admit(&mut self, incoming: io::Result<Incoming>) {
        if let Ok(Incoming::Message(Message::Notification(notification))) = &incoming
            && notification.method == "$/cancelRequest"
        {
            let id = notification.params.get("id").and_then(|id| serde_json::from_value(id.clone()).ok());
            self.cancelled.extend(id);
        } else {
            self.waiting.push_back(incoming);
        }
    }
}

struct Server<W> {
    output: W,
    queue: Queue,
    session: Session,
    asked_to_stop: bool,
}

impl<W: Write> Server<W> {
    fn run(mut self) -> io::Result<Ended> {
        loop {
            let incoming = match self.queue.next() {
                Some(incoming) => incoming?,
                None => {
                    // Nothing is waiting: what has changed is looked at now, and not after each letter.
                    for notification in self.session.look() {
                        self.send(&Message::Notification(notification))?;
                    }
                    self.queue.wait()?
                }
            };
            match incoming {
                Incoming::End => return Ok(self.ended()),
                Incoming::Nonsense(answer) => wire::write(&mut self.output, &answer)?,
                Incoming::Message(Message::Notification(notification)) if notification.method == "exit" => {
                    return Ok(self.ended());
                }
                Incoming::Message(message) => self.take(message)?,
            }
        }
    }

    fn ended(&self) -> Ended {
        if self.asked_to_stop { Ended::AsAsked } else { Ended::Abruptly }
    }

    fn take(&mut self, message: Message) -> io::Result<()> {
        match message {
            Message::Request(request) => {
                let id = request.id.clone();
                self.queue.gather();
                let refused = |code: ErrorCode, text: &str| Response::new_err(id.clone(), code as i32, text.to_owned());
                let response = if self.queue.cancelled.remove(&id) {
                    refused(ErrorCode::RequestCanceled, "cancelled")
                } else if self.asked_to_stop {
                    refused(ErrorCode::InvalidRequest, "the server is shutting down")
                } else if request.method == "shutdown" {
                    self.asked_to_stop = true;
                    Response::new_ok(id, ())
                } else {
                    self.session.answer(request)
                };
                self.send(&Message::Response(response))
            }
            Message::Notification(notification) => {
                if !self.asked_to_stop {
                    self.session.note(notification);
                }
                Ok(())
            }
            // We ask nothing.
            Message::Response(_) => Ok(()),
        }
    }

    fn send(&mut self, message: &Message) -> io::Result<()> {
        wire::write(&mut self.output, message)
    }
}

/// A notification of ours.
fn notification<N: lsp_types::notification::Notification>(params: N::Params) -> Notification {
    Notification::new(N::METHOD.to_owned(), params)
}
