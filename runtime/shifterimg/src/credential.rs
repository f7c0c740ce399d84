//! Munge credentials, one for each request: `munged` accepts each once.

use nix::unistd::geteuid;
use shifter_munge::Munge;

/// Mints credentials; libmunge is opened when the first one is needed.
#[derive(Debug, Default)]
pub(crate) struct Mint {
    munge: Option<Munge>,
}

impl Mint {
    /// A fresh credential of this user that carries `payload`.
    pub(crate) fn credential(&mut self, payload: &[u8]) -> Result<String, String> {
        self.munge()?.encode(None, payload).map_err(|error| error.to_string())
    }

    /// What an own credential carries that was kept, however old it is.
    pub(crate) fn open(&mut self, credential: &str) -> Result<String, String> {
        let decoded = self.munge()?.decode_stored(None, credential).map_err(|error| error.to_string())?;
        if decoded.uid != geteuid().as_raw() {
            return Err(format!("it is of uid {}", decoded.uid));
        }
        String::from_utf8(decoded.payload).map_err(|_| "it is no text".to_owned())
    }

    fn munge(&mut self) -> Result<&Munge, String> {
        if self.munge.is_none() {
            self.munge = Some(Munge::load().map_err(|error| error.to_string())?);
        }
        Ok(self.munge.as_ref().expect("loaded above"))
    }
}
