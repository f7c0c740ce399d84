//! `init`: a profile that is right from its first day, or no profile.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::Site;

const ANSWERS: &str = r#"
name = "heron"
nodes = 512
file_systems = ["/home:nfs4", "/scratch:lustre", "/apps:nfs4:ro"]
gateways = ["head1", "head2"]
"#;

#[test]
fn every_preset_is_clean_for_every_release_and_can_be_rendered() {
    for preset in ["cray-xc", "cray-xe", "gpu", "laptop", "slurm-el"] {
        for shifter in ["16.08", "16.08-gpu", "17.04", "18.03", "master", "native"] {
            let what = format!("{preset} with {shifter}");
            let for_what = matches!((preset, shifter), ("gpu" | "laptop", "native") | ("cray-xc" | "slurm-el", _));
            let is_old_cray = preset == "cray-xe" && shifter != "native";
            if !for_what && !is_old_cray {
                continue;
            }
            let site = Site::new().with("answers.toml", &format!("{ANSWERS}shifter = \"{shifter}\"\n"));
            let ran = site.run(&["init", "--preset", preset, "--answers", "answers.toml", "--out", "new.toml"]);
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{what}:\n{}", ran.out);
            assert_eq!(site.run(&["fmt", "--check", "new.toml"]).code, 0, "{what} is not in the usual form");
            let checked = site.run(&["check", "--fail-on", "warn", "new.toml"]);
            assert_eq!(checked.code, 0, "{what}:\n{}", checked.out);
            let formed = site.run(&["fmt", "--check", "new.toml"]);
            assert_eq!((formed.code, formed.out.as_str()), (0, ""), "{what}");
            let rendered = site.run(&["render", "new.toml", "--out", "etc", "--secrets", "placeholder"]);
            assert_eq!(rendered.code, 0, "{what}:\n{}{}", rendered.out, rendered.err);
            assert!(site.path().join("etc/udiRoot.conf").is_file(), "{what}");
        }
    }
}

#[test]
fn a_preset_that_needs_no_answer_asks_for_none() {
    let ran = Site::new().run(&["init", "--preset", "laptop", "--out", "-"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("name = \"laptop\"") && ran.out.ends_with("kind = \"none\"\n"), "{}", ran.out);
}

#[test]
fn a_preset_alone_makes_a_clean_profile_that_marks_what_nobody_answered() {
    for preset in ["cray-xc", "cray-xe", "gpu", "laptop", "slurm-el"] {
        let site = Site::new();
        let ran = site.run(&["init", "--preset", preset, "--out", "new.toml"]);
        let checked = site.run(&["check", "--fail-on", "warn", "new.toml"]);
        assert_eq!((ran.code, checked.code), (0, 0), "{preset}:\n{}{}", ran.err, checked.out);
        assert_eq!(site.run(&["fmt", "--check", "new.toml"]).code, 0, "{preset} is not in the usual form");
        let text = fs::read_to_string(site.path().join("new.toml")).expect("written");
        let marked: Vec<&str> = text
            .lines()
            .zip(text.lines().skip(1))
            .filter(|(mark, _)| mark.starts_with("# ASSUMED:"))
            .map(|(_, line)| line.split([' ', '=']).next().unwrap_or_default())
            .collect();
        if preset == "laptop" {
            assert_eq!((marked.as_slice(), ran.err.as_str()), (&[][..], ""));
            continue;
        }
        let filesystem = "[[filesystem]]";
        assert_eq!(
            marked,
            ["name", "nodes_per_job", "path", filesystem, filesystem, "endpoints", "\"/home\""],
            "{preset}:\n{text}"
        );
        assert!(ran.err.contains("nobody was asked: name, nodes, file_systems, gateways are marked"), "{}", ran.err);
    }
    let site = Site::new().with("answers.toml", "name = \"heron\"\n");
    let ran = site.run(&["init", "--preset", "slurm-el", "--answers", "answers.toml"]);
    assert_eq!(ran.code, 64, "a file of answers is whole: {}", ran.err);
}

#[test]
fn what_nobody_answered_is_named_and_nothing_is_written() {
    let site = Site::new();
    let ran = site.run(&["init"]);
    assert_eq!((ran.code, ran.out.as_str()), (64, ""));
    insta::assert_snapshot!(ran.err, @r"
    shifter-site: nobody is here to ask, and there is no answer to: name, nodes, file_systems, images, gateways
    help: give them with --answers FILE, as `name = ...`
    ");
    assert_eq!(fs::read_dir(site.path()).expect("readable").count(), 0);
}

#[test]
fn an_answer_that_is_none_says_what_would_be() {
    let wrong = [
        ("name = \"Blue Waters\"", "`name`: `Blue Waters` goes into addresses"),
        ("nodes = 0", "`nodes`: `0` is not a number of one or more"),
        ("file_systems = [\"/home\"]", "`/home` has no type: write `/home:nfs4`"),
        ("file_systems = [\"home:nfs4\"]", "`file_systems`: `home` is no path from the root"),
        ("images = \"images\"", "`images`: `images` is no path from the root"),
        ("gateways = [\"http://head1:5000\"]", "is not the name of a host"),
        ("preset = \"vax\"", "`vax` is none of cray-xc, cray-xe"),
        ("shifter = \"19.09\"", "`shifter`"),
        ("gpus = [\"voodoo\"]", "`voodoo` is none of nvidia, amd, intel"),
        ("colour = \"red\"", "`colour` is no question: there are preset, name"),
        ("name = true", "`name` is a boolean, expected text"),
        ("name = ", "line 6: "),
    ];
    for (line, expected) in wrong {
        let key = line.split(' ').next().expect("a key");
        let rest: String =
            ANSWERS.lines().filter(|other| !other.starts_with(key)).map(|line| format!("{line}\n")).collect();
        let padding = "\n".repeat(5 - rest.lines().count().min(5));
        let site = Site::new().with("answers.toml", &format!("{padding}{rest}{line}\n"));
        let ran = site.run(&["init", "--answers", "answers.toml"]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{line}");
        assert!(ran.err.contains(expected), "{line}: {}", ran.err);
        assert!(!site.path().join("shifter-site.toml").exists(), "{line}");
    }
}

#[test]
fn a_profile_that_is_there_is_kept() {
    let site = Site::new().with("shifter-site.toml", "precious");
    let ran = site.run(&["init", "--preset", "laptop"]);
    assert_eq!(ran.code, 64);
    assert!(ran.err.contains("`shifter-site.toml` is there"), "{}", ran.err);
    assert_eq!(fs::read_to_string(site.path().join("shifter-site.toml")).expect("read"), "precious");
    assert_eq!(site.run(&["init", "--preset", "laptop", "--force"]).code, 0);
    assert_eq!(site.run(&["check"]).code, 0);
    let mode = fs::metadata(site.path().join("shifter-site.toml")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn a_directory_that_is_not_there_gets_no_profile() {
    let site = Site::new();
    let ran = site.run(&["init", "--preset", "laptop", "--out", "gone/new.toml"]);
    assert_eq!(ran.code, 74);
    assert!(ran.err.contains("cannot write `gone/new.toml`"), "{}", ran.err);
}

#[test]
fn the_facts_of_a_node_answer_what_they_can() {
    let facts = r#"{ "schema": 1, "host": "nid00001", "root": "/", "kernel": { "release": "5.14.0-427.el9.x86_64" },
        "mounts": { "/home": { "type": "nfs4" }, "/apps": { "type": "nfs4", "options": ["ro"] }, "/": { "type": "xfs" } } }"#;
    let answers = "name = \"heron\"\nnodes = 8\ngateways = [\"head1\"]\n";
    let site = Site::new().with("facts.json", facts).with("answers.toml", answers);
    let ran = site.run(&["init", "--facts", "facts.json", "--answers", "answers.toml", "--out", "-"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    for line in [
        "\"/apps\" = { type = \"nfs4\", users_write = false }",
        "path         = \"/apps/shifter/images\" # on",
        "source = \"/home\"",
    ] {
        assert!(ran.out.contains(line), "{line} is not in\n{}", ran.out);
    }
    let site = site.with("facts.json", "{}");
    let ran = site.run(&["init", "--facts", "facts.json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("`facts.json`: `schema` is 0, and this program reads 1"), "{}", ran.err);
}
