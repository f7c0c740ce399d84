//! What an import leaves on disk.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use shifter_site::import::{self, Destination, InputFile, WriteError};

use crate::support::{file, import};

const TWO_PLATFORMS: &str = r#"{
    "MongoDBURI": "mongodb://shifter:s3cr3t-and-long-enough@db/Shifter", "MongoDB": "Shifter",
    "DefaultImageLocation": "registry-1.docker.io", "DefaultImageFormat": "squashfs",
    "ImageExpirationTimeout": "90:00:00:00", "CacheDirectory": "/var/cache/shifter", "ExpandDirectory": "/var/tmp/x",
    "Locations": { "registry-1.docker.io": { "remotetype": "dockerv2" } }, "Ours": [1, 2],
    "Platforms": {
        "cori": { "mungeSocketPath": "/run/munge/cori", "accesstype": "local", "local": { "imageDir": "/c/images" } },
        "edison": { "mungeSocketPath": "/run/munge/edison", "accesstype": "remote", "host": ["edison01"],
                    "ssh": { "username": "shifter", "imageDir": "/e/images", "key": "/etc/shifter/edison" },
                    "mountCommand": "true" }
    }
}"#;

#[test]
fn a_gateway_of_two_systems_becomes_a_profile_of_its_own_beside_theirs() {
    let imported = import(&[InputFile::new("imagemanager.json", TWO_PLATFORMS)], None);
    assert!(imported.accepted && imported.holds(), "{}", imported.text());
    let names: Vec<&str> = imported.profiles.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["", "cori.toml", "edison.toml"]);
    let gateway = &imported.profiles[0].1;
    assert!(
        gateway.contains("kind   = \"gateway\"") && gateway.contains("serves = [\"cori.toml\", \"edison.toml\"]"),
        "{gateway}"
    );
    assert!(gateway.contains("[extra.imagemanager]\nOurs = [1, 2]"), "{gateway}");
    assert!(gateway.contains("[extra.imagemanager.Platforms.edison]\nmountCommand = \"true\""), "{gateway}");
}

#[test]
fn secrets_are_for_their_owner_alone_and_nothing_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let imported = import(&[InputFile::new("imagemanager.json", TWO_PLATFORMS)], None);
    let profile = Some(directory.path().join("gw.toml"));
    let to = |replace| Destination { profile: profile.clone(), secrets: "secrets".into(), fixed: None, replace };
    let written = import::write(&imported, &to(false)).unwrap();
    assert_eq!(written.len(), 4);
    let secret = directory.path().join("secrets/mongodb-shifter");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "s3cr3t-and-long-enough\n");
    assert_eq!(secret.metadata().unwrap().permissions().mode() & 0o7777, 0o600);

    fs::remove_file(&secret).unwrap();
    fs::write(directory.path().join("gw.toml"), "mine").unwrap();
    assert!(matches!(import::write(&imported, &to(false)), Err(WriteError::Exists { .. })));
    assert!(!secret.exists(), "nothing is written where one file is in the way");
    import::write(&imported, &to(true)).unwrap();
    assert!(secret.exists() && fs::read_to_string(directory.path().join("gw.toml")).unwrap().contains("kind"));
    let left =
        directory.path().read_dir().unwrap().filter(|entry| {
            entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with(".shifter"))
        });
    assert_eq!(left.count(), 0);
}

#[test]
fn a_comment_of_the_site_stays_above_its_key() {
    let text = "# two racks share this\nimagePath=/x/images\n\n# alone\n\nudiMount=/u\n";
    let imported = import(&[InputFile::new("udiRoot.conf", text)], None);
    let profile = &imported.profiles[0].1;
    assert!(profile.contains("# two racks share this\npath"), "{profile}");
}

#[test]
fn a_script_that_is_not_understood_is_carried_whole_and_comes_back_byte_for_byte() {
    let base = file("tests/data/udiroot/00base.conf");
    let mut conf = String::from_utf8(base.bytes).unwrap();
    conf.push_str("sitePreMountHook=/opt/site/hook.sh\nsiteFs=/global/u1:/global/u1\n");
    let script = "#!/bin/sh\nfor d in a b; do mkdir -p $d; done\n";
    let files = [InputFile::new("udiRoot.conf", conf), InputFile::new("hook.sh", script)];
    let imported = import(&files, None);
    assert!(imported.accepted && imported.holds(), "{}", imported.text());
    assert_eq!(imported.scripts, [("scripts/hook.sh".to_owned(), script.to_owned())]);
    assert!(imported.profiles[0].1.contains("[hooks.premount.script]"), "{}", imported.profiles[0].1);
    assert!(imported.lost.iter().any(|lost| lost.line == 2), "{:?}", imported.lost);
}
