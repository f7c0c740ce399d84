//! Every limit that a page names can be replaced, and a replaced one is in force.

use std::collections::BTreeSet;

use shifter_site::lint::{self, RULES};

use crate::trial::tried_with;

/// Each rule with a limit, and one with which it finds nothing in its bad example.
const QUIET: [(&str, f64); 10] = [
    ("SITE010", 0.5),
    ("RT012", 1e9),
    ("ETC007", 1e9),
    ("MOD013", 1e15),
    ("KMOD006", 0.01),
    ("GW005", 1e9),
    ("GW042", 1e9),
    ("SEC008", 0.5),
    ("WLM002", 1e9),
    ("WLM006", 0.5),
];

#[test]
fn a_limit_that_is_wide_enough_silences_its_rule_under_code_and_name() {
    // SITE023 is about the limits themselves; the score of INST005 is another program's.
    let about_others = ["SITE023", "INST005"];
    let with_a_limit: BTreeSet<&str> = RULES
        .iter()
        .filter(|rule| rule.docs.contains("[lint.thresholds]") && !about_others.contains(&rule.id.code))
        .map(|rule| rule.id.code)
        .collect();
    assert_eq!(with_a_limit, QUIET.into_iter().map(|(code, _)| code).collect());
    for (code, quiet) in QUIET {
        let rule = RULES.iter().find(|rule| rule.id.code == code).expect("a rule");
        let bad = lint::examples(rule, "Bad");
        for key in [rule.id.code, rule.id.name] {
            let found = tried_with(rule, &bad, &[format!("lint.thresholds.{key}={quiet:?}")]);
            let codes: Vec<&str> = found.iter().map(|located| located.finding.code).collect();
            assert!(!codes.contains(&code) && !codes.contains(&"SITE023"), "{key}: {codes:?}");
        }
    }
}

#[test]
fn the_second_limit_of_a_rule_is_in_force_too() {
    let rule = RULES.iter().find(|rule| rule.id.code == "MOD013").expect("a rule");
    // 310 files in 600 MiB.
    let bad = lint::examples(rule, "Bad");
    for (files, expected) in [("309", vec!["MOD013"]), ("310", vec![]), ("0", vec!["SITE023"])] {
        let own = ["lint.thresholds.MOD013=1e15".to_owned(), format!("lint.thresholds.\"MOD013.files\"={files}")];
        let found = tried_with(rule, &bad, &own);
        let codes: Vec<&str> = found.iter().map(|located| located.finding.code).collect();
        assert_eq!(codes, expected, "{files}");
    }
    let found = tried_with(rule, &bad, &["lint.thresholds.\"copy-source-large.inodes\"=1".to_owned()]);
    assert!(found.iter().any(|located| located.finding.message == "the rule MOD013 has no such limit"), "{found:#?}");
}
