//! What differs between two versions of one rendered file, in the words of its reader: `siteFs: + /project`.
//!
//! [`of`] compares meanings: keys of `udiRoot.conf` with lists element by element, key paths of
//! `imagemanager.json`, lines of all else. [`unified`] compares texts. Neither shows a secret: what may hold one is
//! only said to have changed.

mod cover;
mod json;
mod lines;
mod list;
mod udiroot;

pub use lines::unified;

use crate::render::{Artifact, Check};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a file is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `udiRoot.conf`: by key, lists by element.
    UdiRoot,
    /// `imagemanager.json` and other JSON: by key path.
    Json,
    /// Everything else: by line.
    Text,
    /// A file with a secret that no reader of ours can take apart: only whether it changed.
    Secret,
}

impl Kind {
    /// How a rendered file is compared.
    #[must_use]
    pub fn of(artifact: &Artifact) -> Self {
        match &artifact.check {
            Check::UdiRoot { .. } => Self::UdiRoot,
            Check::ImageManager(_) => Self::Json,
            Check::None if artifact.secret => Self::Secret,
            Check::None => Self::Text,
        }
    }
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The key, the path of keys (`Locations.docker.io.url`), or `line 12`. Empty where the file as a whole is meant.
    pub key: String,
    /// What became of it.
    #[serde(flatten)]
    pub what: What,
}

/// What became of a key, an element of its list, or a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum What {
    /// It is new.
    Added {
        /// What it is.
        value: String,
    },
    /// It is gone.
    Removed {
        /// What it was.
        value: String,
    },
    /// It is another.
    Changed {
        /// What it was.
        from: String,
        /// What it is.
        to: String,
    },
    /// The same elements come in another order, which is the order of mounts and of search paths.
    Reordered {
        /// The elements, as they come now.
        to: Vec<String>,
    },
    /// It differs, and may hold a secret.
    Covered,
    /// Only comments, blanks or the layout differ.
    Layout,
}

impl Change {
    fn new(key: impl Into<String>, what: What) -> Self {
        Self { key: key.into(), what }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        match &self.what {
            What::Added { value } => write!(f, "+ {value}"),
            What::Removed { value } => write!(f, "- {value}"),
            What::Changed { from, to } => write!(f, "{from} -> {to}"),
            What::Reordered { to } => write!(f, "now in the order {}", to.join(", ")),
            What::Covered => f.write_str("changed"),
            What::Layout => f.write_str("only comments or layout"),
        }
    }
}

/// What differs between `old` and `new`; nothing exactly when the bytes are the same.
#[must_use]
pub fn of(kind: Kind, old: &[u8], new: &[u8]) -> Vec<Change> {
    if old == new {
        return Vec::new();
    }
    let text = |bytes| String::from_utf8_lossy(bytes);
    let found = match kind {
        Kind::UdiRoot => udiroot::compare(&text(old), &text(new)),
        Kind::Json => json::compare(&text(old), &text(new)),
        Kind::Text => lines::compare(&text(old), &text(new)),
        Kind::Secret => vec![Change::new("", What::Covered)],
    };
    if found.is_empty() { vec![Change::new("", What::Layout)] } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: Kind, old: &str, new: &str) -> String {
        of(kind, old.as_bytes(), new.as_bytes()).iter().map(|change| format!("{change}\n")).collect()
    }

    #[test]
    fn a_new_mount_is_said_as_its_element_and_not_as_a_line() {
        let old = "# made\nsystem=x\nsiteFs=/home:/home;\\\n    /old:/old:ro\nsiteEnv=A=1 B=2\n";
        let new =
            "system=x\nsiteFs=/home:/home:ro;/project:/project;/lustre/x:/x\nsiteEnv=A=1 B=3\ngatewayTimeout=20\n";
        insta::assert_snapshot!(said(Kind::UdiRoot, old, new), @r"
        siteFs: /home -> /home:/home:ro
        siteFs: - /old:/old:ro
        siteFs: + /project
        siteFs: + /lustre/x:/x
        siteEnv: B=2 -> B=3
        gatewayTimeout: + 20
        ");
    }

    #[test]
    fn an_order_and_a_comment_are_differences_too() {
        let (old, new) = ("module_a_siteFs=/a:/a;/b:/b\n", "module_a_siteFs=/b:/b;/a:/a\n");
        assert_eq!(said(Kind::UdiRoot, old, new), "module_a_siteFs: now in the order /b, /a\n");
        assert_eq!(said(Kind::UdiRoot, "system=x\n", "#\nsystem=x\n"), "only comments or layout\n");
        assert_eq!(said(Kind::UdiRoot, old, old), "");
    }

    #[test]
    fn json_is_compared_by_key_path_and_a_secret_is_never_shown() {
        let old = r#"{"WorkerThreads": 1, "MongoDBURI": "mongodb://u:hunter2@h/", "Platforms": {"x": {"admins": ["root", "a"]}}, "Foo": "hunter2"}"#;
        let new = r#"{"WorkerThreads": 2, "MongoDBURI": "mongodb://u:hunter3@h/", "Platforms": {"x": {"admins": ["root"]}}, "Foo": "hunter3", "Metrics": true}"#;
        let said = said(Kind::Json, old, new);
        insta::assert_snapshot!(said, @r"
        WorkerThreads: 1 -> 2
        MongoDBURI: changed
        Platforms.x.admins: - a
        Foo: changed
        Metrics: + true
        ");
        let unified = unified(Kind::Json, "a", "b", old.as_bytes(), new.as_bytes());
        assert!(unified.contains("+    \"WorkerThreads\": 2") && !unified.contains("hunter"), "{unified}");
    }

    #[test]
    fn a_text_is_compared_by_line_and_a_secret_one_not_at_all() {
        assert_eq!(said(Kind::Text, "a\nb\nc\n", "a\nB\nc\nd\n"), "line 2: b -> B\nline 4: + d\n");
        assert_eq!(said(Kind::Secret, "requirepass x", "requirepass y"), "changed\n");
        assert!(!unified(Kind::Secret, "a", "b", b"requirepass x", b"requirepass y").contains("requirepass"));
    }

    #[test]
    fn credentials_within_values_are_covered() {
        let (old, new) =
            ("siteEnv=P=http://u:hunter2@proxy\n", "siteEnv=P=http://u:hunter3@proxy:1 API_TOKEN=hunter4\n");
        let said = said(Kind::UdiRoot, old, new);
        assert!(!said.contains("hunter"), "{said}");
        assert!(!unified(Kind::UdiRoot, "a", "b", old.as_bytes(), new.as_bytes()).contains("hunter"));
    }

    #[test]
    fn a_change_is_kept_by_json() {
        let change = Change::new("siteFs", What::Added { value: "/project".to_owned() });
        let text = serde_json::to_string(&change).expect("JSON");
        assert_eq!(text, r#"{"key":"siteFs","change":"added","value":"/project"}"#);
        assert_eq!(serde_json::from_str::<Change>(&text).expect("read back"), change);
    }
}
