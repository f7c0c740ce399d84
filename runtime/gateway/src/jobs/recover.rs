//! What a start finds left over.

use std::sync::Arc;

use super::{Order, Task, import, load};
use crate::app::App;
use crate::config::Password;
use crate::store::{Job, StoreError};

/// How long the gateway that ages images does so, in seconds: a little less than between two times.
const TIDY_TURN: f64 = 590.0;

impl App {
    /// Goes on with the pulls of the last run that need no password of their own. Blocks.
    ///
    /// Those whose image or system the configuration no longer knows fail with that reason.
    pub fn recover(self: &Arc<Self>) -> Result<usize, StoreError> {
        let jobs = self.store.recover_own(self.clock.now())?;
        self.sweep_uploads()?;
        Ok(self.go_on_with(jobs))
    }

    /// Runs pulls that nobody runs, and says how many.
    pub(super) fn go_on_with(self: &Arc<Self>, jobs: Vec<Job>) -> usize {
        let count = jobs.len();
        for job in jobs {
            self.go_on(job);
        }
        count
    }

    /// Runs a pull that nobody runs.
    pub(super) fn go_on(self: &Arc<Self>, job: Job) {
        let (app, seq) = (Arc::clone(self), job.seq);
        match self.order(&job) {
            Ok(order) => self.start(job, order),
            Err(reason) => drop(self.tasks.spawn(async move { app.tell_failure(seq, &reason.into()).await })),
        }
    }

    /// Forgets failures that nobody asks about any more (an hour is long enough to read why), and lets images age.
    pub(crate) async fn tidy(self: &Arc<Self>) {
        let forgotten = self.blocking(|app| {
            // Each has archives of its own.
            app.sweep_uploads()?;
            // Of several gateways one is enough.
            if !app.store.take_turn("tidy", TIDY_TURN)? {
                return Ok(0);
            }
            app.age();
            Ok(app.store.forget_failures(app.clock.now() - 3600.0)?)
        });
        // A failure of the store is logged where it is made, and this is done again later.
        if let Ok(count @ 1..) = forgotten.await {
            tracing::debug!(count, "forgot old failures");
        }
    }

    /// Writes down who looked what up.
    pub(crate) async fn flush(self: &Arc<Self>) {
        // A failure of the store is logged where it is made; what is noted from now on is written down the next time.
        let _ = self.blocking(|app| Ok(app.write_usage()?)).await;
    }

    fn order(self: &Arc<Self>, job: &Job) -> Result<Order, String> {
        if job.ask.with_password {
            return Err("the request was cut short, and its password is gone: pull again".to_owned());
        }
        let config = self.config();
        let name = &job.ask.name;
        let system = config.systems.get(&name.system).cloned();
        let system = system.ok_or_else(|| format!("the system `{}` is no longer configured", name.system))?;
        if load::is_load(&job.ask) {
            return self.load_again(job, system, config);
        }
        if let Some(wanted) = import::Wanted::of(&job.ask) {
            return import::order(wanted, &job.ask.name, system, config);
        }
        let (registry, reference) = config.registries.find(&name.tag).map_err(|error| error.to_string())?;
        let password: Password = config.registries.password(registry, &Default::default());
        let location = registry.location.clone();
        Ok(Order { system, location, reference, password, config: Arc::clone(&config), task: Task::Pull })
    }
}
