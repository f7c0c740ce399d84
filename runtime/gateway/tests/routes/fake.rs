//! A registry without a network: images by name, some of them for those with a password.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use shifter_gateway_types::rest::LayerProgress;
use shifter_imagegw::jobs::{Puller, Pulling};
use shifter_imagegw::pull::{ImageConfig, Phase, Product, Progress, PullError, PullRequest, Pulled, Report};
use shifter_imagegw::reference::Digest;
use shifter_imagegw::registry::RegistryError;
use tokio::sync::Semaphore;

/// Whether an image needs a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    Password,
}

/// Images by `repository:tag`.
pub(crate) struct Registry {
    images: Mutex<BTreeMap<String, (String, Needs)>>,
    /// A pull waits for one permit.
    pub(crate) gate: Semaphore,
    pulls: AtomicUsize,
}

impl Registry {
    pub(crate) fn open() -> Self {
        Self { images: Mutex::default(), gate: Semaphore::new(Semaphore::MAX_PERMITS), pulls: AtomicUsize::new(0) }
    }

    /// Pulls wait until the test adds permits.
    pub(crate) fn closed() -> Self {
        Self { gate: Semaphore::new(0), ..Self::open() }
    }

    /// Puts an image with this content under a tag; gives its id back.
    pub(crate) fn push(&self, tag: &str, content: &str, needs: Needs) -> String {
        let images = &mut self.images.lock().unwrap_or_else(PoisonError::into_inner);
        images.insert(tag.to_owned(), (content.to_owned(), needs));
        Digest::of(content.as_bytes()).hex()
    }

    /// How often an image was asked for.
    pub(crate) fn pulls(&self) -> usize {
        self.pulls.load(Ordering::SeqCst)
    }

    fn answer(&self, request: &PullRequest) -> Result<Pulled, PullError> {
        let name = request.reference.to_string();
        let found = self.images.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        let refuse = |what: &str| {
            let what = format!("{name}: {what}");
            Err(PullError::Registry(RegistryError::Location { location: request.location.name.clone(), what }))
        };
        let Some((content, needs)) = found else { return refuse("no such image") };
        if needs == Needs::Password && request.credential.is_none() {
            return refuse("a password is needed");
        }
        let mut file = tempfile::NamedTempFile::new_in(&request.directories.images).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let digest = Digest::of(content.as_bytes());
        Ok(Pulled {
            id: digest.hex(),
            digest,
            platform: request.platform.clone(),
            config: ImageConfig { env: vec!["A=b".to_owned()], ..ImageConfig::default() },
            private: needs == Needs::Password,
            product: Product::from(file),
            bytes: content.len() as u64,
            known: false,
            report: Report::default(),
        })
    }
}

impl Puller for Registry {
    fn pull<'a>(&'a self, request: PullRequest, progress: &'a dyn Progress) -> Pulling<'a> {
        self.pulls.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            progress.phase(Phase::Pulling);
            progress.layers(&[LayerProgress { digest: "sha256:ab".to_owned(), bytes: 10, done: 0 }]);
            progress.detail("Pulling layer");
            progress.bytes(4, Some(10));
            progress.layer(0, 4);
            self.gate.acquire().await.unwrap().forget();
            self.answer(&request)
        })
    }
}
