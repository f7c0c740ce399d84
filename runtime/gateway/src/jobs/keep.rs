//! Keeping the pulls that run here, and going on with those of gateways that are gone: where several share a store.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use crate::app::App;
use crate::store::{Job, LEASE};

impl App {
    /// Renews the leases of this gateway's pulls and takes over those that ran out, until this one stops.
    ///
    /// ORDER: nobody else's pull is touched before the database has been there for the time of a lease: when it was away,
    /// no gateway could renew its own.
    pub(crate) async fn keep_pulls(self: Arc<Self>) {
        if !self.store.is_shared() {
            return;
        }
        let mut tick = tokio::time::interval(LEASE / 3);
        let mut there_since = None;
        let mut strays = BTreeSet::new();
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => break,
                _ = tick.tick() => {}
            }
            // What fails is logged where it is made, and tried again.
            let Ok(own) = self.blocking(|app| Ok(app.store.renew()?)).await else {
                there_since = None;
                continue;
            };
            strays = self.gather(own, &strays);
            if there_since.get_or_insert_with(Instant::now).elapsed() > LEASE {
                let taken = self.blocking(|app| Ok(app.go_on_with(app.store.recover(app.clock.now())?))).await;
                if let Ok(pulls @ 1..) = taken {
                    tracing::warn!(pulls, "going on with the pulls of a gateway that is gone");
                }
            }
        }
        let _ = self.blocking(|app| Ok(app.store.release()?)).await;
    }

    /// Runs pulls of this gateway that nothing runs. They were accepted by a database that could not say so any more; one
    /// that was accepted a moment ago is about to be run, so it must have been seen `before`. Gives those back.
    fn gather(self: &Arc<Self>, own: Vec<Job>, before: &BTreeSet<i64>) -> BTreeSet<i64> {
        let mut strays = BTreeSet::new();
        for job in own.into_iter().filter(|job| !self.live.has(job.seq)) {
            if before.contains(&job.seq) {
                tracing::warn!(tag = job.ask.name.tag, "going on with a pull that nothing runs");
                self.go_on(job);
            } else {
                strays.insert(job.seq);
            }
        }
        strays
    }
}
