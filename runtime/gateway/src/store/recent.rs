//! Images that were looked up lately, for the time in which the database is away.
//!
//! What is recalled may be out of date: a tag that another gateway has removed meanwhile, or whose users it has changed.
//! So nothing is recalled but lookups, nothing that the database has not confirmed within the last hour, and nothing that
//! this gateway has changed since.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::model::{Entry, TagName};
use super::rows::Sharing;
use super::{Store, StoreError};

/// So many tags are remembered.
const MOST: usize = 10_000;
/// For so long after the database has confirmed them.
const FOR: Duration = Duration::from_secs(60 * 60);

/// The tags that were found lately.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<HashMap<TagName, (Instant, Entry)>>);

impl Recent {
    fn remember(&self, name: &TagName, found: Option<&Entry>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = found else {
            all.remove(name);
            return;
        };
        if all.len() >= MOST && !all.contains_key(name) {
            all.retain(|_, (confirmed, _)| confirmed.elapsed() < FOR / 4);
            if all.len() >= MOST {
                return;
            }
        }
        all.insert(name.clone(), (Instant::now(), entry.clone()));
    }

    /// Forgets a tag that is being changed.
    pub(super) fn forget(&self, name: &TagName) {
        self.remember(name, None);
    }

    fn recall(&self, name: &TagName) -> Option<Entry> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name).filter(|(confirmed, _)| confirmed.elapsed() < FOR).map(|(_, entry)| entry.clone())
    }
}

impl Store {
    /// The image of a tag, with all its other tags; while the database is away, as it was when it was last looked up here.
    pub fn lookup_or_recall(&self, name: &TagName) -> Result<Option<Entry>, StoreError> {
        if self.sharing() == Sharing::Alone {
            return self.lookup(name);
        }
        match self.lookup(name) {
            Ok(found) => {
                self.recent.remember(name, found.as_ref());
                Ok(found)
            }
            Err(error) if error.is_away() => self.recent.recall(name).map(Some).ok_or(error),
            Err(error) => Err(error),
        }
    }
}
