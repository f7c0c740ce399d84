//! `/var/shifterConfig.json`: what a container was built from, for those who want to join it.

use shifter_formats::shifter_config::ContainerRecord;

use super::Facts;

/// One line, in the field order and form of the original. A module with versions is named with the one that is loaded.
#[must_use]
pub fn record(facts: &Facts<'_>) -> String {
    let modules: Vec<String> = facts
        .modules
        .iter()
        .map(|module| match module.version {
            None => module.name.to_owned(),
            Some(version) => format!("{}/{version}", module.name),
        })
        .collect();
    let record = ContainerRecord {
        identifier: facts.image,
        user: &facts.user.name,
        volumes: &facts.volumes.signature(),
        modules: &modules,
    };
    format!("{record}\n")
}
