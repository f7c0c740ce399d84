//! MUNGE credentials through libmunge, found at run time.
//!
//! A credential is minted by the `munged` of a node and proves, to whoever
//! holds the same key, which user and group asked for it; it can carry a short
//! payload. `munged` itself remembers credentials it has seen and refuses them
//! a second time, and after their time to live.
//!
//! The library is opened when it is first needed, so that a program that only
//! serves a Unix socket runs without it. Nothing here forks: `munge(1)` and
//! `unmunge(1)` are not used. All unsafe code is in `abi.rs`.

mod abi;
mod error;

use std::path::Path;

pub use error::{LoadError, MungeError, Refusal};

/// libmunge, opened. Calls from several threads are independent of each other.
#[derive(Debug)]
pub struct Munge {
    abi: abi::Functions,
}

/// Who asked for a credential, and what it carries.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Effective user at the time of encoding, as the kernel of that node saw it.
    pub uid: u32,
    /// Effective group at the time of encoding.
    pub gid: u32,
    /// The payload; may hold passwords, so `Debug` shows only its length.
    pub payload: Vec<u8>,
}

impl std::fmt::Debug for Decoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Decoded {{ uid: {}, gid: {}, payload: {} bytes }}", self.uid, self.gid, self.payload.len())
    }
}

impl Munge {
    /// Opens `libmunge.so.2`.
    pub fn load() -> Result<Self, LoadError> {
        abi::Functions::load().map(|abi| Self { abi })
    }

    /// Mints a credential for this process's effective user.
    ///
    /// `socket` is the socket of `munged`; `None` is the one compiled into libmunge.
    pub fn encode(&self, socket: Option<&Path>, payload: &[u8]) -> Result<String, MungeError> {
        self.abi.encode(socket, payload)
    }

    /// Verifies a credential. Succeeds once: `munged` refuses it from then on.
    pub fn decode(&self, socket: Option<&Path>, credential: &str) -> Result<Decoded, MungeError> {
        let (refusal, decoded) = self.abi.decode(socket, credential)?;
        match refusal {
            None => Ok(decoded),
            Some(refusal) => Err(MungeError::Refused(refusal)),
        }
    }

    /// Reads a credential this user stored earlier; expired and already seen ones count.
    ///
    /// Proves who encoded it, not that it is fresh: never for authentication.
    pub fn decode_stored(&self, socket: Option<&Path>, credential: &str) -> Result<Decoded, MungeError> {
        let (refusal, decoded) = self.abi.decode(socket, credential)?;
        match refusal {
            None | Some(Refusal::Expired | Refusal::Replayed) => Ok(decoded),
            Some(refusal) => Err(MungeError::Refused(refusal)),
        }
    }
}
