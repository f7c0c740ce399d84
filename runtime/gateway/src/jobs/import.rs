//! Imports: an image file of the host becomes an image as it is.
//!
//! What a job needs to go on after a restart is in its identity: who, which format, which file.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::unistd::{Uid, User as Passwd};
use shifter_formats::meta::ImageFormat;
use shifter_gateway_types::rest::Status;

use super::{Order, Task};
use crate::app::App;
use crate::auth::{Groups, User};
use crate::config::{Config, Password, System};
use crate::convert::compressed::Cancel;
use crate::convert::run::temporary_file;
use crate::convert::{Report, Stripes};
use crate::import::source::{Reader, open_for};
use crate::import::{ImportError, copy, fasthash};
use crate::life::user_name;
use crate::pull::{Location, Made, Phase, Product, Progress, Pulled, Source};
use crate::reference::{Digest, ReferenceError};
use crate::registry::origin::blocking;
use crate::registry::{ImageConfig, turn};
use crate::store::{Image, Job, PullAsk, TagName};

/// How the identities of imports begin.
const IDENTITY: &str = "import:";
/// How long the end of an import is the answer to the same request, for clients that ask by it how far it is.
const RECENT: Duration = Duration::from_secs(10);

/// A file that is to be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Who asks.
    pub(crate) uid: u32,
    /// What the file is said to be.
    pub(crate) format: ImageFormat,
    /// Its absolute path.
    pub(crate) path: PathBuf,
}

/// The imports that ended a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Ended(Mutex<Vec<(Instant, TagName, String)>>);

impl Wanted {
    /// Requests of one user for one file and tag are one.
    pub(crate) fn identity(&self) -> String {
        format!("{IDENTITY}{}:{}:{}", self.uid, self.format, self.path.display())
    }

    /// What a job is to import, if it is an import.
    pub(super) fn of(ask: &PullAsk) -> Option<Self> {
        let mut parts = ask.identity.strip_prefix(IDENTITY)?.splitn(3, ':');
        let (uid, format, path) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { uid: uid.parse().ok()?, format: ImageFormat::parse(format)?, path: PathBuf::from(path) })
    }
}

impl Ended {
    pub(super) fn note(&self, name: &TagName, identity: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(at, ..)| at.elapsed() < RECENT);
        all.push((Instant::now(), name.clone(), identity.to_owned()));
    }

    /// Whether this import ended a moment ago.
    pub(crate) fn holds(&self, name: &TagName, identity: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|(at, of, by)| at.elapsed() < RECENT && of == name && by == identity)
    }
}

/// Where an import stands, in the words of the original: what is pulled elsewhere is hashed here.
pub(crate) fn status(job: &Job) -> Status {
    match job.status {
        Status::Pulling if job.ask.identity.starts_with(IDENTITY) => Status::Hashing,
        ref other => other.clone(),
    }
}

/// The work of an import.
pub(crate) fn order(wanted: Wanted, name: &TagName, system: System, config: Arc<Config>) -> Result<Order, String> {
    let location = Location { name: "the file".to_owned(), source: Source::Upload(wanted.path.clone()) };
    let reference = name.tag.parse().map_err(|error: ReferenceError| error.to_string())?;
    Ok(Order { system, location, reference, password: Password::None, config, task: Task::Import(Arc::new(wanted)) })
}

/// Raises the flag when nobody waits any more.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.raise();
    }
}

impl App {
    /// Hashes and copies the file of an import.
    pub(super) async fn import(
        self: &Arc<Self>,
        job: &Job,
        order: &Order,
        wanted: &Arc<Wanted>,
        progress: &dyn Progress,
    ) -> anyhow::Result<Pulled> {
        progress.phase(Phase::Pulling);
        progress.detail("Hashing image");
        let opening = (Arc::clone(self), Arc::clone(&order.config), Arc::clone(wanted));
        let opened = blocking(move || {
            let (app, config, wanted) = opening;
            if !config.import_users.allows(&user_name(wanted.uid)) {
                anyhow::bail!("you may not import images any more");
            }
            Ok(open(&app.auth.groups, &config, &wanted)?)
        });
        let Opened { file, bytes, id } = opened.await?;
        let images = order.system.image_dir.clone();
        let target = images.join(wanted.format.file_name(&id));
        let turn = turn::take(&target).await;
        let facts = Image { id: id.clone(), bytes, ..Image::default() };
        let (app, config, name) = (Arc::clone(self), Arc::clone(&order.config), job.ask.name.clone());
        let uid = job.ask.uid;
        blocking(move || app.room_for(&config, &name, uid, &[&facts])).await??;
        progress.phase(Phase::Transfer);
        progress.detail("Transferring image");
        let cancel = Cancel::default();
        let _guard = CancelOnDrop(cancel.clone());
        let (format, path) = (wanted.format, target.clone());
        let (sender, mut notes) = tokio::sync::mpsc::channel(16);
        let (copied_id, stripes) = (id.clone(), order.config.conversion.stripes.clone());
        let work = blocking(move || {
            let told = |done| {
                // A note that finds no room is made up for by the next one.
                let _ = sender.try_send(done);
            };
            delivered(file, &copied_id, format, &path, stripes.as_ref(), &cancel, told)
        });
        tokio::pin!(work);
        let made = loop {
            tokio::select! {
                Some(done) = notes.recv() => progress.bytes(done, Some(bytes)),
                made = &mut work => break made?,
            }
        };
        let (product, digest, known) = match made {
            (None, digest) => (Product::known(target, turn), digest, true),
            (Some(file), digest) => (Product::new(Made::File(file), turn), digest, false),
        };
        let platform = order.system.platforms[0].clone();
        let config = ImageConfig::default();
        Ok(Pulled { id, digest, platform, config, private: false, product, bytes, known, report: Report::default() })
    }
}

struct Opened {
    file: File,
    bytes: u64,
    id: String,
}

/// Opens a file as its user could, and names it. Blocks.
fn open(groups: &Groups, config: &Config, wanted: &Wanted) -> Result<Opened, ImportError> {
    let read = |source| ImportError::Read { path: wanted.path.clone(), source };
    let known = Passwd::from_uid(Uid::from_raw(wanted.uid)).ok().flatten();
    let gid = known.map(|user| user.gid.as_raw());
    let groups = gid.map_or_else(Vec::new, |gid| groups.of(User { uid: wanted.uid, gid }).to_vec());
    let file = open_for(&Reader { uid: wanted.uid, groups }, &wanted.path, &config.import_directories)?;
    let bytes = file.metadata().map_err(read)?.len();
    let limit = config.limits.image_bytes;
    if bytes > limit {
        return Err(ImportError::TooLarge { bytes, limit });
    }
    copy::check_format(&file, wanted.format).map_err(read)??;
    let id = fasthash::of(&file).map_err(read)?;
    Ok(Opened { file, bytes, id })
}

/// A copy, or nothing where the image directory holds the same already. Blocks.
fn delivered(
    file: File,
    id: &str,
    format: ImageFormat,
    target: &Path,
    stripes: Option<&Stripes>,
    cancel: &Cancel,
    told: impl Fn(u64),
) -> Result<(Option<tempfile::NamedTempFile>, Digest), ImportError> {
    let read = |source| ImportError::Read { path: target.to_owned(), source };
    let images = target.parent().unwrap_or(target);
    match target.symlink_metadata() {
        Ok(facts) if facts.is_file() && facts.len() > 0 => {
            let present = File::open(target).map_err(read)?;
            match copy::same(&file, &present, cancel).map_err(read)? {
                Some(digest) => Ok((None, digest)),
                None => Err(ImportError::Collision(id.to_owned())),
            }
        }
        _ => {
            let written = |source| ImportError::Write { path: images.to_owned(), source };
            let into = temporary_file(images, id, stripes).map_err(|error| written(io::Error::other(error)))?;
            copy::copy(file, id, format, into, cancel, told).map(|(copy, digest)| (Some(copy), digest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_told_by_its_identity() {
        let wanted = Wanted { uid: 1000, format: ImageFormat::Squashfs, path: PathBuf::from("/a/b:c") };
        assert_eq!(wanted.identity(), "import:1000:squashfs:/a/b:c");
        let name = TagName { system: "cori".to_owned(), itype: "custom".to_owned(), tag: "a:1".to_owned() };
        let ask = |identity: &str| PullAsk {
            name: name.clone(),
            identity: identity.to_owned(),
            uid: Some(1000),
            users: Default::default(),
            groups: Default::default(),
            with_password: false,
        };
        assert_eq!(Wanted::of(&ask(&wanted.identity())), Some(wanted));
        assert_eq!(Wanted::of(&ask("uid:1000")), None);
    }
}
