//! Tags that users give themselves: what they may be, who may move one, whom they let in.
//!
//! A tag of type `custom` belongs to who brought it. Nobody else moves it to another image, except administrators of the
//! system, and it stays private until it is removed.

use crate::app::App;
use crate::config::System;
use crate::life::user_name;
use crate::reference::{Reference, ReferenceError};
use crate::store::{Access, PullAsk, StoreError, TagName};

/// The type of images that users bring.
pub(crate) const CUSTOM: &str = "custom";

/// A name that cannot be given.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// It is outside the grammar of tags.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A name with a slash, as the original's clients would not send it.
    #[error("`{0}` has a `/` or a digest, which images of type `custom` have not: write `name:tag`")]
    Parts(String),
}

/// A tag is somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`custom:{0}` is somebody else's: choose another name")]
pub(crate) struct NotYours(String);

/// The name as it is kept, `app:latest` for `app`.
pub(crate) fn tag(written: &str) -> Result<String, NameError> {
    let reference: Reference = written.parse()?;
    match reference.digest().is_some() || reference.repository().contains('/') {
        true => Err(NameError::Parts(written.to_owned())),
        false => Ok(reference.to_string()),
    }
}

impl App {
    /// Whether a user may give a tag an image. Blocks; may ask the user database.
    pub(crate) fn may_name(
        &self,
        system: &System,
        name: &TagName,
        uid: u32,
    ) -> Result<Result<(), NotYours>, StoreError> {
        let there = self.store.aging(&name.system, Some(name), self.clock.now())?;
        let is_own = there.iter().all(|tag| tag.holders.contains(&uid));
        let may = is_own || system.is_admin(&user_name(uid));
        Ok(if may { Ok(()) } else { Err(NotYours(name.tag.clone())) })
    }

    /// Whether the tag of a finished job lets in those alone who are named: as asked, and what was so before stays so.
    pub(super) fn stays_private(&self, ask: &PullAsk) -> Result<bool, StoreError> {
        if !ask.users.is_empty() || !ask.groups.is_empty() {
            return Ok(true);
        }
        let entry = self.store.lookup(&ask.name)?;
        let mut tags = entry.iter().flat_map(|entry| &entry.tags);
        Ok(tags.any(|tag| tag.itype == ask.name.itype && tag.tag == ask.name.tag && tag.access != Access::Public))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_tag_is_a_name_and_a_tag() {
        assert_eq!(tag("app").unwrap(), "app:latest");
        assert_eq!(tag("app:1.0").unwrap(), "app:1.0");
        for wrong in ["me/app:1", "quay.io/app", &format!("app@sha256:{}", "0".repeat(64))] {
            assert_eq!(tag(wrong), Err(NameError::Parts(wrong.to_owned())), "{wrong}");
        }
        assert!(matches!(tag("App:1"), Err(NameError::Reference(_))));
    }
}
