//! `report` on the results of a whole machine.

use super::support::{Ran, Site};

/// A result as `verify --format json` prints it.
fn result(node: &str, id: &str, state: &str, differences: &str) -> String {
    format!(
        "{{\"schema\":1,\"node\":\"{node}\",\"state\":\"{state}\",\"site\":\"tiny\",\"class\":\"compute\",\
         \"config_id\":\"{id}\",\"manifest\":\"/etc/shifter/manifest.json\",\"files\":3,\"differences\":[{differences}]}}\n"
    )
}

const OTHER_CONTENT: &str = "{\"file\":\"/etc/shifter/udiRoot.conf\",\"what\":\"content\",\
     \"expected\":\"e701d2a84af62b24\",\"found\":\"0000aaaa1111bbbb\"}";
const WIDE: &str = "{\"file\":\"/etc/shifter/premount.sh\",\"what\":\"mode\",\"expected\":\"0755\",\"found\":\"0777\"}";

fn report(site: &Site, more: &[&str]) -> Ran {
    site.run(&[["report", "results"].as_slice(), more].concat())
}

#[test]
fn ten_thousand_nodes_fold_into_four_lines() {
    let site = Site::new();
    let directory = site.path().join("results");
    std::fs::create_dir(&directory).expect("made");
    for n in 1..=10_000 {
        let node = format!("nid{n:05}");
        let text = match n {
            17 | 4000..=4010 => result(&node, "aaaa", "differs", OTHER_CONTENT),
            9_999 => result(&node, "aaaa", "differs", &format!("{WIDE},{OTHER_CONTENT}")),
            10_000 => result(&node, "bbbb", "same", ""),
            _ => result(&node, "aaaa", "same", ""),
        };
        std::fs::write(directory.join(format!("{node}.json")), text).expect("written");
    }
    let ran = report(&site, &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    insta::assert_snapshot!(ran.out, @r"
    9,986 nodes same (compute, configuration aaaa): nid[00001-00016,00018-03999,04011-09998]
    1 node same (compute, configuration bbbb): nid10000
    12 nodes differ the same way (compute, configuration aaaa): nid[00017,04000-04010]
      /etc/shifter/udiRoot.conf: content 0000aaaa1111, not e701d2a84af6
    1 node differs (compute, configuration aaaa): nid09999
      /etc/shifter/premount.sh: mode 0777, not 0755
      /etc/shifter/udiRoot.conf: content 0000aaaa1111, not e701d2a84af6
    the nodes of class `compute` have 2 configurations:
      aaaa 9,999 nodes: nid[00001-09999]
      bbbb 1 node: nid10000
    10,000 nodes: 9,987 same, 13 differ, 0 unknown
    ");
    let ran = report(&site, &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((ran.code, json["nodes"].as_u64(), json["groups"].as_array().map(Vec::len)), (2, Some(10_000), Some(4)));
    let schema = serde_json::from_str(&site.run(&["schema", "--name", "report"]).out).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert_eq!(validator.iter_errors(&json).map(|error| error.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_same_results_say_the_same_in_any_order_and_from_a_stream() {
    let site = Site::new();
    let results: Vec<String> = (1..=9).map(|n| result(&format!("n{n}"), "aaaa", "same", "")).collect();
    let forward = site.run_with_input(&["report", "-"], &results.concat());
    let backward = site.run_with_input(&["report", "-"], &results.iter().rev().cloned().collect::<String>());
    assert_eq!((forward.code, &forward.out), (0, &backward.out));
    insta::assert_snapshot!(forward.out, @r"
    9 nodes same (compute, configuration aaaa): n[1-9]
    9 nodes: 9 same, 0 differ, 0 unknown
    ");
}

#[test]
fn what_is_no_result_is_named_and_exits_1() {
    let good = result("n1", "aaaa", "same", "");
    let site = Site::new()
        .with("results/a.json", &good)
        .with("results/cut.json", &good[..40])
        .with("results/empty.json", "")
        .with("results/other.json", "{\"schema\": 1}")
        .with("results/notes.txt", "not looked at");
    let ran = report(&site, &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for name in ["cut.json` is no report", "empty.json` is no report: it is empty", "other.json` is no report"] {
        assert!(ran.out.contains(name), "{ran:?}");
    }
    assert_eq!(site.run(&["report", "nowhere"]).code, 74);
    assert_eq!(site.run(&["report"]).code, 64);
    assert_eq!(site.run_with_input(&["report", "-"], "").code, 1);
}

#[test]
fn a_node_that_says_two_things_is_named() {
    let site = Site::new()
        .with("results/1.json", &result("n1", "aaaa", "same", ""))
        .with("results/2.json", &result("n1", "aaaa", "differs", WIDE))
        .with("results/3.json", &result("n2", "aaaa", "same", ""))
        .with("results/4.json", &result("n2", "aaaa", "same", ""));
    let ran = report(&site, &[]);
    assert!(ran.code == 2 && ran.out.contains("reported more than once, and not the same: n1\n"), "{ran:?}");
}
