//! When two files mean the same to the program that reads them.

use super::manager::{importers, pull_recheck};
use super::udiroot::{Side, last_of_each, merged};
use crate::secret::Address;
use serde_json::{Map, Value as Json, json};
use shifter_formats::Target;
use shifter_formats::env::Assignment;
use shifter_formats::image::ImageType;
use shifter_formats::original;
use shifter_formats::size::Bytes;
use shifter_formats::udiroot::{Conf, Home, ModuleConf, UserNamespaces};
use shifter_formats::volume::Propagation;
use shifter_gateway_types::config::Days;
use std::collections::{BTreeMap, BTreeSet};

/// Reads a `udiRoot.conf` as `target` does, without stopping.
pub(super) fn read(text: &[u8], target: Target) -> (Conf, bool) {
    if target.is_native()
        && let Ok(conf) = Conf::parse_native(text)
    {
        return (conf, true);
    }
    let survey = original::survey(text, target, super::PATCHED);
    let accepted = !target.is_native() && survey.refusals.is_empty();
    (survey.reading.conf, accepted)
}

/// The configuration with every default written, lists whose order says nothing in one order, and without what is
/// made anew each time.
pub(super) fn canonical(conf: &Conf, target: Target) -> Conf {
    let mut conf = conf.clone();
    conf.conf_id = None;
    conf.gateway_timeout.get_or_insert(0);
    if target.is_native() {
        conf.default_image_type.get_or_insert(ImageType::Docker);
    }
    conf.mount_udi_root_writable.get_or_insert(false);
    conf.mount_propagation_style.get_or_insert(Propagation::Private);
    conf.max_group_count.get_or_insert(0);
    conf.per_node_cache_size_limit.get_or_insert(Bytes(0));
    for flag in [
        &mut conf.allow_libc_pwd_calls,
        &mut conf.populate_etc_dynamically,
        &mut conf.allow_local_chroot,
        &mut conf.auto_load_kernel_module,
        &mut conf.optional_sshd_as_root,
    ] {
        flag.get_or_insert(false);
    }
    conf.user_namespaces.get_or_insert(UserNamespaces::Host);
    conf.home.get_or_insert(Home::Site);
    conf.site_env = set(&conf.site_env);
    conf.site_env_prepend = joined(&conf.site_env_prepend, Side::Front);
    conf.site_env_append = joined(&conf.site_env_append, Side::Back);
    for (_, module) in &mut conf.modules {
        complete(module);
    }
    exclude_both_ways(&mut conf);
    conf.modules.sort_by(|(one, _), (other, _)| one.cmp(other));
    conf
}

fn complete(module: &mut ModuleConf) {
    module.enabled.get_or_insert(true);
    module.optional.get_or_insert(false);
    module.site_env = set(&module.site_env);
    module.site_env_prepend = joined(&module.site_env_prepend, Side::Front);
    module.site_env_append = joined(&module.site_env_append, Side::Back);
}

/// A module that excludes another is excluded by it.
fn exclude_both_ways(conf: &mut Conf) {
    let pairs: BTreeSet<(String, String)> = conf
        .modules
        .iter()
        .flat_map(|(name, module)| module.conflict.iter().map(|other| (name.name.clone(), other.clone())))
        .collect();
    for (name, module) in conf.modules.iter_mut().filter(|(name, _)| name.version.is_none()) {
        let own = |(one, other): &(String, String)| {
            if *one == name.name { Some(other.clone()) } else { (*other == name.name).then(|| one.clone()) }
        };
        module.conflict = pairs.iter().filter_map(own).collect::<BTreeSet<_>>().into_iter().collect();
    }
}

fn set(list: &[Assignment]) -> Vec<Assignment> {
    let mut all = last_of_each(list);
    all.sort();
    all
}

fn joined(list: &[Assignment], side: Side) -> Vec<Assignment> {
    let mut all: Vec<Assignment> =
        merged(list, side).into_iter().map(|(name, parts)| Assignment::new(name, parts.join(":"))).collect();
    all.sort();
    all
}

/// The keys whose values two canonical configurations do not share. Empty and unequal means: in no single key.
pub(super) fn differing(one: &Conf, other: &Conf, target: Target) -> Vec<String> {
    let (one, other) = (values(one, target), values(other, target));
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let alone = |key: &str, text: Option<&String>| {
        let line = text.map(|text| format!("{key}={text}\n")).unwrap_or_default();
        original::survey(line, Target::Native, &[]).reading.conf
    };
    keys.into_iter()
        .filter(|key| one.get(*key) != other.get(*key))
        .filter(|key| alone(key, one.get(*key)) != alone(key, other.get(*key)))
        .cloned()
        .collect()
}

fn values(conf: &Conf, target: Target) -> BTreeMap<String, String> {
    let text = conf.print(target, "");
    let lines = super::lines::ConfLines::of(&text);
    lines.lines.iter().map(|line| (text[line.key.clone()].to_owned(), line.text(&text))).collect()
}

/// What `imagemanager.json` means to `target`: addresses apart, spans in seconds, paths without doubled slashes, words
/// of the same meaning in one spelling. It may hold passwords.
pub(super) fn meaning(json: &Json, target: Target) -> Json {
    let mut all = json.as_object().cloned().unwrap_or_default();
    all.remove("PullUpdateTime");
    all.insert("PullUpdateTimeout".to_owned(), pull_recheck(json, target).unwrap_or(300).into());
    for (key, value) in &mut all {
        let changed = match (key.as_str(), &*value) {
            ("MongoDBURI" | "Broker" | "Database", Json::String(uri)) => Some(address(uri)),
            ("ImageExpirationTimeout", Json::String(text)) => {
                text.parse::<Days>().ok().map(|span| span.duration().as_secs().into())
            }
            ("CacheDirectory" | "ExpandDirectory" | "examiner", Json::String(path)) => Some(normal(path)),
            ("LogLevel", Json::String(level)) => Some(level.to_ascii_lowercase().into()),
            ("ImportUsers", written) => importers(written, target),
            ("ConverterOptions", Json::Object(formats)) => Some(Json::Object(
                formats
                    .iter()
                    .map(|(format, words)| {
                        (format.clone(), words.as_str().map_or_else(|| words.clone(), |one| json!([one])))
                    })
                    .collect(),
            )),
            _ => None,
        };
        if let Some(changed) = changed {
            *value = changed;
        }
    }
    for table in ["Locations", "Platforms"] {
        for (_, entry) in all.get_mut(table).and_then(Json::as_object_mut).into_iter().flatten() {
            if let Some(entry) = entry.as_object_mut() {
                tidy(entry);
            }
        }
    }
    if !crate::target::has_broker(target) {
        all.remove("Broker");
    }
    Json::Object(all)
}

fn tidy(entry: &mut Map<String, Json>) {
    if entry.get("admins").and_then(Json::as_array).is_some_and(Vec::is_empty) {
        entry.remove("admins");
    }
    for (key, value) in entry.iter_mut() {
        match (key.as_str(), &mut *value) {
            ("mungeSocketPath" | "imageDir" | "sslcacert" | "key" | "policy_file", Json::String(path)) => {
                *value = normal(path);
            }
            ("local" | "ssh", Json::Object(inner)) => tidy(inner),
            _ => {}
        }
    }
}

fn address(uri: &str) -> Json {
    let Address { uri, user, password, .. } = Address::split(uri);
    // As a text, so that it is one value that is the same or not.
    format!("{uri}\0{}\0{}", user.unwrap_or_default(), password.unwrap_or_default()).into()
}

fn normal(path: &str) -> Json {
    let normal = path.parse::<crate::profile::section::scalar::AbsPath>().map(|path| path.normal());
    normal.unwrap_or_else(|_| path.to_owned()).into()
}

/// How a value differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The first has it, the second not, or otherwise.
    Lacking,
    /// Only the second has it.
    Added,
}

/// Where two documents differ, as paths to the values that are no tables.
pub(super) fn differences(one: &Json, other: &Json) -> Vec<(Vec<String>, How)> {
    let mut found = Vec::new();
    compare(Some(one), Some(other), &mut Vec::new(), &mut found);
    found
}

fn compare(one: Option<&Json>, other: Option<&Json>, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, How)>) {
    match (one, other) {
        (Some(Json::Object(one)), Some(Json::Object(other))) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys {
                path.push(key.clone());
                compare(one.get(key), other.get(key), path, found);
                path.pop();
            }
        }
        (None, Some(_)) => found.push((path.clone(), How::Added)),
        (one, other) if one != other => found.push((path.clone(), How::Lacking)),
        _ => {}
    }
}

/// Keys that a rendered file has where an accepted one may lack them, because the program takes the same value without
/// them, or does not work without them (gateway of 16.08 to 18.03, section 3).
pub(super) fn may_be_added(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        [key] => matches!(
            *key,
            "DefaultImageFormat"
                | "DefaultImageLocation"
                | "ImageExpirationTimeout"
                | "MongoDB"
                | "Locations"
                | "Platforms"
        ),
        ["Platforms", _, "mungeSocketPath"] | ["Locations", _, "remotetype"] => true,
        _ => false,
    }
}
