//! No rule that was promised is forgotten: each code of the catalogue is a rule, or is retired with a reason.

use std::collections::{BTreeMap, BTreeSet};

use shifter_site::lint::{RETIRED, RULES};

/// Codes and names of the catalogue.
const CATALOGUE: &str = include_str!("../data/rules/catalogue.json");

/// Codes and severities of the catalogue.
const SEVERITIES: &str = include_str!("../data/rules/severities.json");

/// What a centre needs beside it; these have names and got their codes when they were written.
const OF_A_CENTRE: &[&str] = &[
    "class-overlap",
    "node-in-no-class",
    "default-module-missing-in-class",
    "twin-drift",
    "proxy-credential",
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
    "clock-skew",
    "userns-sysctl",
    "fapolicyd-untrusted",
    "selinux-label",
    "path-differs-in-arch",
    "gpu-driver-drift",
    "job-container-tmpfs",
    "spank-abi",
];

/// Rules whose severity is another than the catalogue's, and why.
const OTHERWISE_SEVERE: &[(&str, &str)] =
    &[("MOD019", "an empty module leaves no line in udiRoot.conf, so a container whose user names it does not start")];

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
    assert_eq!(missing, Vec::<&str>::new(), "neither a rule nor retired");
    assert!(RETIRED.iter().all(|gone| gone.reason.len() > 10), "a code is retired without a reason");
}

#[test]
fn what_a_centre_needs_has_a_rule_each() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.id.name).collect();
    let missing: Vec<&&str> = OF_A_CENTRE.iter().filter(|name| !names.contains(**name)).collect();
    assert_eq!(missing, Vec::<&&str>::new());
}

#[test]
fn every_rule_is_as_severe_as_the_catalogue_has_it_or_says_why_not() {
    let severities: BTreeMap<String, String> = serde_json::from_str(SEVERITIES).expect("the severities");
    assert_eq!(severities.len(), 287);
    let mut others = Vec::new();
    for rule in RULES {
        let Some(promised) = severities.get(rule.id.code) else { continue };
        if rule.id.severity.as_str() != promised {
            others.push(rule.id.code);
        }
    }
    let stated: Vec<&str> = OTHERWISE_SEVERE.iter().map(|(code, _)| *code).collect();
    assert_eq!(others, stated);
}
