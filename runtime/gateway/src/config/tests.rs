//! What is resolved and what is refused.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use shifter_gateway_types::ImageManager;

use super::*;
use crate::pull::Source;

fn resolve(change: impl FnOnce(&mut Value)) -> Result<Config, String> {
    let mut written = json!({
        "DefaultImageLocation": "docker.io",
        "Database": "sqlite:///var/lib/shifter/gateway.db",
        "CacheDirectory": "/var/cache/shifter",
        "Locations": { "docker.io": { "remotetype": "dockerv2" }, "quay.io": { "remotetype": "dockerv2" } },
        "Platforms": { "cori": { "accesstype": "local", "local": { "imageDir": "/images" } } }
    });
    change(&mut written);
    let written = ImageManager::parse(&written.to_string()).map_err(|error| error.to_string())?;
    Config::resolve(&written, Path::new("/etc/shifter"), Path::new("/var/lib/shifter"))
        .map_err(|error| error.to_string())
}

#[test]
fn mirrors_are_asked_before_the_registry_or_instead_of_it() {
    let config = resolve(|written| {
        let mirrors = json!(["https://harbor.site/hub"]);
        written["Locations"]["docker.io"]["mirrors"] = mirrors;
        written["Locations"]["docker.io"]["direct"] = json!(false);
    });
    let config = config.unwrap();
    let (registry, _) = config.registries.find("ubuntu:24.04").unwrap();
    let Source::Registry(source) = &registry.location.source else { panic!() };
    assert_eq!((source.mirrors.len(), source.direct), (1, false));
}

#[test]
fn a_file_without_a_database_has_it_in_the_state_directory() {
    let config = resolve(|written| drop(written.as_object_mut().unwrap().remove("Database"))).unwrap();
    assert_eq!(config.database.to_string(), "/var/lib/shifter/gateway.db");
    assert_eq!(config.notices, ["`Database` is not written: records lie in the default place, not in MongoDB"]);
    let state = |managed: &str| load::state_directory(Some(managed.as_ref()));
    assert_eq!(state("/run/state:/other"), Path::new("/run/state"));
    assert_eq!(state("relative"), Path::new("/var/lib/shifter"));
}

#[test]
fn a_location_with_nothing_to_ask_is_refused() {
    let refused = resolve(|written| written["Locations"]["docker.io"]["direct"] = json!(false)).unwrap_err();
    insta::assert_snapshot!(refused, @"`Locations.docker.io.direct` cannot be honoured: without `mirrors` nothing is left to ask");
}

#[test]
fn a_password_in_an_address_is_refused_and_not_shown() {
    let refused =
        resolve(|written| written["Locations"]["quay.io"]["url"] = json!("https://u:hunter2@quay.io")).unwrap_err();
    insta::assert_snapshot!(refused, @"`Locations.quay.io.url` cannot be honoured: a password belongs in `credential`");
}

#[test]
fn a_retention_that_keeps_nothing_and_a_share_of_no_total_are_refused() {
    let refused = |key: &str, value: Value| resolve(|written| written[key] = value).unwrap_err();
    let nothing = refused("Retention", json!({ "unused": "0:00:00:00" }));
    insta::assert_snapshot!(nothing, @"`Retention.unused` cannot be honoured: every tag would expire at once");
    let share = refused("Quota", json!({ "startExpiryAt": 85 }));
    insta::assert_snapshot!(share, @"`Quota.startExpiryAt` cannot be honoured: it is a share of `Quota.totalBytes`; write both");
    assert!(refused("Quota", json!({ "totalBytes": 1, "startExpiryAt": 101 })).contains("101 is no percentage"));
}

#[test]
fn images_are_not_sent_by_ssh() {
    let refused = resolve(|written| written["Platforms"]["cori"]["accesstype"] = json!("remote")).unwrap_err();
    insta::assert_snapshot!(refused, @"`Platforms.cori.accesstype` cannot be honoured: images are not sent by ssh yet; write `local` and mount the image directory");
}

#[test]
fn a_caller_without_a_password_gets_the_sites() {
    let config = resolve(|written| written["Locations"]["quay.io"]["credential"] = json!("site:pw")).unwrap();
    let find = |image: &str| config.registries.find(image).unwrap().0;
    let callers: BTreeMap<String, String> = [("default".to_owned(), "me:mine".to_owned())].into();
    let password = |image: &str, callers| config.registries.password(find(image), callers);
    assert!(matches!(password("quay.io/a:1", &callers), Password::Sites(_)));
    assert!(matches!(password("a:1", &callers), Password::Callers(_)));
    assert!(matches!(password("a:1", &BTreeMap::new()), Password::None));
}

#[test]
fn a_callers_password_is_for_no_mirror() {
    let config = resolve(|written| {
        let location = &mut written["Locations"]["docker.io"];
        location["mirrors"] = json!(["https://harbor.site/hub"]);
        location["direct"] = json!(false);
        location["credential"] = json!("robot:pw");
    });
    let config = config.unwrap();
    let (registry, _) = config.registries.find("a:1").unwrap();
    let callers: BTreeMap<String, String> = [("docker.io".to_owned(), "me:mine".to_owned())].into();
    assert!(matches!(config.registries.password(registry, &callers), Password::Sites(_)));
    assert_eq!(config.notices, [""; 0]);
}

#[test]
fn secrets_come_from_files_that_others_cannot_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("harbor");
    std::fs::write(&file, "robot:p:w\n").unwrap();
    let with_mode = |mode| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        resolve(|written| written["Locations"]["quay.io"]["credential"] = json!({ "file": file }))
    };
    assert!(with_mode(0o640).is_ok());
    let refused = with_mode(0o644).unwrap_err();
    assert!(refused.contains("its mode is 0644") && !refused.contains("robot"), "{refused}");
    std::fs::write(&file, "@SECRET:harbor@").unwrap();
    assert!(with_mode(0o600).unwrap_err().contains("the placeholder of the secret `harbor`"));
}

#[test]
fn nothing_of_a_password_is_shown_by_debug() {
    let config = resolve(|written| written["Locations"]["quay.io"]["credential"] = json!("site:hunter2")).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}
