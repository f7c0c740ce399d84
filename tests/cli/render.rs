//! `render` as its users type it.

use std::path::Path;

use super::support::{GOOD, Site, good_but, repository};

const PASSWORD: &str = "kept: out/of@all 100%OK!";

/// Blue Waters in a directory of its own, with its secrets.
fn bluewaters() -> Site {
    let profile = std::fs::read_to_string(repository().join("site-profiles/bluewaters.toml")).expect("the profile");
    let mut site = Site::new().with("bluewaters.toml", &profile);
    for secret in ["mongodb-shifteradmin", "mongodb-admin", "redis"] {
        site = site.with(&format!("secrets/{secret}"), &format!("{PASSWORD}\n"));
    }
    site
}

fn files_below(directory: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in next.read_dir().expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push(path.strip_prefix(directory).expect("below").display().to_string());
            }
        }
    }
    files.sort();
    files
}

#[test]
fn the_two_commands_of_the_readme_check_and_render_blue_waters() {
    let site = bluewaters();
    let ran = site.run(&["check", "bluewaters.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let out = site.path().join("dsl/etc/shifter");
    let ran = site.run(&["render", "--out", out.to_str().expect("UTF-8")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let files = files_below(&out);
    for file in ["udiRoot.conf", "imagemanager.json", "premount.sh", "manifest.json", "mom/udiRoot.conf"] {
        assert!(files.iter().any(|known| known == file), "{file} is not in {files:?}");
    }
    assert!(!ran.out.contains("kept") && !ran.err.contains("kept"));
    let json = std::fs::read_to_string(out.join("imagemanager.json")).expect("written");
    assert!(json.contains("kept%3A%20out%2Fof%40all%20100%25OK%21"), "{json}");
}

#[test]
fn it_ends_with_where_each_file_is_read_from() {
    let ran = bluewaters().run(&["render", "--secrets", "placeholder", "--out", "out"]);
    insta::assert_snapshot!("table", ran.out);
}

#[test]
fn the_same_profile_gives_the_same_bytes() {
    let site = bluewaters();
    for out in ["one", "two", "two"] {
        assert_eq!(site.run(&["render", "--out", out]).code, 0);
    }
    let (one, two) = (site.path().join("one"), site.path().join("two"));
    assert_eq!(files_below(&one), files_below(&two));
    for file in files_below(&one) {
        assert_eq!(std::fs::read(one.join(&file)).ok(), std::fs::read(two.join(&file)).ok(), "{file}");
    }
}

#[test]
fn a_profile_with_errors_is_not_rendered() {
    let site = Site::new().with("site.toml", &good_but("\"20s\"", "20"));
    let ran = site.run(&["render", "--out", "out"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("SITE003") && ran.out.is_empty(), "{ran:?}");
    assert!(!site.path().join("out").exists());
}

#[test]
fn a_secret_that_is_not_there_is_named_and_nothing_is_written() {
    let text = good_but(
        "uri = \"mongodb://localhost/\"",
        "uri = \"mongodb://localhost/\"\nuser = \"shifter\"\npassword = { file = \"secrets/nosuch\" }",
    );
    let site = Site::new().with("site.toml", &text);
    let ran = site.run(&["render", "--out", "out"]);
    assert!(ran.code == 1 && ran.err.contains("secrets/nosuch"), "{ran:?}");
    assert!(ran.err.contains("help: `--secrets placeholder`"), "{ran:?}");
    assert!(!site.path().join("out").exists());
    let ran = site.run(&["render", "--out", "out", "--secrets", "placeholder"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let json = std::fs::read_to_string(site.path().join("out/imagemanager.json")).expect("written");
    assert!(json.contains("@SECRET:nosuch@"), "{json}");
}

#[test]
fn a_secret_of_a_base_layer_is_beside_the_base_layer() {
    let base = good_but(
        "uri = \"mongodb://localhost/\"",
        "uri = \"mongodb://localhost/\"\nuser = \"shifter\"\npassword = { file = \"secrets/db\" }",
    );
    let site = Site::new()
        .with("base/site.toml", &base)
        .with("base/secrets/db", "twenty-four characters!!\n")
        .with("top.toml", "schema = 1\nextends = \"base/site.toml\"\n[site]\nname = \"top\"\n");
    let ran = site.run(&["render", "top.toml", "--out", "out"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn one_file_goes_to_standard_output_and_one_class_is_rendered_alone() {
    let text = format!("{GOOD}\n[class.compute]\n[class.login]\nset.runtime.rootfs = \"ramfs\"\n");
    let site = Site::new().with("site.toml", &text);
    let ran = site.run(&["render", "--stdout", "udiRoot.conf"]);
    assert!(ran.code == 0 && ran.out.contains("system=tiny\n") && ran.out.contains("rootfsType=tmpfs"), "{ran:?}");
    let ran = site.run(&["render", "--class", "login", "--stdout", "udiRoot.conf"]);
    assert!(ran.code == 0 && ran.out.contains("rootfsType=ramfs"), "{ran:?}");
    let ran = site.run(&["render", "--stdout", "nosuch.conf"]);
    assert!(ran.code == 64 && ran.err.contains("udiRoot.conf"), "{ran:?}");
    let ran = site.run(&["render", "--class", "lgoin", "--out", "out"]);
    assert!(ran.code == 64 && ran.err.contains("did you mean `login`?"), "{ran:?}");
    assert_eq!(site.run(&["render"]).code, 64);
}

#[test]
fn an_output_directory_that_cannot_be_made_is_an_input_output_error() {
    let site = Site::new().with("site.toml", GOOD).with("file", "");
    let ran = site.run(&["render", "--out", "file/below"]);
    assert_eq!(ran.code, 74, "{ran:?}");
}

#[test]
fn the_manifest_fits_its_schema() {
    let site = bluewaters();
    let schema = site.run(&["schema", "--name", "manifest"]).out;
    let schema = serde_json::from_str(&schema).expect("JSON");
    let manifest = site.run(&["render", "--secrets", "placeholder", "--stdout", "manifest.json"]).out;
    let manifest = serde_json::from_str(&manifest).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&manifest).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn check_renders_too() {
    let text = format!("{GOOD}\n[hooks.premount]\nextra = \"nosuch.sh\"\n");
    let site = Site::new().with("site.toml", &text);
    let ran = site.run(&["check", "--format", "concise", "site.toml"]);
    assert!(ran.code == 1 && ran.out.contains("site.toml:39:9: error[HOOK010]"), "{ran:?}");
    assert!(ran.out.contains("`nosuch.sh`"), "{ran:?}");
}

#[test]
fn a_file_with_secrets_goes_to_standard_output_only_without_them() {
    let site = bluewaters();
    let ran = site.run(&["render", "--stdout", "imagemanager.json"]);
    assert!(ran.code == 64 && ran.out.is_empty() && ran.err.contains("--secrets placeholder"), "{ran:?}");
    let ran = site.run(&["render", "--secrets", "placeholder", "--stdout", "imagemanager.json"]);
    assert!(ran.code == 0 && ran.out.contains("@SECRET:mongodb-shifteradmin@"), "{ran:?}");
}
