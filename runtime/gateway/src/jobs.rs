//! Work beside requests: pulls, and what a start finds left over.
//!
//! A job is a row of the store before it is a task, so that a killed gateway loses none, and it can
//! run twice: files are put in place by renames and the store is told in one transaction.

mod cache;
pub(crate) mod custom;
pub(crate) mod import;
mod keep;
mod live;
pub(crate) mod load;
mod progress;
mod pull;
mod recover;
mod report;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::config::{Config, Password, System};
use crate::pull::{Location, Progress, PullError, PullRequest, Pulled};
use crate::reference::Reference;

pub(crate) use cache::Running;
pub(crate) use live::Live;
pub(crate) use pull::limits;

/// What a pull needs besides its row.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Whose image directory.
    pub(crate) system: System,
    /// Where the image is.
    pub(crate) location: Location,
    /// Which image there.
    pub(crate) reference: Reference,
    /// As whom.
    pub(crate) password: Password,
    /// The configuration the pull was asked under.
    pub(crate) config: Arc<Config>,
    /// What kind of work it is.
    pub(crate) task: Task,
}

/// Where the bytes of an image come from.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// A location.
    Pull,
    /// An archive that a user has sent.
    Load(Arc<load::Kept>),
    /// An image file of the host.
    Import(Arc<import::Wanted>),
}

impl Task {
    /// Gives up what was kept for the work alone: it has ended, well or not.
    pub(crate) async fn end(self) {
        match self {
            Self::Pull | Self::Import(_) => {}
            Self::Load(kept) => kept.discard().await,
        }
    }
}

/// A future of a pull.
pub type Pulling<'a> = Pin<Box<dyn Future<Output = Result<Pulled, PullError>> + Send + 'a>>;

/// What fetches and converts an image; a fake of it serves the tests of the routes.
pub trait Puller: Send + Sync {
    /// Fetches and converts.
    fn pull<'a>(&'a self, request: PullRequest, progress: &'a dyn Progress) -> Pulling<'a>;
}

/// The real one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Registry;

impl Puller for Registry {
    fn pull<'a>(&'a self, request: PullRequest, progress: &'a dyn Progress) -> Pulling<'a> {
        Box::pin(crate::pull::pull(request, progress))
    }
}
