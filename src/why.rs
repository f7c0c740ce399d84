//! Why a key has the value it has: every layer that set it, what it is rendered as, and the rules about it.

mod rendered;
mod text;

use serde::Serialize;
use serde_json::Value;

use crate::check::Checked;
use crate::coverage::{self, Status};
use crate::diagnostic::KeyPath;
use crate::docs::key::{self, Key};
use crate::profile::Loaded;
use crate::profile::history::{Does, Setting};
use crate::profile::item::{Item, Node};
use crate::profile::merge::Operation;
use crate::show::{self, value};

pub use rendered::{Rendered, rendered};
pub use text::text;

/// Everything there is to say about one value.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The key of the profile.
    pub key: String,
    /// The key as the reference writes it.
    pub reference: String,
    /// What it is for.
    pub about: String,
    /// The class that is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The effective value; none where nobody wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The same as TOML.
    #[serde(skip)]
    pub shown: Option<String>,
    /// What holds where nobody writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What each layer says, lowest first.
    pub layers: Vec<Said>,
    /// What becomes of it in the rendered files.
    pub rendered: Vec<Rendered>,
    /// Whether and how the key has an effect.
    pub status: &'static str,
    /// The rules that speak of it.
    pub rules: Vec<About>,
}

/// What one layer says.
#[derive(Debug, Clone, Serialize)]
pub struct Said {
    /// Where: `cori.toml:12`, `--set`, `$SHIFTER_SITE__GATEWAY__TIMEOUT`, `preset cray-xc:3`.
    pub place: String,
    /// The class that has it so; none for what holds for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// `set`, `add` or `remove`.
    pub does: &'static str,
    /// The value as TOML, secrets covered.
    pub value: String,
    /// Whether nothing later undoes it.
    pub in_effect: bool,
}

/// A rule that speaks of a key.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// The answers for a key of a profile: one for a value, one for each value below a table. Empty where the key is a
/// table in which nobody writes anything; none where there is no such key.
#[must_use]
pub fn why(checked: &Checked, class: Option<&str>, path: &KeyPath) -> Option<Vec<Answer>> {
    let loaded = class.and_then(|name| checked.classes.get(name)).unwrap_or(&checked.loaded);
    let known = key::find(path)?;
    let answer = |path: &KeyPath| Some(answer(checked, loaded, path, key::find(path)?));
    if !known.is_table {
        return Some(answer(path).into_iter().collect());
    }
    let mut paths = Vec::new();
    if let Some(item) = loaded.origins.root().get(path) {
        leaves(item, path, &mut paths);
    }
    Some(paths.iter().filter_map(answer).collect())
}

/// The values below a table.
fn leaves(item: &Item, path: &KeyPath, paths: &mut Vec<KeyPath>) {
    match &item.node {
        Node::Table(entries) if key::find(path).is_none_or(|key| key.is_table) => {
            entries.iter().for_each(|(name, item)| leaves(item, &path.clone().key(name), paths));
        }
        Node::Array(elements) if key::find(path).is_some_and(|key| key.is_table) => {
            elements.iter().enumerate().for_each(|(n, item)| leaves(item, &path.clone().index(n), paths));
        }
        _ => paths.push(path.clone()),
    }
}

fn answer(checked: &Checked, loaded: &Loaded, path: &KeyPath, key: &Key) -> Answer {
    let sources = loaded.origins.sources();
    let item = loaded.origins.root().get(path);
    let said = |setting: &Setting| Said {
        place: show::address_of_line(&setting.source, setting.line),
        class: setting.class.clone(),
        does: match setting.does {
            Does::Set => "set",
            Does::Change(Operation::Add) => "add",
            Does::Change(Operation::Remove) => "remove",
        },
        value: value::inline(&setting.value, sources),
        in_effect: setting.in_effect,
    };
    let pattern = key.path();
    let rules = coverage::rules_about(&pattern).iter().filter(|rule| rule.id.name != "reserved-key");
    Answer {
        key: path.to_string(),
        about: key.about.clone(),
        class: loaded.class.clone(),
        value: item.map(|item| value::json(item, sources)),
        shown: item.map(|item| value::inline(item, sources)),
        default: key.default(),
        layers: loaded.history(path).iter().map(said).collect(),
        rendered: rendered(checked, loaded.class.as_deref(), path, &pattern),
        status: match coverage::status(key) {
            Status::Reserved => "reserved: nothing goes by it yet",
            status => status.as_str(),
        },
        rules: rules.map(|rule| About { code: rule.id.code, name: rule.id.name }).collect(),
        reference: pattern,
    }
}
