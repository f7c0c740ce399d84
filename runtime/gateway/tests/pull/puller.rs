//! Pulls into directories of their own.

use std::path::{Path, PathBuf};

use shifter_imagegw::pull::{
    Conversion, Credential, Directories, Examiner, Existing, Format, Limits, Location, Platform, PullError,
    PullRequest, Pulled, RegistryLocation, Silent, Source, WriterChoice, pull,
};
use tempfile::TempDir;

/// A gateway's directories, and what it is configured with.
pub(crate) struct Puller {
    pub(crate) directory: TempDir,
    pub(crate) source: Source,
    pub(crate) conversion: Conversion,
    pub(crate) limits: Limits,
    pub(crate) platform: Platform,
    pub(crate) credential: Option<Credential>,
    pub(crate) examiner: Option<Examiner>,
    pub(crate) existing: Existing,
}

impl Puller {
    pub(crate) fn new(source: Source) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("images")).unwrap();
        Self {
            directory,
            source,
            conversion: Conversion { writer: WriterChoice::Backhand, ..Conversion::default() },
            limits: Limits::default(),
            platform: Platform::linux("amd64"),
            credential: None,
            examiner: None,
            existing: Existing::Reuse,
        }
    }

    pub(crate) fn of_layout(directory: &Path) -> Self {
        Self::new(Source::OciLayout(directory.to_owned()))
    }

    /// A registry on this host, asked without long pauses.
    pub(crate) fn of_registry(url: &str) -> Self {
        let mut registry = RegistryLocation::new(url.parse().unwrap());
        registry.timing.first_pause = std::time::Duration::from_millis(1);
        Self::new(Source::Registry(Box::new(registry)))
    }

    pub(crate) fn registry(&mut self) -> &mut RegistryLocation {
        match &mut self.source {
            Source::Registry(registry) => registry,
            Source::OciLayout(_) | Source::Archive(_) | Source::Upload(_) => panic!("this is no registry"),
        }
    }

    /// With tar2sqfs, which must be installed.
    pub(crate) fn with_tar2sqfs(mut self) -> Self {
        let path = ["/usr/bin/tar2sqfs", "/usr/local/bin/tar2sqfs"];
        let found = path.map(PathBuf::from).into_iter().find(|path| path.exists());
        let found = found.expect("tar2sqfs is missing: install the package squashfs-tools-ng");
        self.conversion.writer = WriterChoice::Tar2sqfs(found);
        self
    }

    pub(crate) fn with_format(mut self, format: Format) -> Self {
        self.conversion.format = format;
        self
    }

    pub(crate) fn images(&self) -> PathBuf {
        self.directory.path().join("images")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.directory.path().join("cache")
    }

    pub(crate) fn request(&self, image: &str) -> PullRequest {
        PullRequest {
            reference: image.parse().unwrap(),
            location: Location { name: "test".to_owned(), source: self.source.clone() },
            platform: self.platform.clone(),
            credential: self.credential.clone(),
            directories: Directories { cache: self.cache(), images: self.images() },
            conversion: self.conversion.clone(),
            limits: self.limits.clone(),
            examiner: self.examiner.clone(),
            existing: self.existing,
        }
    }

    pub(crate) fn pull(&self, image: &str) -> Result<Pulled, PullError> {
        let request = self.request(image);
        runtime().block_on(pull(request, &Silent))
    }

    /// The text of the failure; nothing may be left in the image directory.
    pub(crate) fn refusal(&self, image: &str) -> String {
        let error = self.pull(image).expect_err("the pull succeeded");
        let left: Vec<_> = std::fs::read_dir(self.images()).unwrap().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        error.to_string()
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
