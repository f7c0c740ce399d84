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

/// A site of the original whose jobs start containers themselves, and what `capacity` says of launches on it.
fn launches(more: &[&str]) -> Vec<serde_json::Value> {
    let site = Site::new().with("site.toml", &GOOD.replace("nodes_per_job = 64", "nodes_per_job = 4096"));
    let ran = site.run(&[&["capacity", "site.toml", "--format", "json"], more].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let all: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    all[0]["launches"].as_array().cloned().unwrap_or_default()
}

#[test]
fn launches_are_simulated_only_where_they_are_asked_for_with_both_softwares() {
    assert_eq!(launches(&[]).len(), 0);
    let all = launches(&["--nodes", "64,5000"]);
    let what: Vec<_> = all.iter().map(|one| (one["nodes"].as_u64(), one["software"].as_str())).collect();
    let each = |nodes| ["18.03", "native", "native, asking"].map(|name| (Some(nodes), Some(name)));
    assert_eq!(what, [each(64), each(5000)].concat());
    let failed = |n: usize| all[n]["without_image"].as_u64();
    assert_eq!((failed(0), failed(4), failed(5)), (Some(0), Some(0), Some(0)));
    assert!(failed(3) > Some(500), "{:?}", all[3]);
    // A native start asks nobody.
    assert_eq!((all[4]["lookups"].as_u64(), all[4]["directory_connections"].as_u64()), (Some(0), Some(0)));
}

#[test]
fn a_launch_is_the_same_for_the_same_seed_and_otherwise_for_another_number() {
    let of = |words: &[&str]| launches(&[&["--nodes", "3000"], words].concat());
    assert_eq!(of(&["--seed", "7"]), of(&["--seed", "7"]));
    assert_ne!(of(&["--seed", "7"]), of(&["--seed", "8"]));
    let slow = of(&["--constant", "store.per_second=100"]);
    assert!(slow[1]["ready"]["last"].as_u64() > Some(400_000), "{:?}", slow[1]);
}

#[test]
fn what_cannot_be_simulated_is_refused_with_what_would_be_right() {
    let site = Site::new().with("site.toml", GOOD);
    for (words, wanted) in [
        (["--constant", "store.read"], "write `--constant store.read=8`"),
        (["--constant", "store.bread=8"], "there is no constant `store.bread`"),
        (["--constant", "store.read=-1"], "is no number above 0"),
        (["--nodes", "0"], "0 is not in 1..=1000000"),
    ] {
        let ran = site.run(&[["capacity", "site.toml"], words].concat());
        assert_eq!(ran.code, 64, "{words:?}: {}", ran.err);
        assert!(ran.err.contains(wanted), "{words:?}: {}", ran.err);
    }
    let ran = site.run(&["capacity", "site.toml", "--nodes", "100000", "--containers", "64"]);
    assert!(ran.code == 64 && ran.err.contains("6400000 containers are too many"), "{}", ran.err);
}

#[test]
fn a_curve_is_drawn_and_what_fails_is_crossed_out() {
    let site = Site::new().with("site.toml", &GOOD.replace("nodes_per_job = 64", "nodes_per_job = 4096"));
    let words = ["capacity", "site.toml", "--nodes", "64,5000", "--svg", "start.svg"];
    let ran = site.run(&words);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let svg = std::fs::read_to_string(site.path().join("start.svg")).expect("drawn");
    assert!(svg.starts_with("<svg ") && svg.matches("<polyline").count() == 3, "{svg}");
    assert_eq!(svg.matches("stroke=\"#c00\"").count(), 1, "{svg}");
}
