//! Who is let in, and what the answers look like byte for byte.

use super::munged::Munged;
use super::{program, pull, site_with_hello, until_it_ends, wire};

const NOBODY: u32 = 65534;
const LOOKUP: &str = "GET /api/lookup/cori/docker/hello%3A1/";

#[test]
fn a_record_comes_in_the_bytes_that_old_clients_parse() {
    let munged = Munged::start();
    let (site, id) = site_with_hello(&munged);
    let _daemon = site.start(program());
    let ask = || {
        let credential = wire::credential(NOBODY, munged.socket());
        wire::tcp(&site.address(), "POST /api/pull/cori/docker/hello%3A1/", Some(&credential))
    };
    until_it_ends(ask, &site);
    let raw = wire::tcp(&site.address(), LOOKUP, Some(&wire::credential(NOBODY, munged.socket())));
    let headers: Vec<&str> = raw.head.split("\r\n").collect();
    assert_eq!(headers[0], "HTTP/1.1 200 OK");
    assert!(headers.contains(&"Content-Type: application/json"), "{headers:?}");
    assert!(headers.contains(&format!("Content-Length: {}", raw.body.len()).as_str()), "{headers:?}");
    // From the text: not every reader of JSON gives a number back to the last digit.
    let when = raw.body.split_once("\"last_pull\":").unwrap().1.split_once(',').unwrap().0;
    assert!(when.parse::<f64>().unwrap() > 1e9 && when.contains('.'), "{when}");
    let expected = format!(
        concat!(
            r#"{{"id":"{}","system":"cori","itype":"docker","tag":["hello:1"],"status":"READY","userACL":[],"#,
            r#""groupACL":[],"ENV":["PATH=/bin","A=b=c d","EMPTY="],"ENTRY":["/bin/sh","-c"],"WORKDIR":"/work","#,
            r#""LABELS":{{"site":"test"}},"last_pull":{},"status_message":"READY"}}"#
        ),
        id, when
    );
    assert_eq!(raw.body, expected);
}

#[test]
fn a_request_without_a_credential_is_refused_on_tcp() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    let _daemon = site.start(program());
    for request in [LOOKUP, "GET /api/list/cori/", "GET /api/queue/cori", "POST /api/pull/cori/docker/hello:1/"] {
        let raw = wire::tcp(&site.address(), request, None);
        assert_eq!(raw.status(), 401, "{request}: {raw:?}");
        assert_eq!(raw.json()["status"], 401);
    }
    assert!(!site.path("images/index").exists());
}

#[test]
fn a_replayed_credential_is_refused() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    let _daemon = site.start(program());
    pull(&site, "hello:1");
    let credential = wire::credential(NOBODY, munged.socket());
    assert_eq!(wire::tcp(&site.address(), LOOKUP, Some(&credential)).status(), 200);
    let raw = wire::tcp(&site.address(), LOOKUP, Some(&credential));
    assert_eq!(raw.status(), 401);
    assert_eq!(raw.json()["error"], "credential refused: it was used before");
}

#[test]
fn a_credential_of_another_key_is_refused() {
    let (munged, other) = (Munged::start(), Munged::start_with_key(7));
    let (site, _) = site_with_hello(&munged);
    let _daemon = site.start(program());
    for credential in [wire::credential(NOBODY, other.socket()), "MUNGE:garbage:".to_owned()] {
        let raw = wire::tcp(&site.address(), LOOKUP, Some(&credential));
        assert_eq!(raw.status(), 401);
        assert_eq!(raw.json()["error"], "credential refused: it is not valid here");
    }
}

#[test]
fn another_user_is_known_on_the_unix_socket_without_a_credential() {
    let munged = Munged::start();
    let (site, id) = site_with_hello(&munged);
    let _daemon = site.start(program());
    pull(&site, "hello:1");
    let raw = wire::unix_as(NOBODY, &site.path("socket"), LOOKUP);
    assert_eq!((raw.status(), raw.json()["id"].as_str()), (200, Some(id.as_str())));
    let list = wire::unix_as(NOBODY, &site.path("socket"), "GET /api/list/cori/").json();
    assert_eq!(list["list"][0]["tag"], serde_json::json!(["hello:1"]));
}

#[test]
fn a_gateway_without_munged_serves_the_unix_socket() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    let _daemon = site.start(program());
    let credential = wire::credential(NOBODY, munged.socket());
    drop(munged);
    assert_eq!(pull(&site, "hello:1").state(), "READY");
    let raw = wire::tcp(&site.address(), LOOKUP, Some(&credential));
    assert_eq!(raw.status(), 503);
    assert_eq!(raw.json()["error"], "credentials cannot be checked now");
}

#[test]
fn an_unknown_system_is_not_found() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    let _daemon = site.start(program());
    let raw = wire::unix(&site.path("socket"), "GET /api/list/edison/");
    assert_eq!((raw.status(), raw.json()["error"].as_str()), (404, Some("Bad session or system")));
}
