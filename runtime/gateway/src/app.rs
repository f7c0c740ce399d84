//! The service as a whole: what every request and every pull needs.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::Refused;
use crate::auth::{Anonymous, AuthError, Authenticator, Caller, Peer};
use crate::config::{Config, ConfigError, System};
use crate::health::Health;
use crate::jobs::{Live, Puller, Running};
use crate::known::Known;
use crate::life::Claims;
use crate::store::{Publishing, Store, StoreError};
use crate::time::Clock;
use crate::upload::Uploads;
use crate::usage::Usage;

/// Between two questions to a database that is away.
const AGAIN: Duration = Duration::from_secs(1);

/// The running gateway.
pub struct App {
    /// Where the configuration was read, to be read again on SIGHUP.
    config_path: PathBuf,
    config: RwLock<Arc<Config>>,
    /// What is remembered.
    pub(crate) store: Store,
    /// Images that were looked up lately.
    pub(crate) known: Known,
    /// Who is calling.
    pub(crate) auth: Arc<Authenticator>,
    /// What pulls.
    pub(crate) puller: Arc<dyn Puller>,
    /// Pulls that may run at the same time.
    pub(crate) slots: Arc<Semaphore>,
    /// Held while files are put in place and the store is told, so that each sees the other's lists.
    publishing: Mutex<()>,
    /// The pulls that use the cache.
    pub(crate) running: Running,
    /// How far those of this process are.
    pub(crate) live: Live,
    /// The images that running pulls need.
    pub(crate) claims: Claims,
    /// The archives that users load.
    pub(crate) uploads: Arc<Uploads>,
    /// The imports that ended a moment ago.
    pub(crate) imported: crate::jobs::import::Ended,
    /// Who looked what up.
    pub(crate) usage: Usage,
    /// How registries answered lately, and which pulls failed.
    pub(crate) health: Health,
    /// What time it is.
    pub(crate) clock: Clock,
    /// Everything that runs beside requests.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the gateway stops.
    pub(crate) stopping: CancellationToken,
}

impl App {
    /// A gateway over an open store.
    #[must_use]
    pub fn new(config: Config, config_path: PathBuf, store: Store, puller: Arc<dyn Puller>) -> Arc<Self> {
        Self::with_clock(config, config_path, store, puller, Clock::default())
    }

    /// A gateway that lives by another clock than the machine's.
    #[must_use]
    pub fn with_clock(
        config: Config,
        config_path: PathBuf,
        store: Store,
        puller: Arc<dyn Puller>,
        clock: Clock,
    ) -> Arc<Self> {
        Arc::new(Self {
            config_path,
            slots: Arc::new(Semaphore::new(config.workers)),
            config: RwLock::new(Arc::new(config)),
            store,
            known: Known::default(),
            auth: Arc::new(Authenticator::default()),
            puller,
            publishing: Mutex::new(()),
            running: Running::default(),
            live: Live::default(),
            claims: Claims::default(),
            uploads: Arc::default(),
            imported: Default::default(),
            usage: Usage::default(),
            health: Health::new(clock.now()),
            clock,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        })
    }

    /// The configuration in force. A request keeps the one it began with.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the configuration again. A wrong one changes nothing.
    ///
    /// The database, the sockets and the number of workers are taken up at the next start only.
    pub fn reload(&self) -> Result<(), ConfigError> {
        let config = Config::load(&self.config_path)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        Ok(())
    }

    /// Finds out who is calling for `system`.
    pub(crate) async fn authenticate(
        &self,
        config: &Config,
        system: &System,
        peer: Peer,
        headers: &HeaderMap,
    ) -> Result<Caller, AuthError> {
        let anonymous = if config.anonymous { Anonymous::Allowed } else { Anonymous::Refused };
        self.auth.authenticate(system, peer, headers, anonymous).await
    }

    /// Waits until nobody else, here or in another gateway, puts files in place and tells the store. Blocks.
    pub(crate) fn publish_alone(&self) -> Result<(Publishing, MutexGuard<'_, ()>), StoreError> {
        let here = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((self.store.publish_alone()?, here))
    }

    /// Asks the store, again and again while its database is away: what a pull has done is not lost by that. Blocks.
    pub(crate) fn insist<T>(&self, ask: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
        loop {
            match ask() {
                Err(error) if error.is_away() && !self.stopping.is_cancelled() => {
                    tracing::debug!(%error, "waiting for the database");
                    std::thread::sleep(AGAIN);
                }
                other => return other,
            }
        }
    }

    /// Does what blocks (the store, the user database) off the threads that serve connections.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(Arc<Self>) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let app = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(app)).await;
        done.unwrap_or_else(|panic| Err(Refused::broken(&panic)))
    }

    /// Stops pulls where they are; the store knows how to go on with them.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config_path", &self.config_path).finish_non_exhaustive()
    }
}
