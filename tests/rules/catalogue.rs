//! No rule that was promised is forgotten: each code of the catalogue is a rule, or is retired with a reason.

use std::collections::{BTreeMap, BTreeSet};

use shifter_site::lint::{RETIRED, RULES};

/// Codes and names of the catalogue.
const CATALOGUE: &str = include_str!("../data/rules/catalogue.json");

/// What a centre needs beside it; these have names and got their codes when they were written.
const OF_A_CENTRE: &[&str] = &[
    "class-overlap",
    "node-in-no-class",
    "default-module-missing-in-class",
    "image-dir-purged",
    "image-root-squash",
    "setuid-on-nosuid",
    "module-unversioned-source",
    "getent-no-enumeration",
    "autofs-needs-rec-slave",
    "cgroup-v1-path-on-v2",
    "spank-required",
    "fabric-without-devices",
    "wireup-env-dropped",
    "mirror-but-direct",
    "deprecated-module-past-date",
    "native-kernel-too-old",
    "gateway-owned-twice",
];

/// Codes that are to come. The list only becomes shorter.
const TO_COME: &[&str] = &["SEC008", "WLM013"];

#[test]
fn every_code_of_the_catalogue_is_a_rule_or_retired_with_a_reason() {
    let catalogue: BTreeMap<String, String> = serde_json::from_str(CATALOGUE).expect("the catalogue");
    assert_eq!(catalogue.len(), 287);
    let active: BTreeMap<&str, &str> = RULES.iter().map(|rule| (rule.id.code, rule.id.name)).collect();
    let retired: BTreeMap<&str, &str> = RETIRED.iter().map(|gone| (gone.code, gone.name)).collect();
    let mut missing = Vec::new();
    for (code, name) in &catalogue {
        match active.get(code.as_str()).or(retired.get(code.as_str())) {
            Some(known) => assert_eq!(known, name, "{code} has another name in the catalogue"),
            None => missing.push(code.as_str()),
        }
    }
    missing.retain(|code| !TO_COME.contains(code));
    assert_eq!(missing, Vec::<&str>::new(), "neither a rule nor retired");
    assert!(RETIRED.iter().all(|gone| gone.reason.len() > 10), "a code is retired without a reason");
}

#[test]
fn what_a_centre_needs_has_a_rule_each() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.id.name).collect();
    let missing: Vec<&&str> = OF_A_CENTRE.iter().filter(|name| !names.contains(**name)).collect();
    assert_eq!(missing, Vec::<&&str>::new());
}
