//! The law of an import, for each file: what is rendered from the profile means what was imported.

use super::build::{HookWay, Knowledge};
use super::chosen::Chosen;
use super::compare::{does_the_same, of_manager, wanted};
use super::hook::name;
use super::rendered::Rendered;
use super::{FileKind, redis, same};
use crate::profile::section::Phase;
use serde::Serialize;
use std::fmt;

/// What the comparison of one file showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Law {
    /// The file.
    pub file: String,
    /// Whether the rendered file means the same.
    pub holds: bool,
    /// Where it does not, or why that is not known. No text holds a secret.
    pub differences: Vec<String>,
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.holds {
            return write!(f, "{}: what the profile renders reads back the same", self.file);
        }
        write!(f, "{}: what the profile renders does not read back the same", self.file)?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

pub(super) fn judge(chosen: &Chosen<'_>, rendered: &Rendered, knowledge: &Knowledge) -> Vec<Law> {
    let mut laws = Vec::new();
    let mut say = |file: &str, differences: Vec<String>| {
        laws.push(Law { file: file.to_owned(), holds: differences.is_empty(), differences });
    };
    let unknown = || {
        let mut why: Vec<String> =
            rendered.errors.iter().map(|error| format!("nothing is rendered: {error}")).collect();
        if why.is_empty() {
            why.push("nothing is rendered for it".to_owned());
        }
        why
    };
    if let Some(conf) = &chosen.conf {
        say(
            &conf.file.name,
            match rendered.file("udiRoot.conf") {
                Some(bytes) => {
                    let made = same::canonical(&same::read(bytes, chosen.target).0, chosen.target);
                    let wanted = wanted(chosen, knowledge);
                    let keys = same::differing(&wanted, &made, chosen.target);
                    let unnamed = keys.is_empty() && wanted != made;
                    let unread = conf.survey.unread.iter().filter(|unread| !knowledge.verbatim.contains(&unread.key));
                    let said = keys.iter().map(|key| format!("`{key}` has another value"));
                    said.chain(unread.map(|unread| format!("`{}` of line {} is left out", unread.key, unread.line)))
                        .chain(unnamed.then(|| "some value cannot be written".to_owned()))
                        .collect()
                }
                None => unknown(),
            },
        );
    }
    for hook in chosen.hooks.iter().filter(|hook| hook.is_used) {
        let way = knowledge.hooks[usize::from(hook.phase == Phase::Postmount)];
        let made = rendered.file(&format!("{}.sh", name(hook.phase)));
        let is_same = match way {
            HookWay::Lifted => does_the_same(chosen, rendered, hook.phase, knowledge.modernise),
            HookWay::Carried => made == Some(hook.file.bytes.as_slice()),
            HookWay::LeftAlone | HookWay::None => made.is_none(),
        };
        let told = if made.is_none() && !is_same { unknown() } else { vec!["it does something else".to_owned()] };
        say(&hook.file.name, if is_same { Vec::new() } else { told });
    }
    if let Some(manager) = &chosen.manager {
        let differences = match (&manager.error, rendered.file("imagemanager.json")) {
            (Some((line, column, _)), _) => vec![format!("it is no JSON: line {line}, column {column}")],
            (None, None) => unknown(),
            (None, Some(_)) => {
                let path = |path: &[String]| format!("`{}` has another value", path.join("."));
                of_manager(chosen, rendered).iter().map(|(keys, _)| path(keys)).collect()
            }
        };
        say(&manager.file.name, differences);
    }
    if let (Some(file), Some(made)) =
        (chosen.files.iter().find(|file| file.kind == FileKind::Redis), rendered.file("redis.conf"))
    {
        let text = String::from_utf8_lossy(&file.bytes);
        let made = String::from_utf8_lossy(made);
        let (old, new) = (redis::directives(&text), redis::directives(&made));
        let differs = |key: &str| {
            let value = |all| redis::value(all, key).map(|directive| directive.text.clone());
            value(&old).is_some() && value(&old) != value(&new)
        };
        // Where the broker's address has another password, that one counts, and the report says so.
        let address = chosen.manager.as_ref().and_then(|manager| manager.json["Broker"].as_str());
        let own = address.and_then(|uri| crate::secret::Address::split(uri).password);
        let password = redis::value(&old, "requirepass").map(|directive| directive.text.clone());
        let keys: &[&str] = if own.is_some() && own != password { &["dir"] } else { &["dir", "requirepass"] };
        let differences =
            keys.iter().filter(|key| differs(key)).map(|key| format!("`{key}` has another value")).collect();
        say(&file.name, differences);
    }
    laws
}
