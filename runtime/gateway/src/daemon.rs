//! The life of the process: start, serve, reload, stop.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use shifter_gateway_types::config::{Database, Listen};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::args::Args;
use crate::config::{Config, System};
use crate::convert::Neighbours;
use crate::instance::Instance;
use crate::jobs::Registry;
use crate::notify::notify;
use crate::router::router;
use crate::store::Store;
use crate::{log, publish, serve};

/// How long connections may take to finish once the gateway stops.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often old failures are forgotten and images age.
const TIDY: Duration = Duration::from_secs(600);

/// How often it is written down who looked what up.
const FLUSH: Duration = Duration::from_secs(10);

/// Runs the gateway until a signal stops it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let path = args.config_path();
    let config = Config::load(&path)?;
    if args.check {
        println!("{}: ok", path.display());
        return Ok(());
    }
    log::start(config.log_level);
    for notice in &config.notices {
        tracing::info!("{notice}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(config, &path, &args.listen))
}

async fn serve(config: Config, path: &Path, listen: &[Listen]) -> anyhow::Result<()> {
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let systemd = std::env::var_os("NOTIFY_SOCKET");
    let notify = |state: &str| {
        if let Err(error) = notify(systemd.as_deref(), state) {
            tracing::warn!(%error, "cannot tell the service manager `{state}`");
        }
    };

    prepare_directories(&config)?;
    tracing::info!(database = %config.database, "opening");
    let instance = Instance::claim(&config.cache)?;
    let (database, name) = (config.database.clone(), instance.name().to_owned());
    let store = tokio::task::spawn_blocking(move || Store::open_as(&database, &name)).await??;
    let listen = if listen.is_empty() { config.listen.clone() } else { listen.to_vec() };
    let app = App::new(config, path.to_owned(), store, Arc::new(Registry));
    let mut listeners = Vec::new();
    for socket in &listen {
        listeners.push(serve::bind(socket).await?);
    }
    // ORDER: the store and the sockets first, so that a second gateway by mistake stops before it touches a pull.
    let recovering = Arc::clone(&app);
    let recovered = tokio::task::spawn_blocking(move || {
        let neighbours = if recovering.store.is_shared() { Neighbours::Remote } else { Neighbours::Locking };
        for system in recovering.config().systems.values() {
            publish::sweep(&system.image_dir, neighbours);
        }
        if let Some(examiner) = &recovering.config().examiner {
            publish::sweep(&examiner.directory, neighbours);
        }
        recovering.recover()
    });
    let recovered = recovered.await??;
    if recovered > 0 {
        tracing::info!(pulls = recovered, "going on with the pulls of the last run");
    }
    for listener in listeners {
        tracing::info!(address = listener.address(), "listening");
        let served = listener.serve(router(Arc::clone(&app)), app.tasks.clone(), app.stopping.clone());
        app.tasks.spawn(served);
    }
    notify("READY=1");
    app.tasks.spawn(Arc::clone(&app).keep_pulls());

    // Beside the loop below: a signal does not wait until terabytes have been deleted.
    let (aging, stopping) = (Arc::clone(&app), app.stopping.clone());
    app.tasks.spawn(async move {
        let mut tidy = tokio::time::interval(TIDY);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = tidy.tick() => aging.tidy().await,
            }
        }
    });
    let mut flush = tokio::time::interval(FLUSH);
    loop {
        tokio::select! {
            _ = flush.tick() => app.flush().await,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => match app.reload() {
                Ok(()) => tracing::info!("the configuration was read again"),
                Err(error) => tracing::error!(%error, "the configuration is refused; the old one stays in force"),
            },
        }
    }
    tracing::info!("stopping");
    notify("STOPPING=1");
    if tokio::time::timeout(PATIENCE, app.stop()).await.is_err() {
        tracing::warn!("some connections were cut off");
    }
    app.flush().await;
    Ok(())
}

/// Makes the directories a fresh installation lacks, one level deep.
///
/// Only root can give files to somebody else: any other owner must be the user this runs as.
fn prepare_directories(config: &Config) -> anyhow::Result<()> {
    let me = nix::unistd::geteuid();
    let is_not_me = |system: &&System| !me.is_root() && system.owner.uid != me;
    if let Some(system) = config.systems.values().find(is_not_me) {
        anyhow::bail!(
            "images of `{}` would have to belong to uid {}, this is uid {me}: write `Platforms.{}.imageOwner`, \
             and the same imageOwner in udiRoot.conf",
            system.name,
            system.owner.uid,
            system.name
        );
    }
    let images = config.systems.values().map(|system| system.image_dir.as_path());
    for path in images.chain([config.cache.as_path()]) {
        make(path, 0o755)?;
    }
    // The database tells of private images: only its owner looks into a directory made for it.
    if let Database::Sqlite(path) = &config.database
        && let Some(dir) = path.parent()
    {
        make(dir, 0o700)?;
    }
    Ok(())
}

fn make(path: &Path, mode: u32) -> anyhow::Result<()> {
    match std::fs::DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("cannot make the directory {}", path.display()))
        }
        _ => Ok(()),
    }
}
