//! What the client prints, and its exit status.

use serde_json::{Value, json};

use super::run::{Gateway, client, client_with_munge, conf};

#[test]
fn a_pull_is_waited_for_and_a_lookup_prints_the_id() {
    let gateway = Gateway::start();
    let pull = gateway.client(&["pull", "hello:1"]);
    assert_eq!((pull.code, pull.err.as_str()), (0, ""), "{pull:?}");
    let last = pull.out.lines().last().unwrap();
    assert!(last.ends_with(" Pulling Image: docker:hello:1, status: READY"), "{last}");
    let lookup = gateway.client(&["lookup", "docker:hello:1"]);
    assert_eq!((lookup.code, lookup.out), (0, format!("{}\n", gateway.id)));
}

#[test]
fn images_are_a_table_with_the_columns_of_the_original() {
    let gateway = Gateway::start();
    let empty = gateway.client(&["images"]);
    assert_eq!((empty.code, empty.out.as_str()), (0, ""));
    gateway.client(&["pull", "hello:1"]);
    let images = gateway.client(&["images"]);
    assert_eq!(images.code, 0);
    let words: Vec<&str> = images.out.split_whitespace().collect();
    assert_eq!(words[..4], ["cori", "docker", "READY", &gateway.id[..10]]);
    assert_eq!(words[5], "hello:1");
    assert!(images.out.starts_with("cori       docker     READY    "), "{}", images.out);
}

#[test]
fn an_image_that_is_not_there_is_exit_status_1() {
    let gateway = Gateway::start();
    let lookup = gateway.client(&["lookup", "hello:9"]);
    assert_eq!((lookup.code, lookup.out.as_str()), (1, ""));
    assert_eq!(lookup.err, "shifterimg: docker:hello:9: image not found\n");
}

#[test]
fn a_pull_that_fails_is_exit_status_1_and_says_why() {
    let gateway = Gateway::start();
    let pull = gateway.client(&["pull", "hello:9"]);
    assert_eq!(pull.code, 1);
    assert!(pull.out.ends_with("status: FAILURE\n"), "{}", pull.out);
    assert!(pull.err.contains("hello:9"), "{}", pull.err);
}

#[test]
fn a_mistake_is_exit_status_2() {
    let gateway = Gateway::start();
    for args in [
        &["lookup"][..],
        &["frobnicate"],
        &["pull", "local:/tmp"],
        &["pull", "hello world"],
        &["--user", "no-such-user", "pull", "hello:1"],
        &["--user", "nobody", "lookup", "hello:1"],
        &["images", "hello:1"],
        &["pull", "Hello:1"],
        &["pull", "docker:no.such.registry/hello:1"],
        &["pull", "id:hello"],
    ] {
        let ran = gateway.client(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {ran:?}");
        assert!(!ran.err.is_empty());
    }
}

#[test]
fn no_gateway_at_all_is_exit_status_3() {
    let gateway = Gateway::start();
    let conf = gateway.conf("unix:/nonexistent/socket");
    let ran = client(&conf, &["lookup", "hello:1"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("unix:/nonexistent/socket"), "{}", ran.err);
}

#[test]
fn the_next_gateway_is_asked_when_one_is_gone() {
    let gateway = Gateway::start();
    gateway.client(&["pull", "hello:1"]);
    let socket = gateway.site.path("socket");
    let conf = gateway.conf(&format!("unix:/nonexistent/a unix:{} unix:/nonexistent/b", socket.display()));
    for _ in 0..5 {
        assert_eq!(client(&conf, &["lookup", "hello:1"]).out, format!("{}\n", gateway.id));
    }
}

#[test]
fn records_are_printed_for_programs() {
    let gateway = Gateway::start();
    let pull = gateway.client(&["--output", "json", "pull", "hello:1"]);
    let record: Value = serde_json::from_str(&pull.out).unwrap();
    assert_eq!((&record["id"], &record["status"]), (&json!(gateway.id), &json!("READY")));
    assert_eq!(record.as_object().unwrap().len(), 13);
    let images: Value = serde_json::from_str(&gateway.client(&["--output", "json", "images"]).out).unwrap();
    assert_eq!(images, json!([record]));
}

/// The pattern of a workflow manager: `awk -F: '$0~/"status":/{gsub("[\", ]","",$2);print $2}'`.
#[test]
fn a_script_finds_the_status_in_the_verbose_output() {
    let gateway = Gateway::start();
    gateway.client(&["pull", "hello:1"]);
    let verbose = gateway.client(&["-v", "pull", "hello:1"]).out;
    let status = verbose.lines().find(|line| line.contains("\"status\":")).unwrap();
    let word: String = status.split(':').nth(1).unwrap().chars().filter(|c| !"\", ".contains(*c)).collect();
    assert_eq!(word, "READY");
}

#[test]
fn on_tcp_munge_vouches_for_the_user() {
    let gateway = Gateway::start();
    let conf = gateway.conf(&format!("http://{}", gateway.site.address()));
    let pull = client_with_munge(&gateway.munged, &conf, &["pull", "hello:1"]);
    assert_eq!(pull.code, 0, "{pull:?}");
    let lookup = client_with_munge(&gateway.munged, &conf, &["lookup", "hello:1"]);
    assert_eq!(lookup.out, format!("{}\n", gateway.id));
    assert!(gateway.site.log().contains("uid=65534"), "{}", gateway.site.log());
}

#[test]
fn a_gateway_that_says_nothing_is_given_up_after_the_sites_time() {
    let dir = tempfile::Builder::new().prefix("client").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let socket = dir.path().join("socket");
    // Connections wait in its queue for ever.
    let _silent = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::fs::set_permissions(&socket, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let file = conf(&dir.path().join("udiRoot.conf"), &format!("unix:{}", socket.display()));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("gatewayTimeout = 20", "gatewayTimeout = 1")).unwrap();
    let ran = client(&file, &["lookup", "hello:1"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{ran:?}");
}
