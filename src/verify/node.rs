//! What was found on a node. Its JSON is what `report` folds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was found on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeReport {
    /// The version of this format. 1.
    pub schema: u32,
    /// The node's name.
    pub node: String,
    /// Whether its files are those of the manifest.
    pub state: State,
    /// The system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The class that the node is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Which files the manifest asks for: a node that is as its manifest says may have the one of last week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_id: Option<String>,
    /// The manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// How many files were looked at.
    pub files: u32,
    /// What is otherwise than the manifest says.
    pub differences: Vec<Difference>,
    /// Why nothing could be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Whether the files of a node are those of its manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All are.
    Same,
    /// Some are not.
    Differs,
    /// Nobody knows: there is no manifest, or a file could not be read.
    Failed,
}

/// Something that is otherwise than the manifest says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The file, as installed.
    pub file: String,
    /// What about it.
    pub what: Kind,
    /// What the manifest says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

/// What about a file is otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is not there.
    Missing,
    /// It is no regular file, or no directory where one belongs.
    Type,
    /// Its bytes: the SHA-256 of both.
    Content,
    /// Its owner.
    Owner,
    /// Its group.
    Group,
    /// Its mode, four octal digits.
    Mode,
    /// It holds a token where a secret belongs.
    Placeholder,
    /// It could not be read.
    Unreadable,
}

impl Kind {
    /// The word of the JSON form.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Type => "type",
            Self::Content => "content",
            Self::Owner => "owner",
            Self::Group => "group",
            Self::Mode => "mode",
            Self::Placeholder => "placeholder",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Difference {
    /// A line about it: `/etc/shifter/udiRoot.conf: mode 0666, not 0644`.
    #[must_use]
    pub fn line(&self) -> String {
        let short = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or("?");
            if self.what == Kind::Content { text.chars().take(12).collect() } else { text.to_owned() }
        };
        match self.what {
            Kind::Missing => format!("{}: is not there", self.file),
            Kind::Unreadable => format!("{}: cannot be read: {}", self.file, short(&self.found)),
            Kind::Placeholder => format!("{}: holds {} where a secret belongs", self.file, short(&self.found)),
            _ => format!("{}: {} {}, not {}", self.file, self.what.word(), short(&self.found), short(&self.expected)),
        }
    }
}

impl NodeReport {
    pub(super) fn new(node: &str) -> Self {
        Self {
            schema: 1,
            node: node.to_owned(),
            state: State::Failed,
            site: None,
            class: None,
            config_id: None,
            manifest: None,
            files: 0,
            differences: Vec::new(),
            error: None,
        }
    }

    pub(super) fn judge(&mut self) {
        let unread = self.differences.iter().any(|difference| difference.what == Kind::Unreadable);
        self.state = match (self.error.is_some() || unread, self.differences.is_empty()) {
            (true, _) => State::Failed,
            (false, true) => State::Same,
            (false, false) => State::Differs,
        };
    }

    /// How many of the files differ in something.
    #[must_use]
    pub fn differing(&self) -> usize {
        let mut files: Vec<&str> = self.differences.iter().map(|difference| difference.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        files.len()
    }

    /// Class and configuration, for people: `compute, configuration 0123456789abcdef`.
    #[must_use]
    pub fn configuration(&self) -> String {
        let words = [self.class.clone(), self.config_id.as_ref().map(|id| format!("configuration {id}"))];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The name of this host, as the kernel knows it.
pub(super) fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "localhost".to_owned() } else { name.to_owned() }
}

/// Whether two names mean one node: one of them may lack the domain.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let short = |name: &'_ str| name.split('.').next().unwrap_or(name).to_owned();
    one == other || (one.contains('.') != other.contains('.') && short(one) == short(other))
}
