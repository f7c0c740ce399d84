//! What is asked of a pull: the image, where it is, as whom, into which directories.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::examine::Examiner;
use crate::convert::{Conversion, Limits};
use crate::reference::Reference;
use crate::registry::Platform;

/// One pull, complete: nothing else is read from a configuration while it runs.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// The image within its location.
    pub reference: Reference,
    /// Where it is asked for.
    pub location: Location,
    /// The machine it is for.
    pub platform: Platform,
    /// Name and password at this location: the registry's, or the mirrors' where only they are asked.
    pub credential: Option<Credential>,
    /// Where blobs are kept and images are written.
    pub directories: Directories,
    /// The format, its compression and the policies of the conversion.
    pub conversion: Conversion,
    /// What is too much.
    pub limits: Limits,
    /// What looks at an image before it is converted.
    pub examiner: Option<Examiner>,
    /// What to do where the image directory holds the image already.
    pub existing: Existing,
}

impl PullRequest {
    /// The same request for each place that may answer it, in their order.
    ///
    /// A mirror of Docker Hub knows official images by the hub's names, so the names are settled
    /// here, by the registry that is meant.
    pub(crate) fn candidates(&self) -> Vec<Self> {
        let Source::Registry(registry) = &self.location.source else {
            return vec![self.clone()];
        };
        let host = registry.url.host_str().unwrap_or_default();
        let reference = self.reference.clone().as_named_by(host);
        let asked = |url: &Url, credential: Option<&Credential>| {
            let mut request = self.clone();
            request.reference = reference.clone();
            request.credential = credential.cloned();
            let registry = RegistryLocation { url: url.clone(), ..(**registry).clone() };
            request.location.source = Source::Registry(Box::new(registry));
            request
        };
        let credential = self.credential.as_ref();
        // Where the registry itself is never asked, the mirrors are all that the credential can be for.
        let mirrors_own = credential.filter(|_| !registry.direct);
        let mirrors = registry.mirrors.iter().map(|mirror| asked(mirror, mirrors_own));
        let itself = registry.direct.then(|| asked(&registry.url, credential));
        mirrors.chain(itself).collect()
    }
}

/// What an image that is already there means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It is the result: nothing is converted.
    #[default]
    Reuse,
    /// It is converted anew, as after a change of converter options.
    ConvertAgain,
}

/// The two directories a pull writes in.
#[derive(Clone, Debug)]
pub struct Directories {
    /// `CacheDirectory`: blobs lie in `blobs/sha256/` below it.
    pub cache: PathBuf,
    /// The image directory, where the temporary file is made so that a rename publishes it.
    pub images: PathBuf,
}

/// A configured place images come from.
#[derive(Clone, Debug)]
pub struct Location {
    /// Its key under `Locations`; used in messages.
    pub name: String,
    /// How to talk to it.
    pub source: Source,
}

impl Location {
    /// Whether mirrors alone are asked, and never the registry they copy.
    #[must_use]
    pub fn is_mirrored_only(&self) -> bool {
        matches!(&self.source, Source::Registry(registry) if !registry.direct)
    }
}

/// The kinds of places.
#[derive(Clone, Debug)]
pub enum Source {
    /// A registry of the OCI Distribution Specification.
    Registry(Box<RegistryLocation>),
    /// A directory in the OCI image layout, or a directory of such directories.
    OciLayout(PathBuf),
    /// An archive as `docker save`, `podman save` or skopeo write it, or a directory of `<repository>.tar`.
    Archive(PathBuf),
    /// Such an archive that a user has sent: what its image is called in it does not matter where it is the only one.
    Upload(PathBuf),
}

/// A registry: where it listens and what it is trusted with.
#[derive(Clone, Debug)]
pub struct RegistryLocation {
    /// `https://host[:port]`, or `http://` where the administrator wrote so.
    pub url: Url,
    /// Copies of the registry that are asked before it, in this order. They are not told its credential.
    pub mirrors: Vec<Url>,
    /// Whether the registry itself is asked where no mirror has the image. If not, the credential is the mirrors'.
    pub direct: bool,
    /// How a credential is presented.
    pub authentication: Authentication,
    /// A PEM file; with it, only authorities in it are trusted for this registry.
    pub ca_certificate: Option<PathBuf>,
    /// Hosts reached without the environment's proxy, by domain component.
    pub no_proxy: Vec<String>,
    /// A proxy for this registry instead of the environment's (`http://`, `https://`, `socks5://`).
    pub proxy: Option<Url>,
    /// Whether a credential may travel over plain `http`.
    pub plain_credentials: bool,
    /// How patient a pull is with it.
    pub timing: Timing,
}

/// Time-outs, retries and pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until the next byte.
    pub idle: Duration,
    /// Attempts at one request, the first included.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause, also where the registry asks for one by `Retry-After`.
    pub longest_pause: Duration,
    /// Bytes a second, on the average of one connection, below which it is given up.
    pub slowest: u64,
    /// How long a connection may be slower than that.
    pub grace: Duration,
}

impl Timing {
    /// Whether a connection that has brought `bytes` in this time is given up.
    pub(crate) fn is_too_slow(&self, bytes: u64, time: Duration) -> bool {
        time > self.grace && bytes < self.slowest.saturating_mul(time.as_secs().max(1))
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            attempts: 5,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
            slowest: 1024,
            grace: Duration::from_secs(30),
        }
    }
}

impl RegistryLocation {
    /// A registry at `url` with tokens, the system's authorities and the environment's proxy.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            mirrors: Vec::new(),
            direct: true,
            authentication: Authentication::default(),
            ca_certificate: None,
            no_proxy: Vec::new(),
            proxy: None,
            plain_credentials: false,
            timing: Timing::default(),
        }
    }
}

/// How a registry wants to be told who asks (`authMethod`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Authentication {
    /// The registry's challenge decides: a token, or basic where it asks for that.
    #[default]
    Token,
    /// Name and password wherever the registry refuses, whatever it asks for.
    Basic,
}

/// A user's name and password at one location. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    user: String,
    password: String,
}

impl Credential {
    /// The credential of `user`.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into() }
    }

    /// Splits `user:password` at the first colon; the password may hold more of them.
    pub fn from_pair(pair: &str) -> Option<Self> {
        let (user, password) = pair.split_once(':')?;
        (!user.is_empty()).then(|| Self::new(user, password))
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}
