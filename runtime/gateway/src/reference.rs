//! What a user calls an image: `[location/]repository[:tag][@digest]`.
//!
//! The grammar is that of the OCI Distribution Specification 1.1 ("Pulling manifests"): path
//! components of lower-case letters, digits and the separators `.`, `_`, `__` and `-`; tags of at
//! most 128 characters. A first component that looks like a host (it has a `.` or a `:`, or is
//! `localhost`) must be a configured location: it is never taken for a repository of the default
//! one, which would ask one registry for another's image.

mod digest;

use std::fmt;
use std::str::FromStr;

pub use digest::{Digest, DigestError};

/// The longest repository name registries accept.
const REPOSITORY_BYTES: usize = 255;
/// The longest tag of the distribution grammar.
const TAG_BYTES: usize = 128;

/// An image within one location.
///
/// It has a tag, a digest or both; with both the digest decides and the tag is what people read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is no image reference.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReferenceError {
    /// Nothing where a repository was expected.
    #[error("the image name is empty: write `repository:tag`")]
    Empty,
    /// The repository is longer than registries accept.
    #[error("the repository name has {0} characters, at most {REPOSITORY_BYTES} are allowed")]
    RepositoryTooLong(usize),
    /// A component outside the grammar.
    #[error("`{0}` is not a repository name: lower-case letters and digits, separated by `.`, `_`, `__` or `-`")]
    Component(String),
    /// A tag outside the grammar.
    #[error(
        "`{0}` is not a tag: letters, digits, `_`, `.` and `-`, at most {TAG_BYTES}, not beginning with `.` or `-`"
    )]
    Tag(String),
    /// A digest that is none.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A host that no location is configured for.
    #[error("no location `{name}` is configured (known: {known})")]
    UnknownLocation {
        /// The first component of the text.
        name: String,
        /// The configured names, separated by commas.
        known: String,
    },
}

/// The names an image may begin with: each configured location and its aliases.
#[derive(Clone, Debug, Default)]
pub struct LocationNames {
    default: String,
    names: Vec<(String, String)>,
}

impl LocationNames {
    /// Names with `default` as the location of an image that names none.
    pub fn new(default: impl Into<String>) -> Self {
        Self { default: default.into(), names: Vec::new() }
    }

    /// Lets images be found in `location` under `name`, which is the location's own name or an alias.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, location: impl Into<String>) -> Self {
        self.names.push((name.into(), location.into()));
        self
    }

    fn find(&self, name: &str) -> Option<&str> {
        let found = self.names.iter().find(|(known, _)| known == name);
        found.map(|(_, location)| location.as_str())
    }

    /// Splits `text` into the location it names (or the default) and the reference within it.
    ///
    /// # Errors
    /// The text is outside the grammar, or names a host that is not configured.
    pub fn parse(&self, text: &str) -> Result<(String, Reference), ReferenceError> {
        let Some((first, rest)) = text.split_once('/') else {
            return Ok((self.default.clone(), text.parse()?));
        };
        if let Some(location) = self.find(first) {
            return Ok((location.to_owned(), rest.parse()?));
        }
        if first == "localhost" || first.contains(['.', ':']) {
            let mut known: Vec<&str> = self.names.iter().map(|(name, _)| name.as_str()).collect();
            known.sort_unstable();
            return Err(ReferenceError::UnknownLocation { name: first.to_owned(), known: known.join(", ") });
        }
        Ok((self.default.clone(), text.parse()?))
    }
}

impl Reference {
    /// The repository, without location and tag.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag as written; `None` where only a digest was given.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one was given.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// What a registry is asked for: the digest, or else the tag.
    pub fn manifest_name(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => unreachable!("a reference without tag and digest is never made"),
        }
    }

    /// Whether `name` is what an image tool calls this image. Tools add hosts that users do not write:
    /// `docker.io/library/`, `docker.io/`, `localhost/`. Without a tag it is `latest`.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let short = |name: &str| {
            let name = name.strip_prefix("docker.io/").unwrap_or(name);
            name.strip_prefix("library/").or(name.strip_prefix("localhost/")).unwrap_or(name).to_owned()
        };
        let repository = short(&self.repository);
        let name = short(name);
        self.tag.as_deref().is_some_and(|tag| match name.strip_prefix(&repository) {
            Some("") => tag == "latest",
            Some(rest) => rest.strip_prefix(':') == Some(tag),
            None => false,
        })
    }

    /// The same image as Docker Hub names it: official images live under `library/`.
    ///
    /// `server` is the host that is asked; nothing changes unless it belongs to docker.io.
    #[must_use]
    pub fn as_named_by(mut self, server: &str) -> Self {
        let hub = server == "docker.io" || server.ends_with(".docker.io");
        if hub && !self.repository.contains('/') {
            self.repository.insert_str(0, "library/");
        }
        self
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse()?)),
            None => (text, None),
        };
        // A colon after the last slash begins the tag.
        let after_slash = name.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match name[after_slash..].find(':') {
            Some(colon) => {
                let (repository, tag) = name.split_at(after_slash + colon);
                (repository, Some(checked_tag(&tag[1..])?))
            }
            None => (name, None),
        };
        if repository.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if repository.len() > REPOSITORY_BYTES {
            return Err(ReferenceError::RepositoryTooLong(repository.len()));
        }
        if let Some(bad) = repository.split('/').find(|part| !is_component(part)) {
            return Err(ReferenceError::Component(bad.to_owned()));
        }
        let tag = match (tag, digest) {
            (None, None) => Some("latest".to_owned()),
            (tag, _) => tag,
        };
        Ok(Self { repository: repository.to_owned(), tag, digest })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    if !alphanumeric(*first) || !alphanumeric(*last) {
        return false;
    }
    bytes.split(|byte| alphanumeric(*byte)).all(|separator| match separator {
        b"" | b"." | b"_" | b"__" => true,
        dashes => dashes.iter().all(|byte| *byte == b'-'),
    })
}

fn checked_tag(text: &str) -> Result<String, ReferenceError> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    let valid = bytes.first().is_some_and(|first| word(*first))
        && bytes.len() <= TAG_BYTES
        && bytes.iter().all(|b| word(*b) || matches!(b, b'.' | b'-'));
    if valid { Ok(text.to_owned()) } else { Err(ReferenceError::Tag(text.to_owned())) }
}

#[cfg(test)]
mod tests;
