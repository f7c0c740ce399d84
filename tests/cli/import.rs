//! `import` as its users type it: what it ends with, what it leaves, what it shows.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use super::support::{Ran, Site};

const PASSWORD: &str = "s3cr3t-and-long-enough";

/// What every release accepts.
const CONF: &str = "\
# two racks share this
system=tiny
imageGateway=http://head:5000
imagePath=/shared/images
udiRootPath=/usr
udiMount=/var/udiMount
loopMount=/var/udiLoopMount
etcPath=/etc/shifter/shifter_etc_files
rootfsType=tmpfs
maxGroupCount=31
modprobePath=/sbin/modprobe
insmodPath=/sbin/insmod
cpPath=/bin/cp
mvPath=/bin/mv
chmodPath=/bin/chmod
ddPath=/bin/dd
defaultImageType=docker
siteFs=/home:/home
";

fn manager() -> String {
    format!(
        r#"{{"MongoDBURI": "mongodb://shifter:{PASSWORD}@db/Shifter", "MongoDB": "Shifter",
    "DefaultImageLocation": "registry-1.docker.io", "DefaultImageFormat": "squashfs",
    "ImageExpirationTimeout": "90:00:00:00", "CacheDirectory": "/var/cache/shifter", "ExpandDirectory": "/var/tmp/x",
    "Locations": {{"registry-1.docker.io": {{"remotetype": "dockerv2"}}}},
    "Platforms": {{"tiny": {{"mungeSocketPath": "/run/munge/munge.socket.2", "accesstype": "local",
                             "local": {{"imageDir": "/shared/images"}}}}}}}}"#
    )
}

/// A site whose files all releases since 18.03 accept.
fn old() -> Site {
    Site::new().with("old/udiRoot.conf", CONF).with("old/imagemanager.json", &manager())
}

/// A site whose `udiRoot.conf` has these lines too.
fn old_with(lines: &str) -> Site {
    Site::new().with("old/udiRoot.conf", &format!("{CONF}{lines}"))
}

/// Every file below, but for those of the old site.
fn files(site: &Site) -> Vec<String> {
    fn walk(directory: &Path, root: &Path, files: &mut Vec<String>) {
        for entry in directory.read_dir().expect("a directory") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("below").display().to_string();
            if path.is_dir() && name != "old" {
                walk(&path, root, files);
                files.push(name + "/");
            } else if name != "old" {
                files.push(name);
            }
        }
    }
    let mut files = Vec::new();
    walk(site.path(), site.path(), &mut files);
    files.sort();
    files
}

fn text(site: &Site, name: &str) -> String {
    fs::read_to_string(site.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn what_is_accepted_and_comes_back_ends_with_0_and_renders_as_it_was() {
    let site = old();
    let ran = site.run(&["import", "old", "--target", "18.03", "--out", "new/tiny.toml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(files(&site), ["new/", "new/secrets/", "new/secrets/mongodb-shifter", "new/tiny.toml"]);
    let profile = text(&site, "new/tiny.toml");
    assert!(profile.contains("# two racks share this\nname"), "{profile}");
    assert!(!profile.contains(PASSWORD) && !ran.out.contains(PASSWORD) && !ran.err.contains(PASSWORD));
    let rendered = site.run(&["render", "new/tiny.toml", "--out", "out"]);
    assert_eq!(rendered.code, 0, "{rendered:?}");
    assert!(text(&site, "out/imagemanager.json").contains(PASSWORD));
    assert!(text(&site, "out/udiRoot.conf").contains("siteFs=/home:/home\n"));
}

#[test]
fn what_the_release_refuses_ends_with_1_and_is_written_all_the_same() {
    let site = old_with("allowLibcPwdsCalls=1\n");
    let ran = site.run(&["import", "old", "--target", "18.03", "--out", "tiny.toml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("udiRoot.conf:19"), "the place is said: {}", ran.out);
    assert!(text(&site, "tiny.toml").contains("[extra.udiroot]\nallowLibcPwdsCalls = "));
    let ran = site.run(&["import", "old", "--target", "18.03", "--no-verify"]);
    assert_eq!(ran.code, 1, "what is refused stays refused");
}

#[test]
fn a_finding_in_an_accepted_file_changes_no_exit_code() {
    let site = old_with("gatewayTimeout=20s\n");
    let ran = site.run(&["import", "old", "--target", "18.03", "--format", "concise"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("RAW"), "there is one: {}", ran.out);
}

#[test]
fn strict_fails_where_something_is_left_out_and_only_there() {
    assert_eq!(old().run(&["import", "old", "--strict"]).code, 0);
    let site = old().with("old/notes.txt", "call Anna first\n");
    let ran = site.run(&["import", "old"]);
    assert!(ran.code == 0 && ran.err.contains("notes.txt: the file is not imported"), "{ran:?}");
    let ran = site.run(&["import", "old", "--strict", "--out", "tiny.toml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(site.path().join("tiny.toml").is_file(), "it is written all the same");
}

#[test]
fn prefer_says_whose_word_counts() {
    let site = Site::new()
        .with("old/udiRoot.conf", &CONF.replace("system=tiny", "system=tinies"))
        .with("old/imagemanager.json", &manager());
    for (arguments, name) in [
        (&["import", "old"][..], "tinies"),
        (&["import", "old", "--prefer", "udiroot"], "tinies"),
        (&["import", "old", "--prefer", "imagemanager"], "tiny"),
    ] {
        let ran = site.run(arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.err.contains(&format!("decided: the system is called `{name}`")), "{}", ran.err);
        assert!(ran.out.lines().any(|line| line.starts_with("name") && line.contains(&format!("\"{name}\""))));
    }
}

#[test]
fn secrets_go_where_they_are_told_for_their_owner_alone() {
    let site = old();
    let ran = site.run(&["import", "old", "--out", "tiny.toml", "--secrets-dir", "vault/deep"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(text(&site, "tiny.toml").contains("\"vault/deep/mongodb-shifter\""));
    let mode = |path: &str| fs::metadata(site.path().join(path)).expect("there").permissions().mode() & 0o7777;
    assert_eq!(mode("vault/deep/mongodb-shifter"), 0o600);
    assert_eq!(mode("vault/deep"), 0o700);
    assert_eq!(text(&site, "vault/deep/mongodb-shifter"), format!("{PASSWORD}\n"));
}

#[test]
fn nothing_is_overwritten_without_force() {
    let site = old().with("tiny.toml", "mine\n");
    let ran = site.run(&["import", "old", "--out", "tiny.toml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("`tiny.toml` is there already") && ran.err.contains("--force"), "{}", ran.err);
    assert_eq!((files(&site), text(&site, "tiny.toml")), (vec!["tiny.toml".to_owned()], "mine\n".to_owned()));
    assert_eq!(site.run(&["import", "old", "--out", "tiny.toml", "--force"]).code, 0);
    assert_ne!(text(&site, "tiny.toml"), "mine\n");
    assert_eq!(files(&site), ["secrets/", "secrets/mongodb-shifter", "tiny.toml"]);
}

#[test]
fn repairs_are_shown_and_go_to_copies_that_need_none() {
    let site = old_with("gatewayTimeout=20s\n").with("old/imagemanager.json", &manager());
    let before = text(&site, "old/udiRoot.conf");
    let ran = site.run(&["import", "old", "--target", "18.03", "--fix", "--fixed-dir", "repaired"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("-gatewayTimeout=20s\n+gatewayTimeout=20\n"), "{}", ran.err);
    assert_eq!(text(&site, "old/udiRoot.conf"), before, "the imported file is as it was");
    let again = site.run(&["import", "repaired", "--target", "18.03", "--fix", "--fixed-dir", "again"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(!site.path().join("again").exists(), "nothing is left to repair");
    assert_eq!(site.run(&["import", "old", "--fix"]).code, 64, "a place for the copies is needed");
    assert_eq!(site.run(&["import", "old", "--fixed-dir", "x"]).code, 64);
}

#[test]
fn a_wrong_command_line_ends_with_64() {
    let site = old().with("other/udiRoot.conf", CONF).with("empty/notes.txt", "nothing\n");
    for (arguments, what) in [
        (&["import"][..], "required"),
        (&["import", "empty"], "there is nothing to import"),
        (&["import", "old", "other"], "both a udiRoot.conf"),
        (&["import", "old", "--target", "19.05"], "19.05"),
        (&["import", "old", "--prefer", "me"], "me"),
        (&["import", "old", "--format", "xml"], "xml"),
    ] {
        let ran = site.run(arguments);
        assert_eq!(ran.code, 64, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(what), "{arguments:?}: {}", ran.err);
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
    }
}

#[test]
fn a_file_that_cannot_be_read_ends_with_74() {
    let ran = old().run(&["import", "absent.conf", "--out", "tiny.toml"]);
    assert!(ran.code == 74 && ran.err.contains("cannot read `absent.conf`"), "{ran:?}");
}

#[test]
fn every_form_ends_with_the_same_code_and_shows_no_password() {
    for (lines, code) in [("gatewayTimeout=20s\n", 0), ("nonsense=1\n", 1)] {
        let site = old_with(lines).with("old/imagemanager.json", &manager());
        for form in ["human", "concise", "json", "sarif", "github", "gitlab", "junit"] {
            let ran = site.run(&["import", "old", "--target", "18.03", "--format", form]);
            assert_eq!(ran.code, code, "{form}: {ran:?}");
            assert!(
                !ran.out.is_empty() && !ran.out.contains(PASSWORD) && !ran.err.contains(PASSWORD),
                "{form}: {ran:?}"
            );
            if matches!(form, "json" | "sarif" | "gitlab") {
                let read = serde_json::from_str::<serde_json::Value>(&ran.out);
                assert!(read.is_ok(), "{form} is one document: {}", ran.out);
            }
        }
        let ran = site.run(&["import", "old", "--target", "18.03", "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(json["accepted"], code == 0);
        assert_eq!(json["target"], "18.03");
    }
}

#[test]
fn without_out_the_profile_is_shown_and_nothing_is_written() {
    let site = old();
    let ran = site.run(&["import", "old"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let profile = &ran.out;
    assert!(ran.err.contains("old/udiRoot.conf: what the profile renders reads back the same"), "{}", ran.err);
    assert_eq!(profile.parse::<toml::Table>().expect("TOML")["site"]["name"].as_str(), Some("tiny"), "{profile}");
    assert_eq!(files(&site), Vec::<String>::new());
}

/// Imports into `NEW`, a file system with `options`, and says what is left there.
fn on_a_file_system(site: &Site, options: &str, prepare: &str) -> Option<(Ran, String)> {
    if !Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|ran| ran.status.success()) {
        println!("skipped: no mount namespace of one's own is allowed here");
        return None;
    }
    let script = format!(
        "mkdir NEW; mount -t tmpfs -o {options},mode=0755 none NEW; {prepare}
         \"$0\" import old --out NEW/deep/tiny.toml --fix --fixed-dir NEW/fixed; code=$?
         cd NEW; find . -mindepth 1 ! -name filler > ../left; exit $code"
    );
    let output = Command::new("unshare")
        .args(["-m", "--propagation", "private", "/bin/sh", "-c", &script, env!("CARGO_BIN_EXE_shifter-site")])
        .current_dir(site.path())
        .output()
        .expect("unshare(1) runs");
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let ran = Ran { code: output.status.code().unwrap_or(-1), out: said(output.stdout), err: said(output.stderr) };
    Some((ran, text(site, "left")))
}

#[test]
fn a_full_or_a_read_only_file_system_ends_with_74_and_stays_as_it_was() {
    let full = "head -c 1M /dev/zero > NEW/filler 2>/dev/null";
    // Room for the directories and the secret, but not for what comes after.
    let nearly_full = "head -c 60k /dev/zero > NEW/filler";
    for (options, prepare, why) in [
        ("size=64k", full, "No space left"),
        ("size=64k", nearly_full, "No space left"),
        ("size=64k", "mount -o remount,ro none NEW", "Read-only file system"),
    ] {
        let site = old_with("gatewayTimeout=20s\n").with("old/imagemanager.json", &manager());
        let Some((ran, left)) = on_a_file_system(&site, options, prepare) else { return };
        assert_eq!(ran.code, 74, "{prepare}: {ran:?}");
        assert!(ran.err.contains("cannot write `NEW/") && ran.err.contains(why), "{prepare}: {}", ran.err);
        assert_eq!((left.as_str(), ran.out.as_str()), ("", ""), "{prepare}");
    }
}

#[test]
fn a_copy_that_is_in_the_way_stops_the_profile_too() {
    let site = old_with("gatewayTimeout=20s\n").with("repaired/udiRoot.conf", "mine\n");
    let ran = site.run(&["import", "old", "--out", "tiny.toml", "--fix", "--fixed-dir", "repaired"]);
    assert!(ran.code == 1 && ran.err.contains("repaired/udiRoot.conf"), "{ran:?}");
    assert_eq!(files(&site), ["repaired/", "repaired/udiRoot.conf"]);
}
