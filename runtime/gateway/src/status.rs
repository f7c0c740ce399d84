//! What the status page shows, and to whom.
//!
//! Sums, the queue's length and how registries answered are everybody's, as in `/metrics`. Names are shown to callers whom the
//! kernel vouches for (the Unix socket) and, where the site lets anonymous callers in, to everybody: those of public images, and
//! to their users those of private ones. A browser on the network has no credential: it sees no names by default.

mod html;
mod page;

use shifter_gateway_types::rest::ProgressBody;

use crate::app::App;
use crate::auth::Caller;
use crate::config::Config;
use crate::health::Answers;
use crate::store::{Access, Job, PullAsk, StoreError, Tag};

pub(crate) use page::{page, policy};

/// The most images and pulls that are shown; the rest is counted.
const MOST: usize = 50;

/// Whom the page is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Viewer {
    /// Sees sums.
    Stranger,
    /// Sees the names of what the caller may use.
    Known(Caller),
}

/// Everything on the page.
#[derive(Debug)]
pub(crate) struct Status {
    now: f64,
    since: f64,
    lookups: u64,
    shows_names: bool,
    systems: Vec<SystemView>,
    registries: Vec<(String, Answers)>,
    failures: Vec<FailureView>,
}

#[derive(Debug)]
struct SystemView {
    name: String,
    tags: usize,
    named: u64,
    expired: u64,
    pulls: Vec<PullView>,
    images: Vec<ImageView>,
}

#[derive(Debug)]
struct PullView {
    /// `None` where the viewer may not know it.
    image: Option<String>,
    progress: ProgressBody,
}

#[derive(Debug)]
struct ImageView {
    tags: Vec<String>,
    platform: String,
    bytes: u64,
    last_pull: f64,
    is_private: bool,
}

#[derive(Debug)]
struct FailureView {
    time: f64,
    system: String,
    image: String,
    reason: String,
}

impl Status {
    /// Looks at everything. Blocks.
    pub(crate) fn of(app: &App, config: &Config, viewer: &Viewer) -> Result<Self, StoreError> {
        let now = app.clock.now();
        let caller = match viewer {
            Viewer::Stranger => None,
            Viewer::Known(caller) => Some(caller),
        };
        let mut systems = Vec::new();
        for name in config.systems.keys() {
            let stored = app.store.stored(name)?;
            let pulls =
                app.store.queue(name)?.into_iter().enumerate().map(|(place, job)| pull(app, caller, place, &job));
            systems.push(SystemView {
                name: name.clone(),
                tags: app.store.aging(name, None, now)?.len(),
                named: stored.named,
                expired: stored.expired,
                pulls: pulls.collect(),
                images: caller.map(|caller| images(app, caller, name)).transpose()?.unwrap_or_default(),
            });
        }
        let failures = app.health.failures().into_iter();
        let failures = failures.filter(|failed| caller.is_some_and(|caller| is_shown(&failed.ask, caller)));
        Ok(Self {
            now,
            since: app.health.since,
            lookups: app.usage.lookups(),
            shows_names: caller.is_some(),
            systems,
            registries: config.registries.names().map(|name| (name.to_owned(), app.health.answers(name))).collect(),
            failures: failures
                .map(|failed| FailureView {
                    time: failed.time,
                    image: format!("{}:{}", failed.ask.name.itype, failed.ask.name.tag),
                    system: failed.ask.name.system,
                    reason: failed.reason,
                })
                .collect(),
        })
    }
}

/// Pulls with a password or lists are their asker's alone.
fn is_shown(ask: &PullAsk, caller: &Caller) -> bool {
    ask.identity.is_empty() || ask.uid == caller.uid()
}

/// A pull; of one that the viewer may not know only that it is there and where it stands.
fn pull(app: &App, caller: Option<&Caller>, place: usize, job: &Job) -> PullView {
    let is_known = caller.is_some_and(|caller| is_shown(&job.ask, caller));
    let mut progress = app.live.progress(job);
    progress.place = Some(place + 1);
    if !is_known {
        (progress.message, progress.layers) = (String::new(), Vec::new());
        (progress.done, progress.total) = (None, None);
    }
    PullView { image: is_known.then(|| format!("{}:{}", job.ask.name.itype, job.ask.name.tag)), progress }
}

/// The images that the caller may use, the last pulled first.
fn images(app: &App, caller: &Caller, system: &str) -> Result<Vec<ImageView>, StoreError> {
    let may_use = |access: &Access| caller.may_use(access, &app.auth.groups);
    let mut all: Vec<ImageView> = Vec::new();
    for entry in app.store.list(system)? {
        let usable: Vec<&Tag> = entry.tags.iter().filter(|tag| may_use(&tag.access)).collect();
        if usable.is_empty() {
            continue;
        }
        all.push(ImageView {
            tags: usable.iter().map(|tag| format!("{}:{}", tag.itype, tag.tag)).collect(),
            platform: entry.image.platform.clone(),
            bytes: entry.image.bytes,
            last_pull: usable.iter().map(|tag| tag.last_pull).fold(0.0, f64::max),
            is_private: usable.iter().all(|tag| tag.access != Access::Public),
        });
    }
    all.sort_by(|a, b| b.last_pull.total_cmp(&a.last_pull).then_with(|| a.tags.cmp(&b.tags)));
    Ok(all)
}
