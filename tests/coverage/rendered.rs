//! The rows of coverage against the renderer: each key is changed, and what changes in the rendered files is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value as Json;
use shifter_site::coverage::{self, Use};
use shifter_site::diagnostic::KeyPath;
use shifter_site::docs::key;
use shifter_site::profile::{self, LoadOptions, Loaded};
use shifter_site::render::{self, Artifact, Inputs, Plan, vault::Vault};
use shifter_site::site::Site;
use toml::Value;

use crate::repository;

/// Profiles that have every key between them.
const PROFILES: &[&str] = &[
    "tests/data/profiles/everything-native.toml",
    "tests/data/coverage/sysv.toml",
    "tests/data/coverage/systemd.toml",
    "tests/data/coverage/torque.toml",
    "tests/data/coverage/native.toml",
    "tests/data/coverage/modules.toml",
    "tests/data/coverage/gateway.toml",
    "tests/data/coverage/proxy.toml",
];

/// Another value for keys that take few words, which their types do not tell.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("target.os", "cle6.0"),
    ("images.default_type", "custom"),
    ("images.format", "ext4"),
    ("runtime.propagation", "slave"),
    ("gateway.database.uri", "sqlite:///x/db"),
    ("gateway.authentication", "mock"),
    ("gateway.log_level", "debug"),
    ("gateway.access", "local"),
    ("registry.NAME.type", "oci-layout"),
    ("registry.NAME.auth_method", "token"),
];

/// What a use is called here: as it is shown, without what depends on the profile.
type Names = BTreeSet<String>;

#[test]
fn the_rows_say_what_changes_in_the_rendered_files() {
    let mut found: BTreeMap<String, Names> = BTreeMap::new();
    for profile in PROFILES {
        measure(&repository(profile), &mut found);
    }
    let mut wrong = Vec::new();
    for (path, uses) in coverage::rows() {
        if uses.iter().any(|used| !used.is_rendered()) {
            continue;
        }
        let said: Names = uses.iter().map(ToString::to_string).collect();
        let measured = found.remove(path).unwrap_or_default();
        if said != measured {
            let list = |names: &Names, others: &Names| names.difference(others).cloned().collect::<Vec<_>>().join("; ");
            wrong.push(format!(
                "{path}\n    said only:  {}\n    found only: {}",
                list(&said, &measured),
                list(&measured, &said)
            ));
        }
    }
    assert!(wrong.is_empty(), "rows of src/coverage that differ from what is rendered:\n{}", wrong.join("\n"));
}

fn measure(file: &Path, found: &mut BTreeMap<String, Names>) {
    let text = std::fs::read_to_string(file).expect("a profile");
    let whole = Value::Table(toml::from_str(&text).expect("TOML"));
    let before = plan(file, &whole).unwrap_or_else(|| panic!("{} cannot be rendered", file.display()));
    for path in written(&whole, &KeyPath::root()) {
        let key = key::find(&path).unwrap_or_else(|| panic!("`{path}` is no key"));
        let names = found.entry(key.path()).or_default();
        for changed in changes(&whole, &path, key) {
            if let Some(after) = plan(file, &changed) {
                names.extend(differences(&before, &after));
            }
        }
    }
}

/// The paths of all values that a profile writes.
fn written(value: &Value, path: &KeyPath) -> Vec<KeyPath> {
    let is_value = !path.is_root() && key::find(path).is_some_and(|key| !key.is_table);
    match value {
        Value::Table(entries) if !is_value => {
            entries.iter().flat_map(|(name, value)| written(value, &path.clone().key(name))).collect()
        }
        Value::Array(elements) if !is_value => {
            elements.iter().enumerate().flat_map(|(n, value)| written(value, &path.clone().index(n))).collect()
        }
        _ => vec![path.clone()],
    }
}

/// The profile without the value at `path`, and with another one there.
fn changes(whole: &Value, path: &KeyPath, key: &key::Key) -> Vec<Value> {
    let (last, table) = path.segments().split_last().expect("not the whole profile");
    let mut without = whole.clone();
    if let Some(Value::Table(entries)) = at(&mut without, table) {
        entries.remove(last);
    }
    let mut all = vec![without];
    let mut probe = whole.clone();
    let value = at(&mut probe, path.segments()).expect("it is written").clone();
    for other in others(&value, key) {
        let mut changed = whole.clone();
        *at(&mut changed, path.segments()).expect("it is written") = other;
        all.push(changed);
    }
    all
}

fn at<'v>(value: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, segment| match value {
        Value::Table(entries) => entries.get_mut(segment),
        Value::Array(elements) => elements.get_mut(segment.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Other values of the same kind; what the key cannot have is refused when the profile is read.
pub(crate) fn others(value: &Value, key: &key::Key) -> Vec<Value> {
    match value {
        Value::Boolean(truth) => vec![(!truth).into()],
        Value::Integer(number) => vec![(number + 1).into()],
        Value::String(text) if !key.words.is_empty() => {
            key.words.iter().filter(|(word, _)| word != text).map(|(word, _)| word.as_str().into()).collect()
        }
        Value::String(text) => match OTHER_WORDS.iter().find(|(path, _)| *path == key.path()) {
            Some((_, other)) => vec![(*other).into()],
            None if key.kind.starts_with("a span of time") => vec!["77d".into()],
            None if key.kind.starts_with("a size") => vec!["20GiB".into()],
            None if key.kind.starts_with("a file mode") => vec!["0600".into(), "0640".into()],
            None => vec![format!("{text}x").into()],
        },
        Value::Array(elements) => {
            let other = elements.last().and_then(Value::as_str).map(|text| Value::from(format!("{text}x")));
            let more = elements.iter().cloned().chain(other.clone()).collect();
            vec![Value::Array(more), Value::Array(other.into_iter().collect())]
        }
        Value::Table(entries) => {
            let other = |value: &Value| value.as_str().map_or_else(|| value.clone(), |text| format!("{text}x").into());
            vec![Value::Table(entries.iter().map(|(name, value)| (name.clone(), other(value))).collect())]
        }
        _ => Vec::new(),
    }
}

/// What is rendered of a profile; nothing where it does not mean anything.
fn plan(file: &Path, profile: &Value) -> Option<Plan> {
    let text = toml::to_string(profile).expect("TOML");
    let loaded: Loaded = profile::load(&LoadOptions::text(file, text)).expect("no other file is missing");
    if !loaded.loss.is_none() {
        return None;
    }
    let sites = sites(&loaded)?;
    let files = BTreeMap::from([("own.sh".to_owned(), "true\n".to_owned())]);
    render::plan(&sites, &Inputs { source: "t.toml".to_owned(), vault: Vault::Placeholders, files, trees: Vec::new() })
        .ok()
}

fn sites(loaded: &Loaded) -> Option<Vec<Site>> {
    if !loaded.served.is_empty() {
        let served: Vec<_> = loaded.served.iter().map(|one| one.profile.clone()).collect();
        return Some(vec![Site::resolve_gateway(&loaded.profile, &served).ok()?]);
    }
    let classes = loaded.classes();
    if classes.is_empty() {
        return Some(vec![Site::resolve(&loaded.profile, None).ok()?]);
    }
    classes.iter().map(|name| Site::resolve(&loaded.for_class(name).profile, Some(name)).ok()).collect()
}

fn differences(before: &Plan, after: &Plan) -> Names {
    let mut names = Names::new();
    let paths: BTreeSet<&str> =
        [before, after].iter().flat_map(|plan| &plan.artifacts).map(|a| a.path.as_str()).collect();
    for path in paths {
        match (before.get(path), after.get(path)) {
            (Some(old), Some(new)) => of_file(old, new, &mut names),
            (Some(one), None) | (None, Some(one)) => drop(names.insert(file_name(one).to_owned())),
            (None, None) => {}
        }
    }
    // That a file is there or not is about a whole file of settings only where nothing else changes.
    names.remove("udiRoot.conf");
    names.remove("imagemanager.json");
    names
}

fn file_name(artifact: &Artifact) -> &str {
    artifact.path.rsplit('/').next().unwrap_or_default()
}

fn of_file(old: &Artifact, new: &Artifact, names: &mut Names) {
    let place = |a: &Artifact| (a.owner.clone(), a.group.clone(), a.mode, a.install.clone(), a.host.clone());
    if place(old) != place(new) {
        names.insert(Use::Manifest.to_string());
    }
    let [before, after] = [old, new].map(|artifact| String::from_utf8_lossy(&artifact.bytes).into_owned());
    if before == after {
        return;
    }
    match file_name(old) {
        "manifest.json" => {
            let around = |text: &str| {
                let manifest: Json = serde_json::from_str(text).expect("JSON");
                ["root", "class", "secrets"].map(|key| manifest[key].clone())
            };
            if around(&before) != around(&after) {
                names.insert(Use::Manifest.to_string());
            }
        }
        "udiRoot.conf" => conf(&before, &after, names),
        "imagemanager.json" => {
            let [before, after] = [before, after].map(|text| serde_json::from_str::<Json>(&text).expect("JSON"));
            json(&before, &after, "", names);
        }
        "plugstack.conf" => {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
            for word in words(&before).symmetric_difference(&words(&after)) {
                let option = word.split_once('=').map(|(name, _)| format!(": {name}")).unwrap_or_default();
                names.insert(format!("plugstack.conf{option}"));
            }
        }
        name => drop(names.insert(name.to_owned())),
    }
}

fn conf(before: &str, after: &str, names: &mut Names) {
    let settings = |text: &str| -> BTreeMap<String, String> {
        let text = text.replace("\\\n", "");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    };
    let [before, after] = [before, after].map(settings);
    let differs = |key: &&String| before.get(*key) != after.get(*key) && *key != "confId";
    let changed: BTreeSet<&String> = before.keys().chain(after.keys()).filter(differs).collect();
    for key in &changed {
        // A module that has nothing else is a line that says so: what changed is the other line.
        let module = key.strip_suffix("enabled").filter(|prefix| prefix.starts_with("module_"));
        if module.is_some_and(|prefix| changed.iter().any(|other| other != key && other.starts_with(prefix))) {
            continue;
        }
        let of_module = key.strip_prefix("module_").and_then(|rest| rest.rsplit_once('_'));
        let name = of_module.map_or((*key).clone(), |(_, key)| format!("module_NAME_{key}"));
        names.insert(format!("udiRoot.conf: {name}"));
    }
}

fn json(before: &Json, after: &Json, path: &str, names: &mut Names) {
    if before == after {
        return;
    }
    let nothing = serde_json::Map::new();
    let (old, new) = match (before, after) {
        // One value, whichever form it has.
        _ if matches!(path, "Database" | "MongoDBURI" | "Broker" | "ConverterOptions")
            || path.ends_with(".credential") =>
        {
            (None, None)
        }
        // An entry with a name of the site's own is there or not as a whole.
        _ if path.ends_with('*') && (before.is_null() || after.is_null()) => (None, None),
        (Json::Object(old), Json::Object(new)) => (Some(old), Some(new)),
        (Json::Object(old), Json::Null) => (Some(old), Some(&nothing)),
        (Json::Null, Json::Object(new)) => (Some(&nothing), Some(new)),
        _ => (None, None),
    };
    let (Some(old), Some(new)) = (old, new) else {
        names.insert(format!("imagemanager.json: {path}"));
        return;
    };
    let named = matches!(path, "Locations" | "Platforms");
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let key = if named { ("*", key) } else { (key.as_str(), key) };
        let below = if path.is_empty() { key.0.to_owned() } else { format!("{path}.{}", key.0) };
        let value = |map: &serde_json::Map<String, Json>| map.get(key.1).cloned().unwrap_or_default();
        json(&value(old), &value(new), &below, names);
    }
}
