//! One pull, from its row to READY or FAILURE.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use shifter_gateway_types::rest::Status;

use super::progress::{Reporter, Reports};
use super::report::report;
use super::{Order, Task, progress};
use crate::answer::Refused;
use crate::app::App;
use crate::config::Password;
use crate::convert::{Format, Limits};
use crate::life::NoRoom;
use crate::publish;
use crate::pull::{Directories, Existing, Platform, PullRequest, Pulled};
use crate::store::{Completed, Expired, Failure, Image, Job};

mod platforms;

/// Between two attempts to write the end of a pull down.
const AGAIN: Duration = Duration::from_secs(1);

impl App {
    /// Begins a pull that the store has accepted. While the gateway stops, the row waits for the next start.
    pub(crate) fn start(self: &Arc<Self>, job: Job, order: Order) {
        if self.stopping.is_cancelled() {
            return;
        }
        let app = Arc::clone(self);
        self.tasks.spawn(async move {
            let seq = job.seq;
            let image = format!("{}:{}", job.ask.name.itype, job.ask.name.tag);
            let system = job.ask.name.system.clone();
            let ask = job.ask.clone();
            let task = order.task.clone();
            tracing::info!(system, image, uid = job.ask.uid, "pull begins");
            let stopping = app.stopping.clone();
            let (reporter, reports) = progress::channel();
            let view = reports.view();
            let work = tokio::spawn(run(Arc::clone(&app), job, order, (reporter, reports)));
            let abort = work.abort_handle();
            let _listed = app.live.list(seq, view, abort.clone());
            let outcome = tokio::select! {
                () = stopping.cancelled() => { abort.abort(); return }
                outcome = work => outcome,
            };
            let trimmed = app.blocking(|app| {
                app.trim_cache();
                Ok(())
            });
            // A panic is logged where it is made; the pull is over and has its own outcome.
            let _ = trimmed.await;
            task.end().await;
            let failure = match outcome {
                Ok(Ok(id)) => {
                    tracing::info!(system, image, id, "pull is ready");
                    return;
                }
                Ok(Err(error)) => Failure { reason: error.to_string(), is_of_asker: error.is::<NoRoom>() },
                Err(end) if end.is_cancelled() => {
                    tracing::info!(system, image, "pull was cancelled");
                    return;
                }
                Err(panic) => {
                    tracing::error!(system, image, %panic, "a pull panicked");
                    "the gateway has failed; its log says why".into()
                }
            };
            tracing::warn!(system, image, reason = failure.reason, "pull failed");
            app.health.failed(app.clock.now(), ask, failure.reason.clone());
            app.tell_failure(seq, &failure).await;
        });
    }

    /// Ends the row of a failed pull. While the store cannot be written, as on a full disk, it is tried
    /// again: clients would wait for ever for a pull that nobody runs.
    pub(super) async fn tell_failure(self: &Arc<Self>, seq: i64, failure: &Failure) {
        loop {
            let failure = failure.clone();
            let told = self.blocking(move |app| Ok(app.store.fail(seq, &failure, app.clock.now())?)).await;
            if told.is_ok() {
                return;
            }
            tokio::select! {
                // The row is recovered at the next start.
                () = self.stopping.cancelled() => return,
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
    }
}

/// Gives the id of the image back.
async fn run(
    app: Arc<App>,
    job: Job,
    order: Order,
    (reporter, reports): (Reporter, Reports),
) -> anyhow::Result<String> {
    let seq = job.seq;
    tell(&app, seq, Status::Pending).await?;
    let _slot = Arc::clone(&app.slots).acquire_owned().await?;
    let _running = app.running.begin(seq);
    let pulled = watched(&app, &job, &order, (reporter, reports)).await?;
    let platforms::AllPulled { best: pulled, others, claims: _claims } = pulled;
    if pulled.private && job.ask.uid.is_none() {
        anyhow::bail!("the image is private and the caller is nobody: authenticate");
    }
    tell(&app, seq, Status::Transfer).await?;
    let this = Arc::clone(&app);
    let done = tokio::task::spawn_blocking(move || finish(&this, seq, &job, &order, pulled, &others));
    done.await?
}

/// The pull itself, its progress written down beside it.
async fn watched<'a>(
    app: &'a Arc<App>,
    job: &Job,
    order: &Order,
    (reporter, reports): (Reporter, Reports),
) -> anyhow::Result<platforms::AllPulled<'a>> {
    let limit = Duration::from_secs(order.config.limits.pull_seconds);
    let pulling = async {
        // The reporter is dropped with the pull, which ends the writing.
        let reporter = reporter;
        tokio::time::timeout(limit, made(app, job, order, &reporter)).await
    };
    let (mut pulling, mut writing) = (pin!(pulling), pin!(reports.write_down(app, job.seq)));
    let pulled = tokio::select! {
        biased;
        pulled = &mut pulling => {
            writing.await;
            pulled
        }
        // It ends before the pull only where the row is gone.
        () = &mut writing => anyhow::bail!("the pull was cancelled"),
    };
    pulled.map_err(|_| anyhow::anyhow!("the pull took more than {} seconds", limit.as_secs()))?
}

/// The images, from wherever they come.
async fn made<'a>(
    app: &'a Arc<App>,
    job: &Job,
    order: &Order,
    reporter: &Reporter,
) -> anyhow::Result<platforms::AllPulled<'a>> {
    match &order.task {
        Task::Pull | Task::Load(_) => platforms::pull(app, order, reporter).await,
        Task::Import(wanted) => {
            let best = app.import(job, order, wanted, reporter).await?;
            let claims = vec![app.claims.make(&best.id)];
            Ok(platforms::AllPulled { best, others: Vec::new(), claims })
        }
    }
}

async fn tell(app: &Arc<App>, seq: i64, status: Status) -> anyhow::Result<()> {
    let told =
        app.blocking(move |app| Ok(app.insist(|| app.store.advance(seq, &status, status.as_str(), app.clock.now()))?));
    let told = told.await;
    match told {
        Ok(true) => Ok(()),
        Ok(false) => anyhow::bail!("the pull is no longer in the store"),
        Err(Refused { .. }) => anyhow::bail!("the store cannot be written"),
    }
}

fn request(order: &Order, platform: &Platform) -> PullRequest {
    let config = &order.config;
    PullRequest {
        reference: order.reference.clone(),
        location: order.location.clone(),
        platform: platform.clone(),
        credential: match &order.password {
            Password::Callers(credential) | Password::Sites(credential) => Some(credential.clone()),
            Password::None => None,
        },
        directories: Directories { cache: config.cache.clone(), images: order.system.image_dir.clone() },
        conversion: config.conversion.clone(),
        limits: limits(&config.limits),
        examiner: config.examiner.clone(),
        existing: Existing::Reuse,
    }
}

pub(crate) fn limits(written: &shifter_gateway_types::config::Limits) -> Limits {
    let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    Limits {
        manifest_bytes: written.manifest_bytes,
        config_bytes: written.manifest_bytes,
        layer_bytes: written.layer_bytes,
        layers: count(written.layers),
        unpacked_bytes: written.image_bytes,
        entries: written.entries,
        path_bytes: count(written.path_bytes),
        ratio: written.ratio,
        downloads: count(written.downloads),
    }
}

/// Puts the files in place and tells the store.
///
/// ORDER: the images as expected, with what was found in them, then the file, then the index, then `.meta`, then the store. Whatever is cut short
/// leaves a row that is pulled again, no name that leads to a file that is not whole, and no file without record.
fn finish(app: &App, seq: i64, job: &Job, order: &Order, pulled: Pulled, others: &[Image]) -> anyhow::Result<String> {
    let gone = || anyhow::anyhow!("the pull is no longer in the store");
    let (mut image, report) = (image(&pulled, order.config.conversion.format), report(&pulled));
    if let Task::Import(wanted) = &order.task {
        image.format = wanted.format.as_str().to_owned();
    }
    let name = &job.ask.name;
    let _one_at_a_time = app.insist(|| app.publish_alone())?;
    let private = match (&order.task, job.ask.uid) {
        (Task::Load(_) | Task::Import(_), Some(uid)) => {
            // Somebody else may have given the tag an image since this one was asked for.
            app.insist(|| app.may_name(&order.system, name, uid))??;
            app.insist(|| app.stays_private(&job.ask))?
        }
        _ => pulled.private && !is_for_everybody(job, order),
    };
    let done = Completed { image, others: others.to_vec(), platforms: order.system.platforms_text(), private };
    let now = app.clock.now();
    let images: Vec<&Image> = [&done.image].into_iter().chain(others).collect();
    app.insist(|| app.room_for(&order.config, name, job.ask.uid, &images))??;
    let seen = app.insist(|| app.store.preview(seq, &done, now))?.ok_or_else(gone)?;
    let place = publish::Place::new(&order.system, order.config.readable_by);
    app.insist(|| app.store.expect(&name.system, std::slice::from_ref(&done.image), now))?;
    if pulled.product.is_known() && !place.holds(&done.image) {
        anyhow::bail!("the file of the image was deleted while it was pulled: pull again");
    }
    if let Some(report) = &report {
        app.insist(|| app.store.keep_report(&name.system, &done.image.id, report))?;
    }
    if let Err(error) = place.put(pulled.product, name, &seen) {
        if !place.holds(&done.image) {
            app.store.forget_expired(&Expired::of(&name.system, &done.image))?;
        }
        return Err(error.into());
    }
    let stored = app.insist(|| app.store.complete(seq, &done, now))?.ok_or_else(gone)?;
    if matches!(order.task, Task::Import(_)) {
        app.imported.note(name, &job.ask.identity);
    }
    // A second request may have joined its lists to this pull in the meantime.
    if seen != stored {
        place.describe(name, &stored)?;
    }
    Ok(done.image.id)
}

/// A password of mirrors that stand in for their registry says nothing about the image: everybody's
/// pull is made with it. Who asked may still have named some.
fn is_for_everybody(job: &Job, order: &Order) -> bool {
    let named = !job.ask.users.is_empty() || !job.ask.groups.is_empty();
    order.location.is_mirrored_only() && !named
}

fn image(pulled: &Pulled, format: Format) -> Image {
    let config = pulled.config.clone();
    Image {
        id: pulled.id.clone(),
        format: format.name().to_owned(),
        digest: pulled.digest.to_string(),
        platform: pulled.platform.to_string(),
        bytes: pulled.bytes,
        env: config.env,
        entry: config.entrypoint,
        cmd: config.cmd,
        workdir: config.workdir,
        user: config.user,
        labels: config.labels,
        volumes: config.volumes,
    }
}
