//! Loads: an archive that a user has sent becomes an image.
//!
//! A load is a pull from that archive. It is kept under the number of its job until the job has ended, so that a gateway
//! that was killed goes on with it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Order, Task};
use crate::app::App;
use crate::config::{Config, Password, System};
use crate::pull::{Location, Source};
use crate::store::{Job, PullAsk, StoreError};
use crate::upload::{self, Slot};

/// How the identities of loads begin.
const IDENTITY: &str = "load:";

/// The archive of a load.
#[derive(Debug)]
pub(crate) struct Kept {
    path: PathBuf,
    _slot: Slot,
}

impl Kept {
    /// The archive of a job in its place.
    pub(crate) fn new(path: PathBuf, slot: Slot) -> Self {
        Self { path, _slot: slot }
    }

    pub(super) async fn discard(&self) {
        upload::discard(self.path.clone()).await;
    }

    /// Where the image is pulled from.
    pub(crate) fn location(&self) -> Location {
        Location { name: "the archive".to_owned(), source: Source::Upload(self.path.clone()) }
    }
}

/// A user loads a tag once at a time.
pub(crate) fn identity(uid: u32) -> String {
    format!("{IDENTITY}{uid}")
}

pub(super) fn is_load(ask: &PullAsk) -> bool {
    ask.identity.starts_with(IDENTITY)
}

impl App {
    /// What goes on with a load of the last run.
    pub(super) fn load_again(
        self: &Arc<Self>,
        job: &Job,
        system: System,
        config: Arc<Config>,
    ) -> Result<Order, String> {
        let lost = || "the archive was lost with the gateway that took it in: load it again".to_owned();
        let path = upload::directory(&config.cache).join(upload::file_name(job.seq));
        let uid = job.ask.uid.filter(|_| path.is_file()).ok_or_else(lost)?;
        let kept = Kept::new(path, self.uploads.resume(uid));
        let reference =
            job.ask.name.tag.parse().map_err(|error: crate::reference::ReferenceError| error.to_string())?;
        let location = kept.location();
        Ok(Order { system, location, reference, password: Password::None, config, task: Task::Load(Arc::new(kept)) })
    }

    /// Removes archives of jobs that are over. Blocks.
    pub(crate) fn sweep_uploads(&self) -> Result<(), StoreError> {
        let config = self.config();
        let found = upload::all(&config.cache);
        if found.is_empty() {
            return Ok(());
        }
        let mut kept = BTreeSet::new();
        for system in config.systems.keys() {
            let loads = self.store.queue(system)?.into_iter().filter(|job| is_load(&job.ask));
            kept.extend(loads.map(|job| upload::file_name(job.seq)));
        }
        upload::sweep(found, &kept);
        Ok(())
    }
}
