//! What became of a key in the files that are rendered of it.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use crate::check::Checked;
use crate::coverage::{self, Use};
use crate::diagnostic::KeyPath;
use crate::render::{self, Artifact, Inputs, Plan, Secrets};
use crate::site::Site;

/// A setting of a rendered file, or a file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// Where the file is read from.
    pub file: String,
    /// The setting; none where the file has none with names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// What it is set to; none where it is left out, or is no setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The class whose file it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// The settings that the key becomes, in the files of `class` or of every class. A token stands for each secret.
#[must_use]
pub fn rendered(checked: &Checked, class: Option<&str>, path: &KeyPath, pattern: &str) -> Vec<Rendered> {
    let uses = coverage::uses(pattern).unwrap_or_default();
    let Some(plan) = plan(checked).filter(|_| uses.iter().any(Use::is_rendered)) else { return Vec::new() };
    let mut found: Vec<Rendered> = Vec::new();
    for artifact in plan.artifacts.iter().filter(|one| class.is_none() || one.class.as_deref() == class) {
        let name = artifact.path.rsplit('/').next().unwrap_or_default();
        for used in uses.iter().filter(|used| used.file() == Some(name)) {
            for (setting, value) in settings(used, artifact, path) {
                let value = value.map(|value| match serde_json::from_str::<Value>(&value) {
                    // A text may hold a secret, which stands in it without the marks of JSON.
                    Ok(Value::String(text)) => Value::String(scrubbed(checked, &text)).to_string(),
                    _ => scrubbed(checked, &value),
                });
                let one = Rendered { file: artifact.install.clone(), setting, value, class: artifact.class.clone() };
                // What every class has alike is said once.
                let same = |known: &&mut Rendered| {
                    (&known.file, &known.setting, &known.value) == (&one.file, &one.setting, &one.value)
                };
                match found.iter_mut().find(same) {
                    Some(known) => known.class = None,
                    None => found.push(one),
                }
            }
        }
    }
    found
}

/// The text without what somebody wrote into the profile that must not be shown.
fn scrubbed(checked: &Checked, text: &str) -> String {
    let profiles = std::iter::once(&checked.loaded).chain(&checked.loaded.served);
    let sources = profiles.flat_map(|loaded| loaded.origins.sources());
    sources.fold(text.to_owned(), |text, source| source.scrub(&text))
}

/// What is rendered without secrets; nothing where the profile cannot be rendered.
fn plan(checked: &Checked) -> Option<Plan> {
    let sites: &[Site] = &checked.sites;
    let source = checked.loaded.origins.sources().first()?;
    let directory: PathBuf = source.directory();
    let inputs = Inputs::gather(sites, &source.name, &directory, Secrets::Placeholder).ok()?;
    render::plan(sites, &inputs).ok().filter(|_| !sites.is_empty())
}

fn settings(used: &Use, artifact: &Artifact, path: &KeyPath) -> Vec<(Option<String>, Option<String>)> {
    let text = String::from_utf8_lossy(&artifact.bytes);
    match used {
        Use::Conf(key) => {
            let value = conf(&text).into_iter().find(|(name, _)| name == key).map(|(_, value)| value);
            vec![(Some((*key).to_owned()), value)]
        }
        Use::Module(key) => {
            let suffix = format!("_{key}");
            let own = |name: &str| match path.segments() {
                [table, module, rest @ ..] if table == "module" => {
                    let version = rest.strip_prefix(["version".to_owned()].as_slice()).and_then(<[_]>::first);
                    let written = version.map_or(module.clone(), |version| format!("{module}@{version}"));
                    name == written
                }
                _ => true,
            };
            let lines = conf(&text).into_iter().filter(|(name, _)| {
                name.strip_prefix("module_").and_then(|rest| rest.strip_suffix(&suffix)).is_some_and(own)
            });
            lines.map(|(name, value)| (Some(name), Some(value))).collect()
        }
        Use::Gateway(keys) => {
            let Ok(document) = serde_json::from_str::<Value>(&text) else { return Vec::new() };
            let keys: Vec<&str> = keys.split('.').collect();
            let name = path.segments().get(1).filter(|_| path.segments()[0] == "registry").map(String::as_str);
            let mut found = Vec::new();
            descend(&document, &keys, String::new(), name, &mut found);
            found.into_iter().map(|(setting, value)| (Some(setting), Some(value.to_string()))).collect()
        }
        Use::Plugin(option) => {
            let word = text.split_whitespace().find_map(|word| word.strip_prefix(option)?.strip_prefix('='));
            vec![(Some((*option).to_owned()), word.map(str::to_owned))]
        }
        Use::File(_) => vec![(None, None)],
        Use::Manifest | Use::Judged(_) | Use::Tool(_) => Vec::new(),
    }
}

/// The settings of a `udiRoot.conf`, lines joined.
fn conf(text: &str) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    let mut whole = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_suffix('\\') {
            Some(part) => whole.push_str(part.trim()),
            None => {
                whole.push_str(line.trim());
                settings.extend(whole.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())));
                whole.clear();
            }
        }
    }
    settings
}

/// The values at a path of keys, in which `*` is any name, or the one that is meant.
fn descend(value: &Value, keys: &[&str], at: String, name: Option<&str>, found: &mut Vec<(String, Value)>) {
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match keys.split_first() {
        None => found.push((at, value.clone())),
        Some((&"*", rest)) => {
            for (key, value) in
                value.as_object().into_iter().flatten().filter(|(key, _)| name.is_none_or(|name| name == *key))
            {
                descend(value, rest, below(key), name, found);
            }
        }
        Some((key, rest)) => {
            if let Some(value) = value.get(key) {
                descend(value, rest, below(key), name, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_udiroot_conf_are_joined() {
        let found = conf("# c\nsystem=a\nsiteFs=/a:/a;\\\n    /b:/b\n");
        assert_eq!(found, [("system".into(), "a".into()), ("siteFs".into(), "/a:/a;/b:/b".into())]);
    }

    #[test]
    fn a_star_is_any_name_or_the_one_meant() {
        let document = serde_json::json!({ "L": { "a": { "u": 1 }, "b": { "u": 2 } } });
        let found = |name| {
            let mut found = Vec::new();
            descend(&document, &["L", "*", "u"], String::new(), name, &mut found);
            found.into_iter().map(|(at, _)| at).collect::<Vec<_>>()
        };
        assert_eq!(found(None), ["L.a.u", "L.b.u"]);
        assert_eq!(found(Some("b")), ["L.b.u"]);
    }
}
