//! The bytes of a record, as clients since 16.08 parse them.

use shifter_gateway_types::rest::{IdList, MungePayload, PullBody, Record, Status};

#[test]
fn an_empty_record_has_thirteen_fields_in_order() {
    let text = serde_json::to_string(&Record::default()).unwrap();
    assert_eq!(
        text,
        concat!(
            r#"{"id":"MISSING","system":"MISSING","itype":"MISSING","tag":"MISSING","#,
            r#""status":"MISSING","userACL":"MISSING","groupACL":"MISSING","ENV":"MISSING","#,
            r#""ENTRY":"MISSING","WORKDIR":"MISSING","LABELS":"MISSING","#,
            r#""last_pull":"MISSING","status_message":"MISSING"}"#
        )
    );
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), Record::default());
}

#[test]
fn last_pull_always_has_a_fraction() {
    let record = Record { last_pull: Some(1_700_000_000.0), ..Record::default() };
    let text = serde_json::to_string(&record).unwrap();
    assert!(text.contains(r#""last_pull":1700000000.0,"#), "{text}");
}

#[test]
fn a_tag_that_is_one_string_is_read() {
    let record: Record = serde_json::from_str(r#"{"tag": "busybox:latest"}"#).unwrap();
    assert_eq!(record.tag, Some(vec!["busybox:latest".to_owned()]));
}

#[test]
fn null_access_lists_of_an_import_are_read() {
    let record: Record = serde_json::from_str(r#"{"userACL": null, "groupACL": null}"#).unwrap();
    assert_eq!((record.user_acl, record.group_acl), (None, None));
}

#[test]
fn a_status_of_the_future_is_kept_and_ends_a_wait() {
    let record: Record = serde_json::from_str(r#"{"status": "ENQUEUED"}"#).unwrap();
    let status = record.status.unwrap();
    assert_eq!(status, Status::Unknown("ENQUEUED".to_owned()));
    assert!(!status.is_in_progress());
}

#[test]
fn ids_travel_as_one_string() {
    let body = PullBody { allowed_uids: Some(IdList(vec![1000, 5])), allowed_gids: None };
    let text = serde_json::to_string(&body).unwrap();
    assert_eq!(text, r#"{"allowed_uids":"1000,5"}"#);
    assert_eq!(serde_json::from_str::<PullBody>(&text).unwrap(), body);
}

#[test]
fn ids_that_are_no_numbers_are_refused() {
    for wrong in [
        r#"{"allowed_uids":"alice"}"#,
        r#"{"allowed_uids":"1,,2"}"#,
        r#"{"allowed_uids":[1]}"#,
        r#"{"allowed_uids":"-1"}"#,
    ] {
        assert!(serde_json::from_str::<PullBody>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_misspelt_access_list_is_refused() {
    assert!(serde_json::from_str::<PullBody>(r#"{"allowed_uid":"1"}"#).is_err());
}

#[test]
fn a_payload_without_passwords_is_empty() {
    assert_eq!(MungePayload::parse(b""), MungePayload::default());
    assert_eq!(MungePayload::parse(b"hello"), MungePayload::default());
    let payload = MungePayload::parse(br#"{"authorized_locations":{"default":"u:p"}}"#);
    assert_eq!(payload.authorized_locations["default"], "u:p");
    assert_eq!(format!("{payload:?}"), r#"{"default"}"#);
}
