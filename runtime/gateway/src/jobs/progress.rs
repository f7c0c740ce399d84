//! How far a pull is, on its way into the store.
//!
//! The pull must not wait for the database, so it leaves its latest word in a channel of one place;
//! a task beside it writes that word down, at most a few times a second, and a heartbeat when there
//! is nothing new.

use std::sync::Arc;
use std::time::Duration;

use shifter_gateway_types::rest::{LayerProgress, Status};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::pull::{Phase, Progress};

/// The shortest time between two writes.
const PACE: Duration = Duration::from_millis(250);
/// The longest time without one.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// The latest word of a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    phase: Phase,
    detail: String,
    bytes: Option<(u64, Option<u64>)>,
    layers: Vec<LayerProgress>,
}

/// The end a pull talks to.
#[derive(Debug)]
pub(super) struct Reporter(watch::Sender<Word>);

/// The end the store is told from.
#[derive(Debug)]
pub(super) struct Reports(watch::Receiver<Word>);

/// An end for onlookers.
#[derive(Debug)]
pub(super) struct View(watch::Receiver<Word>);

/// What an onlooker sees.
pub(super) struct Seen {
    pub(super) status: Status,
    pub(super) message: String,
    pub(super) done: Option<u64>,
    pub(super) total: Option<u64>,
    pub(super) layers: Vec<LayerProgress>,
}

impl View {
    /// The latest word.
    pub(super) fn now(&self) -> Seen {
        let word = self.0.borrow().clone();
        let (status, message) = word.as_row();
        let (done, total) = word.bytes.map_or((None, None), |(done, total)| (Some(done), total));
        Seen { status, message, done, total, layers: word.layers }
    }
}

pub(super) fn channel() -> (Reporter, Reports) {
    let (sender, receiver) = watch::channel(Word::at(Phase::Pulling));
    (Reporter(sender), Reports(receiver))
}

impl Progress for Reporter {
    fn phase(&self, phase: Phase) {
        self.0.send_modify(|word| *word = Word::at(phase));
    }

    fn detail(&self, text: &str) {
        self.0.send_modify(|word| text.clone_into(&mut word.detail));
    }

    fn bytes(&self, done: u64, total: Option<u64>) {
        self.0.send_modify(|word| word.bytes = Some((done, total)));
    }

    fn layers(&self, layers: &[LayerProgress]) {
        self.0.send_modify(|word| word.layers = layers.to_vec());
    }

    fn layer(&self, number: usize, done: u64) {
        self.0.send_modify(|word| {
            if let Some(layer) = word.layers.get_mut(number) {
                layer.done = done.min(layer.bytes);
            }
        });
    }
}

impl Reports {
    /// An end for onlookers.
    pub(super) fn view(&self) -> View {
        View(self.0.clone())
    }

    /// Writes words down until the pull is over, or its row is gone: somebody else has ended it.
    pub(super) async fn write_down(mut self, app: &Arc<App>, seq: i64) {
        loop {
            let word = self.0.borrow_and_update().clone();
            let told = app.blocking(move |app| {
                let (status, message) = word.as_row();
                Ok(app.store.advance(seq, &status, &message, app.clock.now())?)
            });
            // A failure is logged where it is made; the pull itself goes on and tells again.
            if matches!(told.await, Ok(false)) || !self.more_to_write().await {
                return;
            }
        }
    }

    /// Waits for the next moment to write. False when the pull is over.
    async fn more_to_write(&mut self) -> bool {
        let next = Instant::now() + PACE;
        let mut is_new = false;
        loop {
            match timeout_at(next, self.0.changed()).await {
                Ok(Ok(())) => is_new = true,
                Ok(Err(_over)) => return false,
                Err(_paced) if is_new => return true,
                Err(_paced) => break,
            }
        }
        !matches!(timeout_at(next + HEARTBEAT, self.0.changed()).await, Ok(Err(_over)))
    }
}

impl Word {
    fn at(phase: Phase) -> Self {
        Self { phase, detail: String::new(), bytes: None, layers: Vec::new() }
    }

    fn as_row(&self) -> (Status, String) {
        let status = match self.phase {
            Phase::Pulling => Status::Pulling,
            Phase::Examination => Status::Examination,
            Phase::Conversion => Status::Conversion,
            Phase::Transfer => Status::Transfer,
        };
        let detail = if self.detail.is_empty() { status.as_str() } else { &self.detail };
        let message = match self.bytes {
            None => detail.to_owned(),
            Some((done, None)) => format!("{detail} ({done} bytes)"),
            Some((done, Some(total))) => format!("{detail} ({done} of {total} bytes)"),
        };
        (status, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_shows_the_phase_the_detail_and_the_bytes() {
        let (reporter, reports) = channel();
        reporter.phase(Phase::Conversion);
        assert_eq!(reports.0.borrow().as_row(), (Status::Conversion, "CONVERSION".to_owned()));
        reporter.detail("Pulling layer sha256:ab");
        reporter.bytes(5, Some(10));
        assert_eq!(reports.0.borrow().as_row().1, "Pulling layer sha256:ab (5 of 10 bytes)");
    }
}
