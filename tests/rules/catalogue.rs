//! No rule that was promised is forgotten: the program prints each code of the catalogue as a rule, or as retired with a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;
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
    "drain-needs-required",
    "plugin-keys-native-only",
];

/// Rules whose severity is another than the catalogue's, and why.
const OTHERWISE_SEVERE: &[(&str, &str)] =
    &[("MOD019", "an empty module leaves no line in udiRoot.conf, so a container whose user names it does not start")];

/// What `shifter-site rules --format json` prints.
fn printed() -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shifter-site"));
    let output = command.args(["rules", "--format", "json"]).env_clear().output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a JSON array")
}

fn text<'a>(rule: &'a Value, key: &str) -> &'a str {
    rule[key].as_str().unwrap_or_else(|| panic!("no {key} in {rule}"))
}

#[test]
fn every_code_of_the_catalogue_is_printed_as_a_rule_or_retired_with_a_reason() {
    let catalogue: BTreeMap<String, String> = serde_json::from_str(CATALOGUE).expect("the catalogue");
    assert_eq!(catalogue.len(), 287);
    let printed = printed();
    let names: BTreeMap<&str, &str> = printed.iter().map(|rule| (text(rule, "code"), text(rule, "name"))).collect();
    assert_eq!(names.len(), printed.len(), "a code is printed twice");
    let mut missing = Vec::new();
    for (code, name) in &catalogue {
        match names.get(code.as_str()) {
            Some(known) => assert_eq!(known, name, "{code} has another name in the catalogue"),
            None => missing.push(code.as_str()),
        }
    }
    assert_eq!(missing, Vec::<&str>::new(), "neither a rule nor retired");
    let (active, retired): (Vec<&Value>, Vec<&Value>) =
        printed.iter().partition(|rule| text(rule, "status") == "active");
    assert_eq!((active.len(), retired.len()), (RULES.len(), RETIRED.len()));
    for rule in retired {
        assert_eq!(text(rule, "status"), "retired");
        assert!(text(rule, "reason").len() > 10, "{rule} is retired without a reason");
    }
    for rule in active {
        for key in ["category", "impact", "fix", "summary", "source"] {
            assert!(!text(rule, key).is_empty(), "{rule}");
        }
    }
}

#[test]
fn what_a_centre_needs_has_a_rule_each() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.id.name).collect();
    let missing: Vec<&&str> = OF_A_CENTRE.iter().filter(|name| !names.contains(**name)).collect();
    assert_eq!(missing, Vec::<&&str>::new());
}

#[test]
fn every_rule_is_printed_as_severe_as_the_catalogue_has_it_or_says_why_not() {
    let severities: BTreeMap<String, String> = serde_json::from_str(SEVERITIES).expect("the severities");
    assert_eq!(severities.len(), 287);
    let printed = printed();
    let active = printed.iter().filter(|rule| text(rule, "status") == "active");
    let others: Vec<&str> = active
        .filter(|rule| severities.get(text(rule, "code")).is_some_and(|promised| text(rule, "severity") != promised))
        .map(|rule| text(rule, "code"))
        .collect();
    let stated: Vec<&str> = OTHERWISE_SEVERE.iter().map(|(code, _)| *code).collect();
    assert_eq!(others, stated);
}
