//! Which release a set of files is for: the oldest whose keys cover them.

use serde_json::Value as Json;
use shifter_formats::Target;
use shifter_formats::original::{self, RefusalKind};
use shifter_formats::udiroot::Conf;
use shifter_gateway_types::ImageManager;

/// Which target to import for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The oldest whose keys cover the files.
    #[default]
    Auto,
    /// This one.
    Fixed(Target),
}

/// The target, and those that would have done as well.
pub(super) fn choose(choice: Choice, conf: Option<&[u8]>, json: Option<&Json>) -> (Target, Vec<Target>) {
    if let Choice::Fixed(target) = choice {
        return (target, Vec::new());
    }
    let costs: Vec<(usize, Target)> =
        Target::ALL.into_iter().map(|target| (cost(target, conf, json), target)).collect();
    let least = costs.iter().map(|(cost, _)| *cost).min().unwrap_or(0);
    let mut best = costs.into_iter().filter(|(cost, _)| *cost == least).map(|(_, target)| target);
    let lowest = best.next().unwrap_or(Target::Native);
    (lowest, best.collect())
}

/// How many keys of the files a release does not know, and how many it needs that they lack.
fn cost(target: Target, conf: Option<&[u8]>, json: Option<&Json>) -> usize {
    let of_conf = conf.map_or(0, |text| {
        if target.is_native() && Conf::parse_native(text).is_ok() {
            return 0;
        }
        let survey = original::survey(text, target, super::PATCHED);
        let is_of_keys = |kind: &RefusalKind| matches!(kind, RefusalKind::UnknownKey(_));
        let unknown = survey.refusals.iter().filter(|refusal| is_of_keys(&refusal.kind)).count();
        // What the native reader refuses for its value, the others read.
        unknown + usize::from(target.is_native())
    });
    of_conf + json.map_or(0, |json| of_gateway(target, json))
}

fn of_gateway(target: Target, json: &Json) -> usize {
    if target.is_native() {
        return usize::from(ImageManager::parse(&json.to_string()).is_err());
    }
    let has = |key: &str| !json[key].is_null();
    let on_a_platform =
        |key: &str| json["Platforms"].as_object().into_iter().flatten().any(|(_, platform)| !platform[key].is_null());
    let since_1803 = ["ImportUsers", "ConverterOptions"].into_iter().filter(|key| has(key)).count()
        + ["use_external", "policy_file"].into_iter().filter(|key| on_a_platform(key)).count();
    let native = ["Database", "Listen", "Limits", "Policy", "Compat"].into_iter().filter(|key| has(key)).count();
    let has_broker = crate::target::has_broker(target);
    let needs_broker = usize::from(has_broker && !has("Broker")) + usize::from(!has_broker && has("Broker"));
    let old = usize::from(target == Target::V1608 && has("Metrics"));
    native + needs_broker + old + if has_broker { since_1803 } else { 0 }
}
