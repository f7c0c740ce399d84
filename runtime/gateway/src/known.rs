//! Images that were looked up lately: a lookup of one of them asks no database and leaves no thread.
//!
//! What this process changes is seen by the next lookup: every write makes all that is known old ([`Changes`]). What another
//! gateway on the same database changes, and a write whose outcome the database did not tell, is seen within [`FRESH`], and
//! [`LONGEST`] where the database takes its time; while it is away, the store recalls what it said last. Nothing is kept of
//! images that are not there, nor of who may use one: that is decided for each caller anew.
//!
//! [`Changes`]: crate::store::Changes

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::answer;
use crate::app::App;
use crate::record;
use crate::store::{Access, Entry, StoreError, TagName};

/// After so long the first lookup reads anew, and the others go on with what is known.
const FRESH: Duration = Duration::from_secs(1);

/// After so long every lookup waits for what is read anew.
const LONGEST: Duration = Duration::from_secs(5);

/// More names than this, and all are forgotten: some kilobytes each.
const MOST: usize = 10_000;

/// So many names at most are read at the same time.
const TURNS: usize = 16;

/// What is known, by name.
#[derive(Debug, Default)]
pub(crate) struct Known {
    found: RwLock<HashMap<TagName, Arc<Found>>>,
    /// Of many that ask for the same name, one reads and the others find what it read.
    turns: [Mutex<()>; TURNS],
}

/// An image as it was read from the store.
#[derive(Debug)]
pub(crate) struct Found {
    /// The image of the name, with all its tags.
    pub(crate) entry: Entry,
    /// The body of the answer, where it is the same for everybody.
    pub(crate) for_all: Option<Bytes>,
    /// The number of changes before it was read.
    changes: u64,
    read: Instant,
    /// Somebody reads it anew.
    is_read_anew: AtomicBool,
}

impl Found {
    fn new(entry: Entry, name: &TagName, changes: u64, read: Instant) -> Self {
        let of_type = |tag: &&crate::store::Tag| tag.itype == name.itype;
        let is_for_all = entry.tags.iter().filter(of_type).all(|tag| tag.access == Access::Public);
        let record = is_for_all.then(|| record::of_tag(&entry, name, |_| true)).flatten();
        let for_all = record.map(|record| answer::body(&record));
        Self { entry, for_all, changes, read, is_read_anew: AtomicBool::new(false) }
    }

    /// Whether it may be answered with at `now`. Of those who find it aged, the first is told no.
    fn is_current(&self, changes: u64, now: Instant) -> bool {
        let age = now.saturating_duration_since(self.read);
        self.changes == changes && (age < FRESH || age < LONGEST && self.is_read_anew.swap(true, Ordering::Relaxed))
    }
}

impl Known {
    fn get(&self, name: &TagName, changes: u64, now: Instant) -> Option<Arc<Found>> {
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        found.filter(|found| found.is_current(changes, now))
    }

    fn put(&self, name: &TagName, found: &Arc<Found>) {
        let mut all = self.found.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST && !all.contains_key(name) {
            all.clear();
        }
        all.insert(name.clone(), Arc::clone(found));
    }

    fn forget(&self, name: &TagName) {
        self.found.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    fn turn(&self, name: &TagName) -> &Mutex<()> {
        let hasher = std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default();
        &self.turns[hasher.hash_one(name) as usize % TURNS]
    }
}

impl App {
    /// An image, if it was read a moment ago.
    pub(crate) fn known(&self, name: &TagName) -> Option<Arc<Found>> {
        self.known.get(name, self.store.changes().count(), Instant::now())
    }

    /// An image, as the store has it. Blocks.
    pub(crate) fn find(&self, name: &TagName) -> Result<Option<Arc<Found>>, StoreError> {
        let _turn = self.known.turn(name).lock().unwrap_or_else(PoisonError::into_inner);
        // ORDER: the number before the row, so that a write between the two makes what is read old at once.
        let changes = self.store.changes().count();
        let newer = self.known.found.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let read = Instant::now();
        let is_new = |found: &Arc<Found>| found.changes == changes && read.duration_since(found.read) < FRESH;
        if let Some(newer) = newer.filter(is_new) {
            return Ok(Some(newer));
        }
        let Some(entry) = self.store.lookup_or_recall(name)? else {
            self.known.forget(name);
            return Ok(None);
        };
        let found = Arc::new(Found::new(entry, name, changes, read));
        self.known.put(name, &found);
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Image, Tag};

    fn name(tag: &str) -> TagName {
        TagName { system: "cori".to_owned(), itype: "docker".to_owned(), tag: tag.to_owned() }
    }

    fn found(access: Access, changes: u64, read: Instant) -> Arc<Found> {
        let tag = |tag: &str, access| Tag {
            itype: "docker".to_owned(),
            tag: tag.to_owned(),
            access,
            last_pull: 1.0,
            platforms: String::new(),
        };
        let tags = vec![tag("app:1", Access::Public), tag("app:2", access)];
        Arc::new(Found::new(Entry { image: Image::default(), tags }, &name("app:1"), changes, read))
    }

    #[test]
    fn a_change_makes_what_is_known_old() {
        let (known, now) = (Known::default(), Instant::now());
        known.put(&name("app:1"), &found(Access::Public, 7, now));
        assert!(known.get(&name("app:1"), 7, now).is_some());
        assert!(known.get(&name("app:1"), 8, now).is_none());
    }

    #[test]
    fn of_those_who_find_it_aged_one_reads_anew_and_the_others_do_not_wait() {
        let (known, now) = (Known::default(), Instant::now());
        known.put(&name("app:1"), &found(Access::Public, 7, now));
        let asks = [FRESH, FRESH, FRESH].map(|age| known.get(&name("app:1"), 7, now + age).is_some());
        assert_eq!(asks, [false, true, true]);
        assert!(known.get(&name("app:1"), 7, now + LONGEST).is_none());
    }

    #[test]
    fn an_answer_for_everybody_shows_no_tag_that_is_not_for_everybody() {
        let granted = Access::Granted { users: [1000].into(), groups: [].into() };
        assert!(found(Access::Public, 0, Instant::now()).for_all.is_some());
        assert!(found(granted, 0, Instant::now()).for_all.is_none());
    }

    #[test]
    fn names_without_end_are_not_kept() {
        let (known, now) = (Known::default(), Instant::now());
        let found = found(Access::Public, 0, now);
        (0..=MOST).for_each(|n| known.put(&name(&n.to_string()), &found));
        assert_eq!(known.found.read().unwrap().len(), 1);
    }
}
