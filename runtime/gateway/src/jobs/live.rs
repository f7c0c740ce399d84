//! The pulls that this process runs: how far each is, and how it is stopped.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shifter_gateway_types::rest::{ProgressBody, Status};
use tokio::task::AbortHandle;

use super::progress::View;
use crate::app::App;
use crate::store::{Job, Leaver, Left, StoreError, TagName};

/// The running pulls by their rows.
#[derive(Debug, Default)]
pub(crate) struct Live(Mutex<BTreeMap<i64, Pull>>);

#[derive(Debug)]
struct Pull {
    view: View,
    abort: AbortHandle,
}

/// Forgets a pull when it is over.
pub(super) struct Listed<'a> {
    live: &'a Live,
    seq: i64,
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.live.all().remove(&self.seq);
    }
}

impl Live {
    fn all(&self) -> MutexGuard<'_, BTreeMap<i64, Pull>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pull is running.
    pub(super) fn list(&self, seq: i64, view: View, abort: AbortHandle) -> Listed<'_> {
        self.all().insert(seq, Pull { view, abort });
        Listed { live: self, seq }
    }

    /// Whether a pull runs here.
    pub(super) fn has(&self, seq: i64) -> bool {
        self.all().contains_key(&seq)
    }

    /// Stops a pull. What it has begun is cleaned up where it was.
    fn stop(&self, seq: i64) {
        if let Some(pull) = self.all().get(&seq) {
            pull.abort.abort();
        }
    }

    /// How far a pull is: as this process knows it, or, where another runs it, as its row says.
    pub(crate) fn progress(&self, job: &Job) -> ProgressBody {
        let waits = matches!(job.status, Status::Init | Status::Pending);
        let seen = self.all().get(&job.seq).filter(|_| !waits).map(|pull| pull.view.now());
        let mut body = ProgressBody {
            status: job.status.clone(),
            message: job.message.clone(),
            place: None,
            done: None,
            total: None,
            percent: None,
            layers: Vec::new(),
            asked: job.asked,
        };
        if let Some(seen) = seen {
            (body.status, body.message) = (seen.status, seen.message);
            (body.done, body.total, body.layers) = (seen.done, seen.total, seen.layers);
            body.percent = body.done.zip(body.total).and_then(|(done, total)| ProgressBody::percent_of(done, total));
        }
        body
    }
}

impl App {
    /// The place of a pull among those that wait for one of the workers, whatever system they are for; `None` once it runs.
    pub(crate) fn place_of(&self, job: &Job) -> Result<Option<usize>, StoreError> {
        let waits = |job: &Job| matches!(job.status, Status::Init | Status::Pending);
        if !waits(job) {
            return Ok(None);
        }
        let mut before = 0;
        for system in self.config().systems.keys() {
            before += self.store.queue(system)?.iter().filter(|other| waits(other) && other.seq < job.seq).count();
        }
        Ok(Some(before + 1))
    }

    /// Takes a wish for a pull back, and stops the pulls that nobody waits for any more. `None` where there is none of the
    /// leaver's. Blocks.
    pub(crate) fn cancel(&self, name: &TagName, leaver: Leaver) -> Result<Option<Left>, StoreError> {
        // ORDER: not between the files of a pull and its end, which would leave files that no record names.
        let _one_at_a_time = self.publish_alone()?;
        let left = self.store.leave(name, leaver, self.clock.now())?;
        for seq in left.iter().flat_map(|left| &left.ended) {
            self.live.stop(*seq);
        }
        Ok(left)
    }
}
