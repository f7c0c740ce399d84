//! Munge credentials, one for each request: `munged` accepts each once.

use shifter_munge::Munge;

/// Mints credentials; libmunge is opened when the first one is needed.
#[derive(Debug, Default)]
pub(crate) struct Mint {
    munge: Option<Munge>,
}

impl Mint {
    /// A fresh credential of this user, with nothing in it.
    pub(crate) fn credential(&mut self) -> Result<String, String> {
        if self.munge.is_none() {
            self.munge = Some(Munge::load().map_err(|error| error.to_string())?);
        }
        let munge = self.munge.as_ref().expect("loaded above");
        munge.encode(None, b"").map_err(|error| error.to_string())
    }
}
