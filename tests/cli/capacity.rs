//! `capacity` computes and does not guess.

use super::support::{GOOD, Site};

#[test]
fn a_storm_is_nodes_times_containers_and_loops_are_compared_with_the_limit() {
    let text = format!("{GOOD}containers_per_node = 32\njob_starts_per_second = 20\n[kernel_modules]\nmax_loop = 16\n");
    let ran = Site::new().with("site.toml", &text).run(&["capacity", "site.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in [
        "connections to the gateway in the busiest second: at least 20 connections",
        "connections to the gateway when the largest job starts: exactly 2048 connections",
        "loop devices on a node: exactly 32 devices  (kernel_modules.max_loop = 16 devices: too few)",
        "images kept when none is used again: unknown",
        "--images-per-day SIZE: not told",
    ] {
        assert!(ran.out.contains(line), "no `{line}` in\n{}", ran.out);
    }
}

#[test]
fn what_is_told_is_used_and_what_is_not_is_unknown() {
    let site = Site::new().with(
        "site.toml",
        &GOOD.replace(
            "[scale]\nnodes_per_job = 64\n",
            "[paths]\nopt_udi_image = \"/opt/udi\"\n[scale]\ncontainers_per_node = 4\n",
        ),
    );
    let json = |words: &[&str]| -> serde_json::Value {
        let ran = site.run(&[&["capacity", "site.toml", "--format", "json"], words].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        serde_json::from_str(&ran.out).expect("JSON")
    };
    let told = json(&["--copy", "/opt/udi=200MiB", "--images-per-day", "1GiB"]);
    let value = |document: &serde_json::Value, n: usize| document[0]["figures"][n]["value"].as_u64();
    assert_eq!((value(&told, 0), value(&told, 4)), (Some(800 << 20), Some(90 << 30)));
    let silent = json(&[]);
    assert_eq!((value(&silent, 0), value(&silent, 2), value(&silent, 4)), (None, None, None));
    assert_eq!(site.run(&["capacity", "site.toml", "--copy", "x"]).code, 64);
}
