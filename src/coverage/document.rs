//! `schemas/coverage.json`: every key and every setting, side by side.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shifter_formats::udiroot::{KEYS as CONF_KEYS, MODULE_KEYS};

use super::{Use, rows, rules_about, status, uses};
use crate::docs::{key, manager};

/// Settings that no key of a profile sets, and why.
const WITHOUT_A_KEY: &[(&str, &str, &str)] = &[
    ("udiRoot.conf", "confId", "a hash of the other files of the class, made by `render`"),
    ("imagemanager.json", "Platforms.*.mountCommand", "no release reads it; `extra.imagemanager` carries it"),
];

/// Every key of a profile with its consumers and rules; every setting of the rendered files with the keys that set it.
#[must_use]
pub fn document() -> Value {
    let profile: Vec<Value> = key::KEYS.iter().filter(|key| !key.is_table).map(of_key).collect();
    let conf = CONF_KEYS.iter().map(|key| setting("udiRoot.conf", key.name, |known| *known == Use::Conf(key.name)));
    let module = MODULE_KEYS.iter().map(|key| {
        setting("udiRoot.conf", &format!("module_NAME_{}", key.name), |known| *known == Use::Module(key.name))
    });
    let gateway = gateway_keys();
    let gateway = gateway.iter().map(|path| {
        let below = format!("{path}.");
        let sets = |known: &Use| matches!(known, Use::Gateway(own) if own == path || own.starts_with(&below));
        setting("imagemanager.json", path, sets)
    });
    let mut options: Vec<&str> = rows()
        .flat_map(|(_, uses)| uses)
        .filter_map(|known| if let Use::Plugin(name) = known { Some(*name) } else { None })
        .collect();
    options.sort_unstable();
    let plugin = options
        .iter()
        .map(|name| setting("plugstack.conf", name, |known| matches!(known, Use::Plugin(own) if own == name)));
    json!({
        "profile": profile,
        "settings": conf.chain(module).chain(gateway).chain(plugin).collect::<Vec<_>>(),
    })
}

fn of_key(key: &key::Key) -> Value {
    let path = key.path();
    let consumers = uses(&path).unwrap_or_default().iter().filter(|known| !matches!(known, Use::Judged(_)));
    let consumers: Vec<Value> = consumers.map(consumer).collect();
    let judged = uses(&path).unwrap_or_default().iter().filter_map(|known| match known {
        Use::Judged(code) => Some(*code),
        _ => None,
    });
    let rules: BTreeSet<&str> = rules_about(&path).iter().map(|rule| rule.id.code).chain(judged).collect();
    json!({ "key": path, "status": status(key).as_str(), "consumers": consumers, "rules": rules })
}

fn consumer(known: &Use) -> Value {
    match (known, known.file(), known.setting()) {
        (Use::Tool(what), ..) => json!({ "shifter-site": what }),
        (_, file, Some(setting)) => json!({ "file": file, "setting": setting }),
        (_, file, None) => json!({ "file": file }),
    }
}

fn setting(file: &str, name: &str, sets: impl Fn(&Use) -> bool) -> Value {
    let keys: Vec<&str> = rows().filter(|(_, uses)| uses.iter().any(&sets)).map(|(key, _)| key).collect();
    let without = WITHOUT_A_KEY.iter().find(|(of, own, _)| *of == file && *own == name);
    match without {
        Some((.., why)) => json!({ "file": file, "setting": name, "keys": keys, "why_not": why }),
        None => json!({ "file": file, "setting": name, "keys": keys }),
    }
}

/// Every path of keys in `imagemanager.json`, `*` for names, in the order of the type.
#[must_use]
pub fn gateway_keys() -> Vec<String> {
    manager::KEYS.iter().map(manager::setting).collect()
}
