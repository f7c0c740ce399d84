//! What a row of the key table says about its key.

use std::fmt;

use crate::Target;

/// What root does with the file or directory that a key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Nothing that matters for privilege.
    Plain,
    /// Root reads it and believes what it says; nobody else may write it.
    RootReads,
    /// Root writes there; nobody else may write or replace it.
    RootWrites,
    /// Root executes it; nobody else may write or replace it.
    RootExecutes,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One word.
    Word,
    /// One line for people.
    Text,
    /// An absolute path.
    Path,
    /// `0` or `1`.
    Flag,
    /// A whole number.
    Count,
    /// A size such as `10G`.
    Bytes,
    /// `private` or `slave`.
    Propagation,
    /// `docker`, `custom`, `id` or `local`.
    ImageType,
    /// A user name or number.
    Owner,
    /// `site`, `image`, `none` or an absolute path.
    Home,
    /// `host` or `deny`.
    UserNamespaces,
    /// Words with blanks between.
    Words,
    /// Absolute paths with blanks between.
    Paths,
    /// Patterns of absolute paths with blanks between.
    PathPatterns,
    /// URLs of the gateway with blanks between.
    Endpoints,
    /// `NAME=VALUE` with blanks between.
    Assignments,
    /// Names of variables, natively patterns of names, with blanks between.
    NamePatterns,
    /// A volume map.
    VolumeMap,
    /// `TARGET:LINK` with `;` between.
    Links,
    /// Module names with `,` between.
    ModuleChoices,
}

impl Kind {
    /// A name for documents, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Text => "text",
            Self::Path => "path",
            Self::Flag => "flag",
            Self::Count => "count",
            Self::Bytes => "size",
            Self::Propagation => "propagation",
            Self::ImageType => "image-type",
            Self::Owner => "owner",
            Self::Home => "home",
            Self::UserNamespaces => "user-namespaces",
            Self::Words => "words",
            Self::Paths => "paths",
            Self::PathPatterns => "path-patterns",
            Self::Endpoints => "endpoints",
            Self::Assignments => "assignments",
            Self::NamePatterns => "name-patterns",
            Self::VolumeMap => "volume-map",
            Self::Links => "links",
            Self::ModuleChoices => "modules",
        }
    }

    /// Whether repeated lines of the key add up, unless [`KeySpec::replaces`] says otherwise.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(
            self,
            Self::Words
                | Self::Paths
                | Self::PathPatterns
                | Self::Endpoints
                | Self::Assignments
                | Self::NamePatterns
                | Self::VolumeMap
                | Self::Links
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One key: a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySpec {
    /// As it is written in the file.
    pub name: &'static str,
    /// The field of [`super::Conf`] or [`super::ModuleConf`].
    pub field: &'static str,
    /// How its value is written.
    pub kind: Kind,
    /// The targets that do not start without it.
    pub required_by: &'static [Target],
    /// What holds where it is not written, as it would be written.
    pub default: Option<&'static str>,
    /// What root does with it.
    pub trust: Trust,
    /// The targets that accept it.
    pub targets: &'static [Target],
    /// Those of [`KeySpec::targets`] in which it does nothing.
    pub no_op_in: &'static [Target],
    /// Targets that accept it only when their source carries the site's own patch.
    pub patched: &'static [Target],
    /// A repeated line replaces the earlier one although the value is a list.
    pub replaces: bool,
    /// The documentation, one line of text per line, each with a leading blank. See [`KeySpec::text`].
    pub doc: &'static str,
}

/// Every target.
pub(super) const ALL: &[Target] = &Target::ALL;
/// The original's releases.
pub(super) const ORIGINALS: &[Target] =
    &[Target::V1608, Target::V1608Gpu, Target::V1704, Target::V1803, Target::Master];
/// The two releases with `siteResources`, and the native runtime.
pub(super) const WITH_SITE_RESOURCES: &[Target] = &[Target::V1608Gpu, Target::V1704, Target::Native];
/// The last state of the original, and the native runtime.
pub(super) const MASTER: &[Target] = &[Target::Master, Target::Native];
/// The releases with modules, and the native runtime.
pub(super) const SINCE_1803: &[Target] = &[Target::V1803, Target::Master, Target::Native];
/// The native runtime alone.
pub(super) const NATIVE: &[Target] = &[Target::Native];

impl KeySpec {
    /// An optional plain key that every target knows; rows say what differs.
    pub(super) const PLAIN: Self = Self {
        name: "",
        field: "",
        kind: Kind::Word,
        required_by: &[],
        default: None,
        trust: Trust::Plain,
        targets: ALL,
        no_op_in: &[],
        patched: &[],
        replaces: false,
        doc: "",
    };

    /// Whether the target accepts the key as released, without patches.
    #[must_use]
    pub fn is_known_to(&self, target: Target) -> bool {
        self.targets.contains(&target)
    }

    /// Whether the target accepts the key when its source is patched for it.
    #[must_use]
    pub fn is_known_when_patched(&self, target: Target) -> bool {
        self.is_known_to(target) || self.patched.contains(&target)
    }

    /// Whether the target does not start without the key.
    #[must_use]
    pub fn is_required_by(&self, target: Target) -> bool {
        self.required_by.contains(&target)
    }

    /// Whether the target accepts the key and does nothing with it.
    #[must_use]
    pub fn is_no_op_in(&self, target: Target) -> bool {
        self.no_op_in.contains(&target)
    }

    /// Whether repeated lines add up.
    #[must_use]
    pub const fn accumulates(&self) -> bool {
        self.kind.is_list() && !self.replaces
    }

    /// The documentation as one paragraph.
    #[must_use]
    pub fn text(&self) -> String {
        let lines: Vec<&str> = self.doc.lines().map(str::trim).collect();
        lines.join(" ").trim().to_owned()
    }
}
