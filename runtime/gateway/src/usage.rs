//! Who looked what up: noted in memory by every lookup, written down from time to time.
//!
//! A lookup never waits for the database to be written. What a killed gateway loses are the last seconds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use shifter_gateway_types::rest::LookupRow;

use crate::app::App;
use crate::life::user_name;
use crate::store::{StoreError, TagName};

/// So many lookups wait to be written down; further ones are noted as uses only.
const MOST: usize = 100_000;

/// What waits to be written down.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    noted: Mutex<Noted>,
    /// Since the start.
    count: AtomicU64,
}

#[derive(Debug, Default)]
struct Noted {
    /// The last use of each tag.
    uses: BTreeMap<TagName, f64>,
    lookups: Vec<Looked>,
}

#[derive(Debug)]
struct Looked {
    uid: u32,
    name: TagName,
    id: String,
    time: f64,
}

/// A successful lookup.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup<'a> {
    /// What was asked for.
    pub(crate) name: &'a TagName,
    /// What was found.
    pub(crate) id: &'a str,
    /// Who asked, if the site wants to know.
    pub(crate) uid: Option<u32>,
}

impl Usage {
    /// Notes a lookup.
    pub(crate) fn note(&self, lookup: Lookup<'_>, now: f64) {
        let Lookup { name, id, uid } = lookup;
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        match noted.uses.get_mut(name) {
            Some(time) => *time = now,
            None => drop(noted.uses.insert(name.clone(), now)),
        }
        if let Some(uid) = uid
            && noted.lookups.len() < MOST
        {
            noted.lookups.push(Looked { uid, name: name.clone(), id: id.to_owned(), time: now });
        }
    }

    /// How many lookups were noted since the start.
    pub(crate) fn lookups(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn take(&self) -> Noted {
        std::mem::take(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl App {
    /// Writes down what was noted. Blocks; may ask the user database.
    pub(crate) fn write_usage(&self) -> Result<(), StoreError> {
        let Noted { uses, lookups } = self.usage.take();
        if !uses.is_empty() {
            self.store.note_lookups(&uses)?;
        }
        if lookups.is_empty() {
            return Ok(());
        }
        let mut names = BTreeMap::new();
        let row = |Looked { uid, name, id, time }| LookupRow {
            user: names.entry(uid).or_insert_with(|| user_name(uid)).clone(),
            uid,
            system: name.system,
            itype: name.itype,
            tag: name.tag,
            id,
            time,
        };
        let rows: Vec<LookupRow> = lookups.into_iter().map(row).collect();
        self.store.record_lookups(&rows)
    }
}
