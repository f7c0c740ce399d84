//! The payload of a munge credential: passwords for registries.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `{"authorized_locations": {"quay.io": "user:password"}}`; an empty payload has none.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MungePayload {
    /// By location, or `default` for the default location alone: `user:password`.
    #[serde(default)]
    pub authorized_locations: BTreeMap<String, String>,
}

impl MungePayload {
    /// Reads a payload; an empty one, or one that is no such object, carries no password.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Self {
        serde_json::from_slice(payload).unwrap_or_default()
    }
}

impl fmt::Debug for MungePayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.authorized_locations.keys()).finish()
    }
}
