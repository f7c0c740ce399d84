//! Connections that are open, and how many there may be.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::{Client, Statement};

use super::connect::Target;
use crate::store::StoreError;

/// So many are open at most; a server has 100 by default, for all its clients.
const MOST: usize = 12;
/// How long to wait for one of them.
const PATIENCE: Duration = Duration::from_secs(20);
/// After a failed attempt nobody tries for so long: while a database is away, questions are not held up by it.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection that was used within this time is taken to be whole.
const FRESH: Duration = Duration::from_secs(1);

/// The connections of a store.
#[derive(Debug)]
pub(super) struct Pool {
    target: Target,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Open>,
    /// Idle or not.
    open: usize,
    /// When the database could last not be reached, and what it said.
    away: Option<(Instant, String)>,
    /// Somebody tries whether it is there again.
    is_tried: bool,
}

/// A connection, the statements it knows, and when it was last used.
struct Open {
    client: Client,
    used: Instant,
    prepared: HashMap<String, Statement>,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("prepared", &self.prepared.len()).finish_non_exhaustive()
    }
}

/// A connection in use. Dropped without [`Pool::give_back`] it is closed: whatever went wrong may have broken it.
pub(super) struct Taken<'a> {
    pool: &'a Pool,
    open: Option<Open>,
}

impl Taken<'_> {
    /// The connection and its statements.
    pub(super) fn parts(&mut self) -> (&mut Client, &mut HashMap<String, Statement>) {
        let open = self.open.as_mut().expect("kept until it is dropped");
        (&mut open.client, &mut open.prepared)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.open.take().is_some() {
            self.pool.lock().open -= 1;
            self.pool.freed.notify_one();
        }
    }
}

impl Pool {
    pub(super) fn new(target: Target) -> Self {
        Self { target, state: Mutex::default(), freed: Condvar::new() }
    }

    /// A connection of one's own.
    pub(super) fn connect(&self) -> Result<Client, StoreError> {
        Ok(self.target.connect()?)
    }

    /// A connection that answers.
    pub(super) fn take(&self) -> Result<Taken<'_>, StoreError> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.lock();
        loop {
            if let Some(mut open) = state.idle.pop() {
                drop(state);
                // The server may have been started anew since.
                let is_fresh = open.used.elapsed() < FRESH;
                if open.client.is_closed() || !is_fresh && open.client.simple_query("").is_err() {
                    self.forget(open);
                    state = self.lock();
                    continue;
                }
                return Ok(Taken { pool: self, open: Some(open) });
            }
            if let Some((since, reason)) = &state.away
                && (state.is_tried || since.elapsed() < PAUSE)
            {
                return Err(StoreError::Away(reason.clone()));
            }
            if state.open < MOST {
                return self.open(state);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StoreError::Away("all its connections are in use".to_owned()));
            }
            state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Puts a connection back whose last transaction has ended well.
    pub(super) fn give_back(&self, mut taken: Taken<'_>) {
        let mut state = self.lock();
        state.idle.extend(taken.open.take().map(|open| Open { used: Instant::now(), ..open }));
        drop(state);
        self.freed.notify_one();
    }

    /// Closes a broken connection, and those that were opened before the same mishap.
    fn forget(&self, broken: Open) {
        let mut state = self.lock();
        let others = std::mem::take(&mut state.idle);
        state.open -= 1 + others.len();
        drop(state);
        self.freed.notify_all();
        drop((broken, others));
    }

    fn open(&self, mut state: MutexGuard<'_, State>) -> Result<Taken<'_>, StoreError> {
        state.open += 1;
        state.is_tried = state.away.is_some();
        drop(state);
        let connected = self.target.connect().map_err(StoreError::from);
        let mut state = self.lock();
        state.is_tried = false;
        match connected {
            Ok(client) => {
                state.away = None;
                Ok(Taken { pool: self, open: Some(Open { client, used: Instant::now(), prepared: HashMap::new() }) })
            }
            Err(error) => {
                state.open -= 1;
                if let StoreError::Away(reason) = &error {
                    state.away = Some((Instant::now(), reason.clone()));
                }
                Err(error)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
