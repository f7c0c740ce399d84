//! Who takes up what a profile says: the law that no key is without consumer, and no setting without key.
//!
//! A row names what a key is rendered as. `tests/coverage.rs` holds the rows against the renderer: it changes each key
//! of profiles that have all of them and compares which settings of which files change. A key that is not rendered is
//! for the rules ([`rules_about`]) or for the toolkit itself; one that is for nobody is [`Status::Reserved`], and
//! `check` says so where a profile sets it.

mod around;
mod document;
mod module;
mod reserved;
mod rules;
mod service;
mod system;

pub use document::{document, gateway_keys};
pub use reserved::RESERVED;
pub use rules::rules_about;

use std::fmt;

use crate::docs::key::Key;

/// A key as the reference writes it, and what takes it up.
type Row = (&'static str, &'static [Use]);

/// What takes up a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// A key of `udiRoot.conf`.
    Conf(&'static str),
    /// A key of a module in `udiRoot.conf`: `module_NAME_` and this.
    Module(&'static str),
    /// A path of keys in `imagemanager.json`; `*` stands for a name.
    Gateway(&'static str),
    /// An option of the SPANK plugin in `plugstack.conf`.
    Plugin(&'static str),
    /// A rendered file that no program of ours reads.
    File(&'static str),
    /// Where a file goes, who owns it, and which secrets go with it: `manifest.json`.
    Manifest,
    /// The rule with this code, whose examples do not write the key.
    Judged(&'static str),
    /// The toolkit itself; says what for.
    Tool(&'static str),
}

/// Whether and how a key has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It is in a rendered file.
    Rendered,
    /// The toolkit itself goes by it.
    Toolkit,
    /// It is a fact that rules judge by.
    Checked,
    /// Nothing goes by it yet.
    Reserved,
}

impl Status {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rendered => "rendered",
            Self::Toolkit => "toolkit",
            Self::Checked => "checked",
            Self::Reserved => "reserved",
        }
    }
}

/// Every row.
pub fn rows() -> impl Iterator<Item = Row> {
    [system::ROWS, module::ROWS, service::ROWS, around::ROWS].into_iter().flatten().copied()
}

/// What takes up the key of the reference at `path`. None where there is no such key, or it is a table.
#[must_use]
pub fn uses(path: &str) -> Option<&'static [Use]> {
    rows().find(|(key, _)| *key == path).map(|(_, uses)| uses)
}

/// Whether and how a key has an effect.
#[must_use]
pub fn status(key: &Key) -> Status {
    let path = key.path();
    let uses = uses(&path).unwrap_or_default();
    if uses.iter().any(Use::is_rendered) {
        Status::Rendered
    } else if uses.iter().any(|used| matches!(used, Use::Tool(_))) {
        Status::Toolkit
    } else if RESERVED.contains(&path.as_str()) {
        Status::Reserved
    } else {
        Status::Checked
    }
}

impl Use {
    /// Whether it is in a rendered file.
    #[must_use]
    pub fn is_rendered(&self) -> bool {
        self.file().is_some()
    }

    /// The file that it is in; none for rules and the toolkit itself.
    #[must_use]
    pub fn file(&self) -> Option<&'static str> {
        match self {
            Self::Conf(_) | Self::Module(_) => Some("udiRoot.conf"),
            Self::Gateway(_) => Some("imagemanager.json"),
            Self::Plugin(_) => Some("plugstack.conf"),
            Self::File(name) => Some(name),
            Self::Manifest => Some("manifest.json"),
            Self::Judged(_) | Self::Tool(_) => None,
        }
    }

    /// The setting in that file, where the file has settings with names.
    #[must_use]
    pub fn setting(&self) -> Option<String> {
        match self {
            Self::Conf(key) | Self::Gateway(key) | Self::Plugin(key) => Some((*key).to_owned()),
            Self::Module(key) => Some(format!("module_NAME_{key}")),
            Self::File(_) | Self::Manifest | Self::Judged(_) | Self::Tool(_) => None,
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.file(), self.setting()) {
            (Self::Tool(what), ..) => write!(f, "shifter-site: {what}"),
            (Self::Judged(code), ..) => write!(f, "rule {code}"),
            (Self::Manifest, ..) => f.write_str("manifest.json: place, owner, mode or secrets"),
            (_, Some(file), Some(setting)) => write!(f, "{file}: {setting}"),
            (_, file, _) => f.write_str(file.unwrap_or_default()),
        }
    }
}
