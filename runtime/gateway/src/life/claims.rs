//! What running pulls have found in the image directory and must not lose.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The ids of images that running pulls need.
#[derive(Debug, Default)]
pub(crate) struct Claims(Mutex<BTreeMap<String, usize>>);

/// A pull's claim on an image, for as long as it is kept.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    claims: &'a Claims,
    id: String,
}

impl Claims {
    /// Keeps the file of an image where it is.
    ///
    /// Made while the pull holds the turn of the image, so that nobody deletes it between the look and the claim.
    pub(crate) fn make(&self, id: &str) -> Claim<'_> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id.to_owned()).or_default() += 1;
        Claim { claims: self, id: id.to_owned() }
    }

    /// Whether a running pull needs the image.
    pub(crate) fn holds(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut claims = self.claims.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = claims.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                claims.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_ends_with_the_last_pull_that_made_it() {
        let claims = Claims::default();
        let (first, second) = (claims.make("a"), claims.make("a"));
        drop(first);
        assert!(claims.holds("a"));
        drop(second);
        assert!(!claims.holds("a"));
    }
}
