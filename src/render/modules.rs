//! The lines `module_NAME_*` of `udiRoot.conf`.

use super::RenderError;
use super::udiroot::{assignments, expect, patterns, volumes};
use crate::site::{Module, Node};
use shifter_formats::udiroot::{ModuleConf, ModuleName, PathPattern, Text};
use std::path::PathBuf;

pub(super) fn modules(node: &Node, errors: &mut Vec<RenderError>) -> Vec<(ModuleName, ModuleConf)> {
    let mut all = Vec::new();
    for module in &node.modules {
        let written = match &module.version {
            Some(version) => format!("{}@{version}", module.name),
            None => module.name.clone(),
        };
        let expected = "letters, digits, `.`, `+` and `-`, and not `none`";
        let name = expect("module", &written, expected, ModuleName::parse(&written).ok(), errors);
        let conf = conf(module, errors);
        all.extend(name.map(|name| (name, conf)));
    }
    all
}

fn conf(module: &Module, errors: &mut Vec<RenderError>) -> ModuleConf {
    ModuleConf {
        enabled: module.enabled,
        description: module.description.clone().map(Text),
        deprecated_until: module.deprecated_until.clone(),
        replaced_by: module.replaced_by.clone(),
        family: module.family.clone(),
        version: module.default_version.clone(),
        requires: module.requires.clone(),
        conflict: module.conflict.clone(),
        optional: module.optional.then_some(true),
        site_fs: volumes(&module.filesystems, errors),
        devices: path_patterns("module.devices", &module.devices, errors),
        globs: path_patterns("module.files", &module.files, errors),
        copy_path: module.copy_from.as_ref().map(PathBuf::from),
        roothook: module.root_hook.as_ref().map(PathBuf::from),
        userhook: module.user_hook.as_ref().map(PathBuf::from),
        site_env: assignments(&module.env.set),
        site_env_append: assignments(&module.env.append),
        site_env_prepend: assignments(&module.env.prepend),
        site_env_unset: patterns(&module.env),
    }
}

fn path_patterns(key: &str, list: &[String], errors: &mut Vec<RenderError>) -> Vec<PathPattern> {
    let expected = "an absolute path, with `*` and `?` after its first component only";
    list.iter().filter_map(|text| expect(key, text, expected, PathPattern::parse(text), errors)).collect()
}
