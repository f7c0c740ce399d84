//! `Locations`: the registries, and which password goes to which.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shifter_gateway_types::ImageManager;
use shifter_gateway_types::config::{AuthMethod, Location as Written, RemoteType};

use url::Url;

use super::error::ConfigError;
use super::secret::resolve;
use crate::pull::{Authentication, Credential, Location, RegistryLocation, Source};
use crate::reference::{LocationNames, Reference, ReferenceError};

/// All locations.
#[derive(Clone, Debug)]
pub struct Registries {
    default: String,
    names: LocationNames,
    all: BTreeMap<String, Registry>,
}

/// One location.
#[derive(Clone, Debug)]
pub struct Registry {
    /// How the pull talks to it.
    pub location: Location,
    /// Other names users write for it.
    aliases: Vec<String>,
    /// The site's own password there, for callers who bring none.
    credential: Option<Credential>,
}

/// A password and whose it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// The caller's: what it opens is theirs alone.
    Callers(Credential),
    /// The site's.
    Sites(Credential),
    /// None.
    None,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Callers(_) => "Callers(<redacted>)",
            Self::Sites(_) => "Sites(<redacted>)",
            Self::None => "None",
        })
    }
}

impl Registries {
    pub(super) fn resolve(written: &ImageManager, base: &Path) -> Result<Self, ConfigError> {
        let missing = || ConfigError::missing("DefaultImageLocation", "name one of the `Locations`");
        let default = written.default_image_location.clone().ok_or_else(missing)?;
        if !written.locations.contains_key(&default) {
            let why = format!("`{default}` is not among the `Locations`");
            return Err(ConfigError::unsupported("DefaultImageLocation", why));
        }
        let idle = Duration::from_secs(written.limits().idle_seconds);
        let mut names = LocationNames::new(&default);
        let mut all = BTreeMap::new();
        for (name, location) in &written.locations {
            names = names.with(name, name);
            for alias in &location.aliases {
                names = names.with(alias, name);
            }
            all.insert(name.clone(), Registry::resolve(name, location, base, idle)?);
        }
        Ok(Self { default, names, all })
    }

    /// The names of all locations, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// The location and the reference of an image as a user wrote it.
    pub fn find(&self, image: &str) -> Result<(&Registry, Reference), ReferenceError> {
        let (name, reference) = self.names.parse(image)?;
        let registry = self.all.get(&name).expect("only names of locations are registered");
        Ok((registry, reference))
    }

    /// The password for `registry`: the caller's for exactly this one, else the site's.
    ///
    /// `default` counts for the default location alone: a password goes nowhere it was not meant for,
    /// and so a caller's is for no mirror either.
    #[must_use]
    pub fn password(&self, registry: &Registry, callers: &BTreeMap<String, String>) -> Password {
        let name = registry.location.name.as_str();
        let mut keys: Vec<&str> = vec![name];
        keys.extend(registry.aliases.iter().map(String::as_str));
        if name == self.default {
            keys.push("default");
        }
        let theirs = keys.iter().find_map(|key| callers.get(*key)).filter(|_| !registry.location.is_mirrored_only());
        match (theirs.and_then(|pair| Credential::from_pair(pair)), &registry.credential) {
            (Some(credential), _) => Password::Callers(credential),
            (None, Some(credential)) => Password::Sites(credential.clone()),
            (None, None) => Password::None,
        }
    }
}

impl Registry {
    fn resolve(name: &str, written: &Written, base: &Path, idle: Duration) -> Result<Self, ConfigError> {
        let key = |key: &str| format!("Locations.{name}.{key}");
        let source = match written.remote_type {
            RemoteType::OciLayout => {
                Source::OciLayout(local(name, written, "oci:", "write `oci:/absolute/directory`")?)
            }
            RemoteType::OciArchive => {
                let help = "write `oci-archive:/absolute/file.tar`";
                Source::Archive(local(name, written, "oci-archive:", help)?)
            }
            RemoteType::DockerArchive => {
                let help = "write `docker-archive:/absolute/file.tar`";
                Source::Archive(local(name, written, "docker-archive:", help)?)
            }
            RemoteType::DockerV2 => Source::Registry(Box::new(registry(name, written, base, idle)?)),
        };
        let credential = match &written.credential {
            None => None,
            Some(secret) => {
                let pair = resolve(&key("credential"), secret, base)?;
                let wrong = || ConfigError::unsupported(key("credential"), "it is not `user:password`");
                Some(Credential::from_pair(&pair).ok_or_else(wrong)?)
            }
        };
        let location = Location { name: name.to_owned(), source };
        Ok(Self { location, aliases: written.aliases.clone(), credential })
    }
}

/// The absolute path behind a scheme of containers-transports(5).
fn local(name: &str, written: &Written, scheme: &str, help: &'static str) -> Result<PathBuf, ConfigError> {
    let url = written.url.as_deref().and_then(|url| url.strip_prefix(scheme)).filter(|path| path.starts_with('/'));
    let missing = || ConfigError::missing(format!("Locations.{name}.url"), help);
    url.map(PathBuf::from).ok_or_else(missing)
}

fn registry(name: &str, written: &Written, base: &Path, idle: Duration) -> Result<RegistryLocation, ConfigError> {
    let key = |key: &str| format!("Locations.{name}.{key}");
    if written.mirrors.is_empty() && !written.is_direct() {
        return Err(ConfigError::unsupported(key("direct"), "without `mirrors` nothing is left to ask"));
    }
    let mut location = RegistryLocation::new(address(&key("url"), &written.url(name))?);
    let mirrors = written.mirrors.iter().map(|mirror| address(&key("mirrors"), mirror));
    location.mirrors = mirrors.collect::<Result<_, _>>()?;
    location.direct = written.is_direct();
    location.timing.idle = idle;
    location.ca_certificate = written.ssl_ca_cert.as_ref().map(|path| base.join(path));
    location.authentication = match written.auth_method.unwrap_or_default() {
        AuthMethod::Token => Authentication::Token,
        AuthMethod::Basic => Authentication::Basic,
    };
    Ok(location)
}

fn address(key: &str, text: &str) -> Result<Url, ConfigError> {
    let is_registry = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let url = text.parse().ok().filter(is_registry);
    let url = url.ok_or_else(|| ConfigError::unsupported(key, "it is no http or https URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::unsupported(key, "a password belongs in `credential`"));
    }
    Ok(url)
}
