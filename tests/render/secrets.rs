//! Where secrets go, and where they do not.

use crate::support::{MONGO, REDIS, inputs, plan, profiles, sites, text};
use shifter_gateway_types::ImageManager;
use shifter_gateway_types::config::Secret;
use shifter_site::render::vault::Vault;
use shifter_site::render::{self, Inputs};

/// A password as a URI spells it.
fn encoded(password: &str) -> String {
    password.replace('%', "%25").replace('@', "%40").replace(':', "%3A").replace('/', "%2F")
}

#[test]
fn only_files_marked_secret_hold_one_and_others_cannot_read_those() {
    for name in profiles() {
        let plan = plan(&name);
        for artifact in &plan.artifacts {
            let text = text(&plan, &artifact.path);
            let holds = [MONGO, REDIS].iter().any(|secret| text.contains(secret) || text.contains(&encoded(secret)));
            assert!(!holds || artifact.secret, "{name}/{}", artifact.path);
            if artifact.secret {
                assert_eq!(artifact.mode.bits() & 0o037, 0, "{name}/{}", artifact.path);
            }
        }
    }
}

#[test]
fn a_password_is_encoded_in_the_uri_and_plain_in_redis_conf() {
    let plan = plan("bluewaters");
    let config = ImageManager::parse(&text(&plan, "imagemanager.json")).unwrap();
    let uri = format!("mongodb://shifteradmin:{}@localhost/Shifter?authMechanism=SCRAM-SHA-1", encoded(MONGO));
    assert_eq!(config.mongodb_uri, Some(Secret::text(uri)));
    assert_eq!(config.broker, Some(Secret::text(format!("redis://:{}@localhost/", encoded(REDIS)))));
    assert!(text(&plan, "redis.conf").contains(&format!("\nrequirepass {REDIS}\n")));
}

#[test]
fn placeholders_are_the_fixed_token() {
    let inputs = Inputs { vault: Vault::Placeholders, ..inputs("bluewaters") };
    let plan = render::plan(&sites("bluewaters"), &inputs).unwrap();
    assert!(text(&plan, "imagemanager.json").contains("shifteradmin:@SECRET:mongodb-shifteradmin@@localhost"));
    assert!(text(&plan, "redis.conf").contains("requirepass @SECRET:redis@"));
}

#[test]
fn a_secret_nobody_revealed_is_an_error_that_names_it() {
    let inputs = Inputs { vault: Vault::Values(Vec::new()), ..inputs("bluewaters") };
    let errors = render::plan(&sites("bluewaters"), &inputs).unwrap_err();
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(shown.iter().any(|e| e == "the secret `mongodb-shifteradmin` was not revealed"), "{shown:?}");
}

#[test]
fn the_native_gateway_gets_references() {
    let plan = plan("el9-slingshot");
    let config = ImageManager::parse(&text(&plan, "imagemanager.json")).unwrap();
    assert_eq!(config.locations["docker.io"].credential, Some(Secret::file("/etc/shifter/secrets/harbor")));
    assert!(plan.artifacts.iter().all(|artifact| !artifact.secret));
    assert!(text(&plan, "manifest.json").contains("/etc/shifter/secrets/harbor"));
}

#[test]
fn the_manifest_has_no_hash_of_a_secret_file() {
    let manifest: serde_json::Value = serde_json::from_str(&text(&plan("bluewaters"), "manifest.json")).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert!(files.iter().any(|file| file["secret"] == true));
    for file in files {
        assert_eq!(file.get("sha256").is_none(), file["secret"] == true, "{file}");
    }
}

#[test]
fn no_debug_output_shows_a_secret() {
    let plan = plan("bluewaters");
    let shown = format!("{plan:?} {:?}", inputs("bluewaters"));
    assert!(!shown.contains(MONGO) && !shown.contains(&encoded(MONGO)) && !shown.contains(REDIS));
}

#[test]
fn a_panic_over_everything_that_holds_secrets_shows_none() {
    use shifter_site::secret::{Forms, SecretValue};
    let (said, heard) = std::sync::mpsc::channel();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| said.send(panic.to_string()).unwrap()));
    let everything =
        (plan("bluewaters"), inputs("bluewaters"), SecretValue::new(MONGO), Forms::of(&SecretValue::new(REDIS)));
    let caught = std::panic::catch_unwind(move || panic!("a broken invariant: {everything:?}"));
    std::panic::set_hook(before);
    assert!(caught.is_err());
    let text: Vec<String> = heard.try_iter().filter(|text| text.contains("a broken invariant")).collect();
    assert_eq!(text.len(), 1);
    for secret in [MONGO, REDIS] {
        assert_eq!(Forms::of(&SecretValue::new(secret)).unwrap().found_in(text[0].as_bytes()), None);
    }
}
