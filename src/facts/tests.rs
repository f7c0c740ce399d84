use super::*;

fn facts(text: &str) -> Facts {
    Facts::parse(&format!("{{\"schema\": 1, \"host\": \"n1\", {text}}}")).unwrap()
}

#[test]
fn facts_are_read_back_as_they_were_written() {
    let facts = facts(
        r#""root": "/", "paths": {"/": {"kind": "directory", "mode": "0755", "uid": 0}}, "kernel": {"loop": {"driver": "built-in"}}"#,
    );
    assert_eq!(Facts::parse(&facts.text()).unwrap(), facts);
}

#[test]
fn what_is_no_facts_is_refused_with_the_reason() {
    let error = |text: &str| Facts::parse(text).unwrap_err().to_string();
    assert_eq!(error(r#"{"schema": 2, "host": "n1"}"#), "`schema` is 2, and this program reads 1");
    assert_eq!(error(r#"{"schema": 1}"#), "`host` is empty");
    assert!(error(r#"{"schema": 1, "host": "n1", "kernal": {}}"#).starts_with("unknown field `kernal`"));
}

#[test]
fn the_directories_above_a_path_come_from_the_root_down() {
    let facts =
        facts(r#""paths": {"/": {"kind": "directory"}, "/opt": {"kind": "directory"}, "/opt/x": {"kind": "absent"}}"#);
    let names: Vec<&str> = facts.above("/opt/x").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["/", "/opt"]);
    assert!(facts.lacks("/opt/x/") && !facts.lacks("/opt/y"));
}

#[test]
fn the_innermost_mount_holds_a_path() {
    let facts = facts(r#""mounts": {"/": {"type": "xfs"}, "/home": {"type": "nfs4"}}"#);
    let mounted = |path| facts.mount_of(path).map(|(place, _)| place);
    assert_eq!([mounted("/home/a"), mounted("/homes"), mounted("/home")], [Some("/home"), Some("/"), Some("/home")]);
}

#[test]
fn a_sticky_directory_lets_nobody_replace_what_is_anothers() {
    let path = |kind, mode: &str| Path { kind, mode: Some(mode.parse().unwrap()), ..Path::default() };
    assert!(!path(Kind::Directory, "1777").others_write());
    assert!(path(Kind::Directory, "0775").others_write());
    assert!(path(Kind::File, "1666").others_write());
    assert!(!path(Kind::File, "0755").others_write());
}
