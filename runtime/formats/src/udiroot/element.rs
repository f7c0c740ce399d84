//! The elements of lists.

use std::fmt;
use std::path::{Path, PathBuf};

use super::fault::{Fault, ParseErrorKind};
use super::value::{ENTRY_BREAK, Element, Scalar, Separator, Value, Written};
use super::{Kind, ModuleChoice};
use crate::Target;
use crate::env::{Assignment, NamePattern};
use crate::original::{self, NoticeKind, RefusalKind};
use crate::volume::{Author, VolumeEntry, VolumeMap};

/// Where a gateway answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `http://host:port` or `https://host:port`; what the original reads is kept as written.
    Url(String),
    /// `unix:/path`: a socket of this host. Native.
    Unix(PathBuf),
}

impl Endpoint {
    /// Reads an address; `None` where it is neither a URL with a host nor `unix:` with an absolute path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return <PathBuf as Scalar>::native(path).ok().map(Self::Unix);
        }
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
        let host = rest.split('/').next().unwrap_or_default();
        let is_url = !host.is_empty() && !host.starts_with(':') && rest.is_ascii();
        is_url.then(|| Self::Url(text.to_owned()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A pattern of absolute paths: `*` and `?` match within one component. The runtime expands it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathPattern(String);

impl PathPattern {
    /// Reads a pattern; `None` where it is not absolute, holds `..`, or is all pattern in its first component.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let first = text.strip_prefix('/')?.split('/').next()?;
        let is_sound = !first.is_empty() && !first.contains(['*', '?']) && !text.split('/').any(|part| part == "..");
        is_sound.then(|| Self(text.to_owned()))
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can match more than one path.
    #[must_use]
    pub fn is_glob(&self) -> bool {
        self.0.contains(['*', '?'])
    }

    /// Whether it matches the path, component by component.
    #[must_use]
    pub fn matches(&self, path: &Path) -> bool {
        let mut wanted = self.0.split('/').filter(|part| !part.is_empty());
        let mut found = path.components().skip(1);
        loop {
            match (wanted.next(), found.next()) {
                (None, None) => return true,
                (Some(pattern), Some(part)) if NamePattern::new(pattern).matches(part.as_os_str()) => {}
                _ => return false,
            }
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A symbolic link in every container.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SiteLink {
    /// What the link says; relative targets are relative to the link's directory.
    pub target: String,
    /// Where the link is, absolute in the container. Missing parents are made.
    pub link: PathBuf,
}

impl SiteLink {
    /// Reads `TARGET:LINK`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (target, link) = text.split_once(':')?;
        let has_bad = |text: &str| text.contains(|c: char| c.is_whitespace() || ":;\"".contains(c));
        if target.is_empty() || has_bad(target) || has_bad(link) {
            return None;
        }
        let link = <PathBuf as Scalar>::native(link).ok()?;
        // The link needs a name of its own.
        link.file_name()?;
        Some(Self { target: target.to_owned(), link })
    }
}

impl fmt::Display for SiteLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.target, self.link.display())
    }
}

/// An element that is written as it displays.
macro_rules! element {
    ($type:ty, $list:ident, $separator:ident, $native:expr, $original:expr $(, $unwritable:expr)?) => {
        impl Element for $type {
            const LIST: Kind = Kind::$list;
            const SEPARATOR: Separator = Separator::$separator;

            fn native(text: &str) -> Result<Self, ParseErrorKind> {
                $native(text)
            }

            fn original(text: &str) -> Option<Self> {
                $original(text)
            }

            fn show(&self) -> String {
                self.to_string()
            }

            $(fn unwritable(&self, target: Target) -> Option<&'static str> {
                $unwritable(self, target)
            })?
        }
    };
}

element!(String, Words, Blank, |text: &str| Ok(text.to_owned()), |text: &str| Some(text.to_owned()));
element!(
    Endpoint,
    Endpoints,
    Blank,
    |text| Self::parse(text).ok_or(ParseErrorKind::Endpoint),
    |text: &str| Some(Self::Url(text.to_owned())),
    |endpoint: &Self, target: Target| match endpoint {
        Self::Unix(_) if !target.is_native() => Some("only the native client knows unix:"),
        _ => None,
    }
);
element!(
    Assignment,
    Assignments,
    Blank,
    |text| Self::parse(text).map_err(ParseErrorKind::Assignment),
    // The original skips an entry without `=` and one with an empty value when it applies the list.
    |text| Self::parse(text).ok()
);
element!(
    NamePattern,
    NamePatterns,
    Blank,
    |text: &str| if text.contains('=') { Err(ParseErrorKind::VariableName) } else { Ok(Self::new(text)) },
    |text: &str| Some(Self::new(text)),
    |pattern: &Self, target: Target| (pattern.is_glob() && !target.is_native())
        .then_some("only the native runtime reads patterns")
);
element!(PathPattern, PathPatterns, Blank, |text| Self::parse(text).ok_or(ParseErrorKind::RelativePath), Self::parse);
element!(SiteLink, Links, Semicolon, |text| Self::parse(text).ok_or(ParseErrorKind::Link), Self::parse);
element!(
    ModuleChoice,
    ModuleChoices,
    Comma,
    |text| Self::parse(text).map_err(ParseErrorKind::ModuleName),
    |text| Some(Self::read_original(text)),
    |choice: &Self, target: Target| (choice.version.is_some() && !target.is_native())
        .then_some("only the native runtime knows versions")
);

impl Element for PathBuf {
    const LIST: Kind = Kind::Paths;

    fn native(text: &str) -> Result<Self, ParseErrorKind> {
        <Self as Scalar>::native(text)
    }

    fn original(text: &str) -> Option<Self> {
        Some(text.into())
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for VolumeMap {
    const KIND: Kind = Kind::VolumeMap;

    fn read_native(&mut self, text: &str, faults: &mut Vec<Fault>) {
        match Self::parse(text, Author::Site) {
            Ok(map) => self.entries.extend(map.entries),
            Err(found) => faults.extend(
                found.into_iter().map(|fault| Fault { range: fault.range, kind: ParseErrorKind::Volume(fault.kind) }),
            ),
        }
    }

    fn read_original(&mut self, text: &str, notices: &mut Vec<NoticeKind>) -> Result<(), RefusalKind> {
        original::read_volumes(self, text, Author::Site, notices).map_err(RefusalKind::Volume)
    }

    fn write(&self, target: Target) -> Written {
        let mut written = Written::default();
        let mut lines = Vec::new();
        for entry in &self.entries {
            let text = entry.to_string();
            match unwritable_entry(entry, &text, target) {
                None => lines.push(text),
                Some(why) => written.left_out.push((text, why)),
            }
        }
        if !lines.is_empty() {
            written.text = Some(lines.join(ENTRY_BREAK));
        }
        written
    }
}

fn unwritable_entry(entry: &VolumeEntry, text: &str, target: Target) -> Option<&'static str> {
    if entry.is_native_only() && !target.is_native() {
        return Some("only the native runtime knows `optional` and `automount`");
    }
    let reads_back = if target.is_native() {
        VolumeMap::parse(text, Author::Site).ok()
    } else {
        let mut map = VolumeMap::default();
        original::read_volumes(&mut map, text, Author::Site, &mut Vec::new()).ok().map(|()| map)
    };
    (reads_back.as_ref().map(|map| map.entries.as_slice()) != Some(std::slice::from_ref(entry)))
        .then_some("the target would refuse or change it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_urls_or_sockets() {
        assert!(matches!(Endpoint::parse("http://a:5000"), Some(Endpoint::Url(_))));
        assert!(matches!(Endpoint::parse("unix:/run/x.sock"), Some(Endpoint::Unix(_))));
        for bad in ["a:5000", "http://", "unix:x", "ftp://a", "http://:5000"] {
            assert_eq!(Endpoint::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_pattern_matches_component_by_component() {
        let pattern = PathPattern::parse("/dev/dri/renderD*").unwrap();
        assert!(pattern.matches(Path::new("/dev/dri/renderD128")));
        assert!(!pattern.matches(Path::new("/dev/dri/a/renderD128")));
        assert!(!pattern.matches(Path::new("/dev/dri")));
        assert_eq!(PathPattern::parse("/*/x"), None);
        assert_eq!(PathPattern::parse("dev/x"), None);
        assert_eq!(PathPattern::parse("/dev/../x"), None);
    }

    #[test]
    fn a_link_has_a_target_and_an_absolute_place() {
        let link = SiteLink::parse("mnt/c/scratch:/scratch").unwrap();
        assert_eq!(link.target, "mnt/c/scratch");
        for bad in ["/a", "a:b", ":/a", "a:/", "a:/b:c", "a b:/c"] {
            assert_eq!(SiteLink::parse(bad), None, "{bad}");
        }
    }
}
