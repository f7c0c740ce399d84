//! `module_NAME_KEY` as `[module.NAME]`.

use super::draft::{Draft, Origin, element};
use super::udiroot::{environment, filesystem, patterns, texts};
use crate::profile::section::scalar::{Date, Version};
use shifter_formats::udiroot::{Conf, ModuleConf, ModuleName};
use toml::Value;

/// Writes the modules of `conf` that a profile can name; the others stay as they are.
pub(super) fn lift(draft: &mut Draft, conf: &Conf) {
    for (name, module) in conf.modules.iter().filter(|(name, _)| can_be_named(name)) {
        match &name.version {
            Some(version) => of_version(draft, name, version, module),
            None => of_module(draft, &name.name, module),
        }
    }
}

/// Whether a profile can have the module.
pub(super) fn can_be_named(name: &ModuleName) -> bool {
    ModuleName::parse(&name.to_string()).as_ref() == Ok(name)
}

fn of_module(draft: &mut Draft, name: &str, module: &ModuleConf) {
    let prefix = format!("module_{name}_");
    let table = ["module", name];
    let is_bare = *module == ModuleConf::default();
    let mut put = |path: &[&str], key: &str, value: Value| {
        let path: Vec<&str> = table.iter().chain(path).copied().collect();
        draft.set_from(&path, value, Origin::silent(&format!("{prefix}{key}")));
    };
    if let Some(enabled) = module.enabled.or(is_bare.then_some(true)) {
        put(&["enabled"], "enabled", enabled.into());
    }
    let texts_of = [
        ("family", "family", module.family.clone()),
        ("default_version", "version", module.version.clone()),
        ("copy_from", "copyPath", module.copy_path.as_ref().map(|path| path.display().to_string())),
    ];
    for (path, key, text) in texts_of {
        if let Some(text) = text {
            put(&[path], key, text.into());
        }
    }
    let hooks = [("root", "roothook", &module.roothook), ("user", "userhook", &module.userhook)];
    for (path, key, script) in hooks {
        if let Some(script) = script {
            put(&["hooks", path], key, script.display().to_string().into());
        }
    }
    let lists = [
        ("requires", "requires", module.requires.clone()),
        ("conflict", "conflict", module.conflict.clone()),
        ("devices", "devices", module.devices.iter().map(|p| p.as_str().to_owned()).collect()),
        ("files", "globs", module.globs.iter().map(|p| p.as_str().to_owned()).collect()),
    ];
    for (path, key, list) in lists {
        if !list.is_empty() {
            put(&[path], key, list.into());
        }
    }
    if let Some(optional) = module.optional {
        put(&["optional"], "optional", optional.into());
    }
    contents(draft, &table, &prefix, module);
}

fn of_version(draft: &mut Draft, name: &ModuleName, version: &str, module: &ModuleConf) {
    let prefix = format!("module_{name}_");
    let table = ["module", &name.name, "version", version];
    if !module.requires.is_empty() {
        let path: Vec<&str> = table.iter().chain(&["requires"]).copied().collect();
        draft.set_from(&path, texts(&module.requires), Origin::silent(&format!("{prefix}requires")));
    }
    contents(draft, &table, &prefix, module);
    if !draft.has(&table) {
        let path: Vec<&str> = table.iter().chain(&["requires"]).copied().collect();
        draft.set_from(&path, Vec::<String>::new(), Origin::silent(&format!("{prefix}requires")));
    }
}

/// What a module and a version have alike: what they are, mounts and environment.
fn contents(draft: &mut Draft, table: &[&str], prefix: &str, module: &ModuleConf) {
    let below = |more: &[&str]| -> Vec<String> { table.iter().chain(more).map(|part| (*part).to_owned()).collect() };
    let last_day = module.deprecated_until.as_ref().filter(|day| day.parse::<Date>().is_ok());
    let other = module.replaced_by.as_ref().filter(|version| version.parse::<Version>().is_ok());
    let words = [
        (&["description"][..], "description", module.description.as_ref().map(ToString::to_string)),
        (&["deprecated", "until"][..], "deprecatedUntil", last_day.cloned()),
        (&["deprecated", "use"][..], "replacedBy", other.cloned()),
    ];
    for (path, key, word) in words {
        if let Some(word) = word {
            let path = below(path);
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            draft.set_from(&path, Value::String(word), Origin::silent(&format!("{prefix}{key}")));
        }
    }
    for (n, entry) in module.site_fs.entries.iter().enumerate() {
        let path = below(&["filesystem", &element(n)]);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        filesystem(draft, &path, entry, &format!("{prefix}siteFs"));
    }
    let env = below(&["env"]);
    let env: Vec<&str> = env.iter().map(String::as_str).collect();
    let lists = [&module.site_env, &module.site_env_prepend, &module.site_env_append];
    environment(draft, &env, &format!("{prefix}site"), lists);
    if !module.site_env_unset.is_empty() {
        let path = below(&["env", "unset"]);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        draft.set_from(&path, patterns(&module.site_env_unset), Origin::silent(&format!("{prefix}siteEnvUnset")));
    }
}
