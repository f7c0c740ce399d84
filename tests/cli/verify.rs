//! `verify` as nodes and image builds run it, on what `render --tree` wrote.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use nix::unistd::{getegid, geteuid};
use shifter_site::render::Manifest;

use super::support::{GOOD, Ran, Site};

const CLASSES: &str = "[class.compute]\nhosts = \"nid[001-100]\"\n[class.login]\nset.runtime.rootfs = \"ramfs\"\n";

/// Two classes as install roots, the files owned by whoever runs the tests.
fn trees() -> Site {
    let site = Site::new().with("site.toml", &format!("{GOOD}{CLASSES}"));
    let ran = site.run(&["render", "site.toml", "--tree", "--out", "trees"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for class in ["compute", "login"] {
        edit(&site, class, |manifest| {
            for file in &mut manifest.files {
                (file.owner, file.group) = (geteuid().to_string(), getegid().to_string());
            }
        });
    }
    site
}

fn installed(site: &Site, class: &str, name: &str) -> PathBuf {
    site.path().join("trees").join(class).join("etc/shifter").join(name)
}

fn edit(site: &Site, class: &str, change: impl FnOnce(&mut Manifest)) {
    let path = installed(site, class, "manifest.json");
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&path).expect("a manifest")).expect("its form");
    change(&mut manifest);
    fs::write(path, serde_json::to_string(&manifest).expect("JSON")).expect("written");
}

fn verify(site: &Site, class: &str, more: &[&str]) -> Ran {
    let root = format!("trees/{class}");
    site.run(&[["verify", "--node", "nid007", "--root", root.as_str()].as_slice(), more].concat())
}

#[test]
fn a_tree_is_what_its_manifest_says() {
    let site = trees();
    let ran = verify(&site, "compute", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = verify(&site, "login", &["--format", "nhc"]);
    assert!(ran.code == 0 && ran.out.starts_with("OK: shifter: ") && ran.out.contains("login"), "{ran:?}");
    assert_eq!(fs::read_to_string(installed(&site, "login", "class")).expect("rendered"), "login\n");
    let conf = |class: &str| fs::read_to_string(installed(&site, class, "udiRoot.conf")).expect("rendered");
    assert!(conf("compute").contains("rootfsType=tmpfs") && conf("login").contains("rootfsType=ramfs"));
}

#[test]
fn a_tree_begins_with_the_directory_that_is_the_nodes_root() {
    let text = GOOD.replace("os      = \"el7\"", "os      = \"el7\"\nroot = \"/dsl\"");
    let site = Site::new().with("site.toml", &text);
    assert_eq!(site.run(&["render", "site.toml", "--tree", "--out", "trees"]).code, 0);
    assert!(site.path().join("trees/all/dsl/etc/shifter/udiRoot.conf").is_file());
    assert!(site.path().join("trees/all/dsl/etc/shifter/manifest.json").is_file());
}

#[test]
fn every_kind_of_difference_is_told_and_exits_2() {
    let site = trees();
    let conf = installed(&site, "compute", "udiRoot.conf");
    let text = fs::read_to_string(&conf).expect("rendered");
    fs::write(&conf, text.replace("tmpfs", "ramfs")).expect("written");
    let ran = verify(&site, "compute", &[]);
    assert!(ran.code == 2 && ran.out.contains("/etc/shifter/udiRoot.conf: content "), "{ran:?}");
    fs::write(&conf, &text).expect("written");
    fs::set_permissions(&conf, Permissions::from_mode(0o666)).expect("our own file");
    let ran = verify(&site, "compute", &["--format", "nhc"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, "ERROR: shifter: /etc/shifter/udiRoot.conf: mode 0666, not 0644\n"));
    fs::remove_file(&conf).expect("removed");
    let ran = verify(&site, "compute", &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((ran.code, &json["state"], &json["differences"][0]["what"]), (2, &"differs".into(), &"missing".into()));
    fs::create_dir(&conf).expect("made");
    let ran = verify(&site, "compute", &[]);
    assert!(ran.code == 2 && ran.out.contains("type directory, not regular file"), "{ran:?}");
    edit(&site, "login", |manifest| "4242".clone_into(&mut manifest.files[0].owner));
    let ran = verify(&site, "login", &[]);
    assert!(ran.code == 2 && ran.out.contains(", not 4242"), "{ran:?}");
}

#[test]
fn a_link_in_the_place_of_a_file_counts_by_what_it_leads_to() {
    let site = trees();
    let conf = installed(&site, "compute", "udiRoot.conf");
    fs::rename(&conf, installed(&site, "compute", "udiRoot.conf.real")).expect("renamed");
    symlink("/etc/shifter/udiRoot.conf.real", &conf).expect("a link");
    assert_eq!(verify(&site, "compute", &[]).code, 0);
}

#[test]
fn a_token_in_the_place_of_a_secret_is_a_difference() {
    let uri = "uri = \"mongodb://localhost/\"";
    let text = GOOD.replace(uri, &format!("{uri}\nuser = \"u\"\npassword = {{ file = \"secrets/db\" }}"));
    let site = Site::new().with("site.toml", &text);
    assert_eq!(site.run(&["render", "site.toml", "--secrets", "placeholder", "--tree", "--out", "trees"]).code, 0);
    let ran = verify(&site, "all", &["--format", "json"]);
    assert!(ran.code == 2 && ran.out.contains("\"placeholder\"") && ran.out.contains("@SECRET:db@"), "{ran:?}");
}

#[test]
fn a_node_knows_its_class_from_its_file_or_the_host_list() {
    let site = Site::new().with("site.toml", &format!("{GOOD}{CLASSES}"));
    assert_eq!(site.run(&["render", "site.toml", "--out", "root/etc/shifter"]).code, 0);
    let class = |node: &str, more: &[&str]| {
        let arguments = ["verify", "--root", "root", "--format", "json", "--node", node];
        let ran = site.run(&[arguments.as_slice(), more].concat());
        let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        (json["class"].as_str().unwrap_or_default().to_owned(), json["error"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(class("nid042.site", &[]).0, "compute");
    assert_eq!(class("login1", &["--class", "login"]).0, "login");
    let (_, error) = class("login1", &[]);
    assert!(error.contains("nobody says of which class `login1` is: name one of compute, login"), "{error}");
    fs::write(site.path().join("root/etc/shifter/class"), "login\n").expect("written");
    assert_eq!(class("login1", &[]).0, "login");
    fs::write(site.path().join("root/etc/shifter/class"), "lgoin\n").expect("written");
    let (_, error) = class("login1", &[]);
    assert!(error.contains("no class `lgoin` (in `/etc/shifter/class`), but compute, login"), "{error}");
}

#[test]
fn without_a_manifest_nobody_knows_in_every_form() {
    let site = Site::new().with("root/x", "");
    for form in ["human", "json", "prometheus", "nhc"] {
        let ran = site.run(&["verify", "--root", "root", "--format", form]);
        assert_eq!(ran.code, 1, "{form}: {ran:?}");
        assert!(!ran.out.is_empty(), "{form}");
    }
    let site = Site::new().with("root/etc/shifter/manifest.json", "{\"schema\": 7}");
    let ran = site.run(&["verify", "--root", "root"]);
    assert!(ran.code == 1 && ran.out.contains("is no manifest of this version"), "{ran:?}");
}

#[test]
fn the_metrics_are_the_exposition_format_and_replaced_at_once() {
    let site = trees();
    let ran = verify(&site, "compute", &["--format", "prometheus", "--output", "shifter.prom"]);
    assert!(ran.code == 0 && ran.out.is_empty(), "{ran:?}");
    let text = fs::read_to_string(site.path().join("shifter.prom")).expect("written");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').expect("a sample");
        assert!(name.starts_with("shifter_site_verify_") && value.parse::<f64>().is_ok(), "{line}");
    }
    assert!(text.contains("shifter_site_verify_state{state=\"same\"} 1\n"), "{text}");
    assert!(text.contains("class=\"compute\",config_id=\""), "{text}");
}

#[test]
fn the_configuration_id_follows_the_files_of_its_class_alone() {
    let ids = |more: &str| -> Vec<String> {
        let site = Site::new().with("site.toml", &format!("{GOOD}{CLASSES}{more}"));
        let text = site.run(&["render", "site.toml", "--stdout", "manifest.json"]).out;
        let manifest: Manifest = serde_json::from_str(&text).expect("a manifest");
        manifest.classes.into_iter().map(|class| class.config_id).collect()
    };
    let (before, after) = (ids(""), ids("set.runtime.max_groups = 16\n"));
    assert_eq!(before.len(), 2);
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
}

#[test]
fn the_result_fits_its_schema() {
    let site = trees();
    fs::remove_file(installed(&site, "compute", "udiRoot.conf")).expect("removed");
    let schema = serde_json::from_str(&site.run(&["schema", "--name", "verify"]).out).expect("JSON");
    let result = serde_json::from_str(&verify(&site, "compute", &["--format", "json"]).out).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&result).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// A profile with a module whose directory is installed by version.
fn with_a_tree() -> Site {
    let module = "[target]\nshifter = \"18.03\"\n";
    assert!(GOOD.contains(module));
    let more =
        "[module.mpich]\ncopy_from = \"/opt/shifter/mpich\"\n[install.tree.\"/opt/shifter/mpich\"]\nfrom = \"mpich\"\n";
    Site::new().with("site.toml", &format!("{GOOD}{more}")).with("mpich/lib/libmpi.so", "one")
}

#[test]
fn a_tree_brings_the_versions_that_its_files_name() {
    let site = with_a_tree();
    let placed = || -> String {
        let conf = site.run(&["render", "site.toml", "--stdout", "udiRoot.conf"]).out;
        let line = conf.lines().find_map(|line| line.strip_prefix("module_mpich_copyPath=")).expect("a line");
        line.to_owned()
    };
    assert_eq!(site.run(&["render", "site.toml", "--tree", "--out", "trees"]).code, 0);
    let first = placed();
    assert!(first.starts_with("/opt/shifter/mpich.") && first.len() == "/opt/shifter/mpich.".len() + 16, "{first}");
    let library = site.path().join(format!("trees/all{first}/lib/libmpi.so"));
    assert_eq!(fs::read_to_string(&library).expect("installed"), "one");
    let manifest = site.path().join("trees/all/etc/shifter/manifest.json");
    let look = |more: &[&str]| {
        let text = fs::read_to_string(&manifest).expect("rendered");
        let mut manifest: Manifest = serde_json::from_str(&text).expect("its form");
        manifest.files.clear();
        fs::write(site.path().join("trees-only.json"), serde_json::to_string(&manifest).expect("JSON"))
            .expect("written");
        site.run(&[["verify", "--root", "trees/all", "--manifest", "trees-only.json"].as_slice(), more].concat())
    };
    assert_eq!(look(&["--trees"]).code, 0);
    fs::write(&library, "changed in place").expect("written");
    assert_eq!(look(&[]).code, 0);
    let ran = look(&["--trees"]);
    assert!(ran.code == 2 && ran.out.contains(": content "), "{ran:?}");
    // What was changed in place is never taken for what its name says, nor mended below somebody's feet.
    let ran = site.run(&["render", "site.toml", "--tree", "--out", "trees"]);
    assert!(ran.code == 1 && ran.err.contains("is not what its name says any more"), "{ran:?}");
    fs::write(site.path().join("mpich/lib/libmpi.so"), "two").expect("written");
    assert_ne!(placed(), first);
    fs::remove_dir_all(site.path().join(format!("trees/all{first}"))).expect("removed");
    let ran = look(&[]);
    assert!(ran.code == 2 && ran.out.contains("is not there"), "{ran:?}");
}

#[test]
fn apply_installs_a_version_before_the_file_that_names_it_and_gc_removes_it_with_its_generation() {
    let site = with_a_tree();
    for directory in ["root/etc", "root/opt"] {
        fs::create_dir_all(site.path().join(directory)).expect("made");
    }
    let apply = || {
        let arguments = ["apply", "site.toml", "--root", "root", "--no-owner", "--yes"];
        let ran = site.run(&arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        let conf = fs::read_to_string(site.path().join("root/etc/shifter/udiRoot.conf")).expect("applied");
        let line = conf.lines().find_map(|line| line.strip_prefix("module_mpich_copyPath=")).expect("a line");
        site.path().join(format!("root{line}"))
    };
    let first = apply();
    assert!(first.join("lib/libmpi.so").is_file());
    fs::write(site.path().join("mpich/lib/libmpi.so"), "two").expect("written");
    let second = apply();
    assert!(first.is_dir() && second.is_dir() && first != second);
    fs::write(site.path().join("mpich/lib/libmpi.so"), "three").expect("written");
    let third = apply();
    let gc = |more: &[&str]| site.run(&[["gc", "--root", "root"].as_slice(), more].concat());
    assert_eq!(gc(&["--keep", "10", "--older-than", "0s"]).code, 0);
    assert!(first.is_dir() && second.is_dir(), "a generation that is kept names it");
    // A generation of this very second is not older than none, and a version of this hour is young.
    assert_eq!(gc(&["--keep", "1"]).code, 0);
    assert!(first.is_dir());
    let ran = gc(&["--keep", "1", "--older-than", "0s"]);
    assert!(ran.code == 0 && !second.is_dir() && third.is_dir(), "{ran:?}");
    assert!(first.is_dir(), "the first generation stays, and what it names");
}
