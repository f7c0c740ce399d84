//! Who is calling.
//!
//! On TCP a munge credential in the header `authentication` says so, checked by the `munged` of the
//! system named in the URL: holding that system's key is what binds a request to it. On the Unix
//! socket the kernel says so (`SO_PEERCRED`, unix(7)); a credential is only needed there to bring
//! passwords for registries along, and must then be of the same user. Without either the request is
//! refused, unless the configuration lets anonymous callers in, who are nobody.

mod caller;
mod decoders;
mod groups;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::http::{HeaderMap, HeaderValue};
use shifter_gateway_types::rest::{AUTHENTICATION, MungePayload};
use shifter_munge::{Decoded, Munge, MungeError, Refusal};

pub use caller::{Caller, User};
pub use groups::Groups;

use crate::config::System;
use decoders::Decoders;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Somebody on the network.
    Tcp,
    /// A process of this host.
    Unix {
        /// Its effective user when it connected.
        uid: u32,
        /// Its effective group when it connected.
        gid: u32,
    },
}

/// Why nobody knows who is calling.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// There is no credential and anonymous callers are not let in.
    #[error("no credential: send one in the header `{AUTHENTICATION}`")]
    Missing,
    /// The header is no text.
    #[error("the header `{AUTHENTICATION}` is no munge credential")]
    Garbled,
    /// `munged` refuses it.
    #[error("credential refused: {0}")]
    Refused(Refusal),
    /// On the Unix socket: a credential of somebody else.
    #[error("the credential is of uid {credential}, the connection of uid {connection}")]
    OtherUser {
        /// Whose credential it is.
        credential: u32,
        /// Who connected.
        connection: u32,
    },
    /// The system has no `mungeSocketPath`.
    #[error("this system is served on the Unix socket only")]
    NoMunge,
    /// libmunge or `munged` does not work. The details are for the log.
    #[error("credentials cannot be checked now")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Checks credentials. libmunge is opened when the first one comes.
#[derive(Debug, Default)]
pub struct Authenticator {
    munge: OnceLock<Arc<Munge>>,
    /// By the socket of their munged.
    decoders: Mutex<BTreeMap<PathBuf, Arc<Decoders>>>,
    /// The groups of users, for access lists.
    pub groups: Groups,
}

/// Whether callers without a credential are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anonymous {
    /// They are nobody, and see what everybody sees.
    Allowed,
    /// They are refused.
    Refused,
}

impl Authenticator {
    /// Finds out who is calling for `system`.
    pub async fn authenticate(
        &self,
        system: &System,
        peer: Peer,
        headers: &HeaderMap,
        anonymous: Anonymous,
    ) -> Result<Caller, AuthError> {
        let header = headers.get(AUTHENTICATION);
        match (peer, header) {
            (Peer::Unix { uid, gid }, None) => Ok(Caller::user(User { uid, gid }, MungePayload::default())),
            (Peer::Unix { uid, gid }, Some(header)) => {
                let decoded = self.decode(system, header).await?;
                if decoded.uid != uid {
                    return Err(AuthError::OtherUser { credential: decoded.uid, connection: uid });
                }
                Ok(Caller::user(User { uid, gid }, MungePayload::parse(&decoded.payload)))
            }
            (Peer::Tcp, Some(header)) => {
                let decoded = self.decode(system, header).await?;
                let user = User { uid: decoded.uid, gid: decoded.gid };
                Ok(Caller::user(user, MungePayload::parse(&decoded.payload)))
            }
            (Peer::Tcp, None) if anonymous == Anonymous::Allowed => Ok(Caller::Nobody),
            (Peer::Tcp, None) => Err(AuthError::Missing),
        }
    }

    async fn decode(&self, system: &System, header: &HeaderValue) -> Result<Decoded, AuthError> {
        let credential = header.to_str().map_err(|_| AuthError::Garbled)?.to_owned();
        let socket = system.munge_socket.as_deref().ok_or(AuthError::NoMunge)?;
        self.decoders(socket)?.decode(credential).await?.map_err(refused)
    }

    /// The threads that ask the munged behind a socket. A munged that no system has any more keeps them, idle.
    fn decoders(&self, socket: &Path) -> Result<Arc<Decoders>, AuthError> {
        let mut all = self.decoders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(decoders) = all.get(socket) {
            return Ok(Arc::clone(decoders));
        }
        let decoders = Decoders::start(self.munge()?, socket).map_err(|error| AuthError::Broken(Box::new(error)))?;
        let decoders = Arc::new(decoders);
        all.insert(socket.to_owned(), Arc::clone(&decoders));
        Ok(decoders)
    }

    fn munge(&self) -> Result<Arc<Munge>, AuthError> {
        if let Some(munge) = self.munge.get() {
            return Ok(Arc::clone(munge));
        }
        let munge = Munge::load().map_err(|e| AuthError::Broken(Box::new(e)))?;
        Ok(Arc::clone(self.munge.get_or_init(|| Arc::new(munge))))
    }
}

fn refused(error: MungeError) -> AuthError {
    match error {
        MungeError::Refused(refusal) => AuthError::Refused(refusal),
        MungeError::Nul(_) | MungeError::PayloadTooLong(_) => AuthError::Garbled,
        broken => AuthError::Broken(Box::new(broken)),
    }
}
