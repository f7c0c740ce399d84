//! `imagemanager.json`: what is read, what is refused, and how it is printed.

use shifter_gateway_types::config::{ImportUsers, Listen, LogLevel, Options, Secret};
use shifter_gateway_types::{ConfigError, ImageManager};

const BLUE_WATERS: &str = include_str!("data/bluewaters.json");
const CENTRE: &str = include_str!("data/centre.json");

/// The remote-mode example of the manual of 18.03.01, section 4.6.2.
const REMOTE: &str = r#"{ "DefaultImageLocation": "registry-1.docker.io",
    "DefaultImageFormat": "squashfs", "PullUpdateTimeout": 300,
    "ImageExpirationTimeout": "90:00:00:00", "MongoDBURI": "mongodb://localhost/",
    "MongoDB": "Shifter", "CacheDirectory": "/images/cache/", "ExpandDirectory": "/images/expand/",
    "Locations": { "registry-1.docker.io": { "remotetype": "dockerv2", "authentication": "http" } },
    "Platforms": { "mycluster": { "mungeSocketPath": "/var/run/munge/munge.socket.2",
        "accesstype": "remote", "admins": ["root"], "host": ["mycluster01"],
        "ssh": { "username": "shifter", "key": "/home/shifter/.ssh/ssh.key", "imageDir": "/images" } } } }"#;

fn refused(text: &str) -> ConfigError {
    ImageManager::parse(text).expect_err("must be refused")
}

#[test]
fn blue_waters_prints_byte_for_byte() {
    let config = ImageManager::parse(BLUE_WATERS).unwrap();
    assert_eq!(config.print(), BLUE_WATERS);
}

#[test]
fn every_key_of_a_centre_prints_byte_for_byte() {
    let config = ImageManager::parse(CENTRE).unwrap();
    assert_eq!(config.print(), CENTRE);
}

#[test]
fn the_remote_example_of_the_manual_is_read() {
    let config = ImageManager::parse(REMOTE).unwrap();
    let platform = &config.platforms["mycluster"];
    assert_eq!(platform.image_dir().unwrap().to_str(), Some("/images"));
    assert!(platform.is_admin("root"));
    assert!(!platform.is_admin("ro"));
    assert_eq!(ImageManager::parse(&config.print()).unwrap(), config);
}

#[test]
fn an_unknown_key_is_refused_with_its_place_and_the_nearest_name() {
    let error = refused("{\n  \"WorkerThread\": 8\n}");
    assert_eq!((error.line, error.column), (2, 16));
    assert_eq!(error.message, "unknown key `WorkerThread`");
    assert_eq!(error.help.as_deref(), Some("did you mean `WorkerThreads`?"));
}

#[test]
fn an_unknown_key_of_a_platform_is_refused() {
    let text = r#"{"Platforms": {"a": {"accesstype": "local", "mungeSocket": "/x"}}}"#;
    let error = refused(text);
    assert_eq!(error.message, "unknown key `mungeSocket`");
    assert_eq!(error.help.as_deref(), Some("did you mean `mungeSocketPath`?"));
}

#[test]
fn a_registry_defined_twice_is_refused() {
    let text = r#"{"Locations": {"a": {"remotetype": "dockerv2"}, "a": {"remotetype": "dockerv2"}}}"#;
    assert_eq!(refused(text).message, "`a` is given twice");
}

#[test]
fn admins_that_are_one_string_are_refused() {
    let text = r#"{"Platforms": {"a": {"accesstype": "local", "admins": "root"}}}"#;
    assert!(refused(text).message.contains("expected a sequence"));
}

#[test]
fn import_users_are_a_list_or_one_of_two_words() {
    let read =
        |users: &str| ImageManager::parse(&format!("{{\"ImportUsers\": {users}}}")).map(|c| c.import_users.unwrap());
    assert_eq!(read("\"all\""), Ok(ImportUsers::Everybody));
    assert_eq!(read("\"None\""), Ok(ImportUsers::Nobody));
    let named = read(r#"["alice"]"#).unwrap();
    assert!(named.allows("alice") && !named.allows("ali"));
    assert!(!read("[]").unwrap().allows("alice"));
    assert!(read("\"alice\"").unwrap_err().message.contains("[\"alice\"]"));
    assert!(read("\"\"").is_err());
}

#[test]
fn a_lone_converter_option_is_one_argument() {
    let config = ImageManager::parse(r#"{"ConverterOptions": {"squashfs": "-comp zstd"}}"#).unwrap();
    let options = &config.converter_options.unwrap();
    let all: Vec<&Options> = options.values().collect();
    assert_eq!(all[0].args(), ["-comp zstd"]);
}

#[test]
fn a_log_level_is_read_in_any_case() {
    let config = ImageManager::parse(r#"{"LogLevel": "DEBUG"}"#).unwrap();
    assert_eq!(config.log_level, Some(LogLevel::Debug));
}

#[test]
fn dockerhub_is_refused_with_what_to_write() {
    let error = refused(r#"{"Locations": {"a": {"remotetype": "dockerhub"}}}"#);
    assert!(error.message.contains("write `dockerv2`"), "{}", error.message);
}

#[test]
fn sockets_are_named_as_unix_or_tcp() {
    assert_eq!("unix:/run/g.sock".parse(), Ok(Listen::Unix("/run/g.sock".into())));
    assert_eq!("tcp:[::1]:5000".parse(), Ok(Listen::Tcp("[::1]:5000".into())));
    for wrong in ["/run/g.sock", "unix:run/g", "tcp:5000", "tcp:::1:5000", "tcp:a:70000", "tcp:a:"] {
        assert!(wrong.parse::<Listen>().is_err(), "{wrong}");
    }
}

#[test]
fn a_secret_is_not_shown_by_debug() {
    let config = ImageManager::parse(BLUE_WATERS).unwrap();
    assert!(!format!("{config:?}").contains("P%4055w0rd"));
    let secret = Secret::text("hunter2");
    assert_eq!(format!("{secret:?}"), "Text(<redacted>)");
}

#[test]
fn an_error_does_not_show_a_secret() {
    let error = refused(r#"{"MongoDBURI": ["mongodb://u:hunter2@h/"]}"#);
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn the_schema_knows_every_key_of_a_centre() {
    let schema = serde_json::to_value(schemars::schema_for!(ImageManager)).unwrap();
    let known = schema["properties"].as_object().unwrap();
    let written: serde_json::Value = serde_json::from_str(CENTRE).unwrap();
    for key in written.as_object().unwrap().keys() {
        assert!(known.contains_key(key), "{key}");
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn what_only_older_gateways_go_by_is_accepted() {
    let text = r#"{ "DefaultLustreReplication": 1, "DefaultOstCount": 16, "PullUpdateTime": 300, "Broker": "redis://localhost/",
        "Locations": { "quay.io": { "remotetype": "dockerv2", "authentication": "http" } },
        "Platforms": { "cori": { "accesstype": "local", "usergroupService": "local", "mountCommand": "/bin/mount",
            "use_external": true, "policy_file": "/etc/containers/policy.json", "local": { "imageDir": "/images" } } } }"#;
    let config = ImageManager::parse(text).unwrap();
    assert_eq!(ImageManager::parse(&config.print()).unwrap(), config);
    let written: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&config.print()).unwrap(),
        written,
        "it is written again as it was"
    );
}
