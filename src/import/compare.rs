//! What the difference between rendered and imported files teaches about the next attempt.

use super::build::{HookWay, Knowledge};
use super::chosen::Chosen;
use super::hook::{Effects, name};
use super::rendered::Rendered;
use super::same::{self, How};
use crate::profile::section::Phase;
use serde_json::Value as Json;
use shifter_formats::udiroot::Conf;
use shifter_formats::volume::VolumeEntry;

/// Learns from a rendering; whether there was anything to learn.
pub(super) fn learn(chosen: &Chosen<'_>, rendered: &Rendered, knowledge: &mut Knowledge) -> bool {
    let before = knowledge.clone();
    if let (Some(conf), Some(bytes)) = (&chosen.conf, rendered.file("udiRoot.conf")) {
        let made = same::canonical(&same::read(bytes, chosen.target).0, chosen.target);
        for key in same::differing(&wanted(chosen, knowledge), &made, chosen.target) {
            let phase = match key.as_str() {
                "sitePreMountHook" => Some(Phase::Premount),
                "sitePostMountHook" => Some(Phase::Postmount),
                _ => None,
            };
            match phase {
                Some(phase) => {
                    let is_there = chosen.hook_path(phase).is_some();
                    let way = knowledge.way(phase);
                    *way = match *way {
                        HookWay::Lifted if is_there => HookWay::Carried,
                        HookWay::None => HookWay::LeftAlone,
                        other => other,
                    };
                }
                None if conf.lines.of_key(conf.source.text(), &key).next().is_some() => {
                    knowledge.verbatim.insert(key);
                }
                None => {}
            }
        }
    }
    if let Some(conf) = &chosen.conf {
        let is_there = |key: &&String| conf.lines.of_key(conf.source.text(), key).next().is_some();
        knowledge.verbatim.extend(rendered.unwritable.iter().filter(is_there).cloned());
    }
    for phase in [Phase::Premount, Phase::Postmount] {
        if rendered.errors.is_empty()
            && *knowledge.way(phase) == HookWay::Lifted
            && !does_the_same(chosen, rendered, phase, knowledge.modernise)
        {
            *knowledge.way(phase) = HookWay::Carried;
        }
    }
    for (path, how) in of_manager(chosen, rendered) {
        let is_secret = path.iter().any(|part| SECRETS.contains(&part.as_str()));
        if how == How::Lacking && !is_secret {
            let value = path.iter().fold(chosen.manager.as_ref().map(|manager| &manager.json), |value, key| {
                value.and_then(|value| value.get(key))
            });
            if let Some(value) = value.filter(|value| toml::Value::try_from(value).is_ok()) {
                knowledge.overlay.insert(path, value.clone());
            }
        }
    }
    *knowledge != before
}

/// Keys of imagemanager.json whose values are never written into a profile.
pub(super) const SECRETS: [&str; 4] = ["MongoDBURI", "Broker", "Database", "credential"];

/// What the rendered udiRoot.conf must mean.
pub(super) fn wanted(chosen: &Chosen<'_>, knowledge: &Knowledge) -> Conf {
    let Some(conf) = &chosen.conf else { return Conf::default() };
    let mut wanted = conf.conf.clone();
    if let Some(effects) = chosen.hook(Phase::Premount).and_then(|hook| hook.effects.as_ref())
        && knowledge.modernise
        && knowledge.hooks[0] == HookWay::Lifted
    {
        let entry = |(from, to): &(String, String)| VolumeEntry::new(from.as_str(), format!("/{to}"));
        wanted.site_fs.entries.extend(effects.binds.iter().map(entry));
    }
    same::canonical(&wanted, chosen.target)
}

/// Whether the rendered script binds and links what the imported one does, and makes no directory less.
pub(super) fn does_the_same(chosen: &Chosen<'_>, rendered: &Rendered, phase: Phase, modernise: bool) -> bool {
    let file = format!("{}.sh", name(phase));
    let effects = chosen.hook(phase).and_then(|hook| hook.effects.as_ref());
    let made = rendered.file(&file).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let (Some(effects), Some(made)) = (effects, made.and_then(|text| Effects::read(text).ok())) else { return false };
    if modernise {
        return effects.links == made.links;
    }
    effects.binds == made.binds && effects.links == made.links && effects.made().is_subset(&made.made())
}

/// Where the rendered imagemanager.json means something else. An addition that means nothing is left out.
pub(super) fn of_manager(chosen: &Chosen<'_>, rendered: &Rendered) -> Vec<(Vec<String>, How)> {
    let Some(manager) = chosen.manager.as_ref().filter(|manager| manager.error.is_none()) else { return Vec::new() };
    let Some(made) = rendered.file("imagemanager.json").and_then(|bytes| serde_json::from_slice::<Json>(bytes).ok())
    else {
        return Vec::new();
    };
    let (one, other) = (same::meaning(&manager.json, chosen.target), same::meaning(&made, chosen.target));
    let mut found = same::differences(&one, &other);
    found.retain(|(path, how)| *how == How::Lacking || !same::may_be_added(path));
    found
}
