//! The store on a real file.

use std::collections::BTreeSet;

use shifter_gateway_types::rest::Status;

use super::*;

mod life;

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("gateway.db")).unwrap();
    (dir, store)
}

fn name(tag: &str) -> TagName {
    TagName { system: "cori".to_owned(), itype: "docker".to_owned(), tag: tag.to_owned() }
}

fn ask(tag: &str, uid: u32) -> PullAsk {
    let none = BTreeSet::new;
    let identity = format!("uid:{uid}");
    PullAsk { name: name(tag), identity, uid: Some(uid), users: none(), groups: none(), with_password: false }
}

fn done(id: &str, private: bool) -> Completed {
    let image =
        Image { id: id.to_owned(), format: "squashfs".to_owned(), env: vec!["A=b".to_owned()], ..Image::default() };
    Completed { image, others: Vec::new(), platforms: "linux/amd64".to_owned(), private }
}

/// Asks as somebody who has just looked the tag up.
fn try_ask(store: &Store, ask: &PullAsk, now: f64, failed_since: f64, most: u32) -> Result<Asked, StoreError> {
    let entry = store.lookup(&ask.name)?;
    let tag = entry.iter().flat_map(|entry| &entry.tags).find(|tag| tag.tag == ask.name.tag);
    store.ask(ask, Terms { now, failed_since, most, most_of_user: None, seen: tag.map(|tag| tag.last_pull) })
}

fn started(store: &Store, ask: &PullAsk) -> Job {
    match try_ask(store, ask, 100.0, 90.0, 10).unwrap() {
        Asked::Started(job) => job,
        other => panic!("{other:?}"),
    }
}

fn pulled(store: &Store, tag: &str, uid: u32, id: &str, private: bool) -> Entry {
    let job = started(store, &ask(tag, uid));
    store.complete(job.seq, &done(id, private), 200.0).unwrap().unwrap().entry.unwrap()
}

fn granted(users: &[u32], groups: &[u32]) -> Access {
    Access::Granted { users: users.iter().copied().collect(), groups: groups.iter().copied().collect() }
}

#[test]
fn the_database_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, store) = open();
    started(&store, &ask("a:1", 1000));
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}

#[test]
fn a_second_gateway_on_one_database_is_refused() {
    let (dir, _store) = open();
    let second = Store::open(&dir.path().join("gateway.db"));
    assert!(matches!(second, Err(StoreError::InUse(_))));
}

#[test]
fn a_database_of_a_later_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gateway.db");
    drop(Store::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::TooNew { found: 99, .. })));
}

#[test]
fn the_same_pull_in_flight_is_joined_with_both_lists() {
    let (_dir, store) = open();
    let first = started(&store, &PullAsk { users: [1].into(), ..ask("a:1", 1000) });
    let second =
        try_ask(&store, &PullAsk { users: [2].into(), groups: [3].into(), ..ask("a:1", 1000) }, 101.0, 90.0, 10);
    let Asked::Joined(joined) = second.unwrap() else { panic!("not joined") };
    assert_eq!(joined.seq, first.seq);
    let entry = store.complete(first.seq, &done("f00", true), 200.0).unwrap().unwrap().entry.unwrap();
    assert_eq!(entry.tags[0].access, granted(&[1, 2, 1000], &[3]));
}

#[test]
fn the_database_itself_refuses_a_second_pull_in_flight() {
    let (_dir, store) = open();
    started(&store, &ask("a:1", 1000));
    let twice = store.writer().execute(
        "INSERT INTO pull (system, itype, tag, identity, users, groups, with_password, status, message, asked, heartbeat)
         VALUES ('cori', 'docker', 'a:1', 'uid:1000', '[]', '[]', 0, 'PENDING', '', 0, 0)",
        [],
    );
    assert!(twice.unwrap_err().to_string().contains("UNIQUE"));
}

#[test]
fn a_full_queue_takes_no_more_and_still_answers_polls() {
    let (_dir, store) = open();
    started(&store, &ask("a:1", 1000));
    assert_eq!(try_ask(&store, &ask("b:1", 1000), 100.0, 90.0, 1).unwrap(), Asked::Full);
    assert!(matches!(try_ask(&store, &ask("a:1", 1000), 100.0, 90.0, 1).unwrap(), Asked::Joined(_)));
}

#[test]
fn a_failure_is_shown_for_a_while_and_then_tried_again() {
    let (_dir, store) = open();
    let job = started(&store, &ask("a:1", 1000));
    store.fail(job.seq, &"manifest unknown".into(), 110.0).unwrap();
    let Asked::Failed(shown) = try_ask(&store, &ask("a:1", 1000), 120.0, 90.0, 10).unwrap() else { panic!() };
    assert_eq!((shown.status, shown.message.as_str()), (Status::Failure, "manifest unknown"));
    assert!(matches!(try_ask(&store, &ask("a:1", 1000), 150.0, 120.0, 10).unwrap(), Asked::Started(_)));
}

#[test]
fn a_pull_that_has_ended_changes_no_more() {
    let (_dir, store) = open();
    let job = started(&store, &ask("a:1", 1000));
    assert!(store.advance(job.seq, &Status::Conversion, "x", 101.0).unwrap());
    store.fail(job.seq, &"over".into(), 102.0).unwrap();
    assert!(!store.advance(job.seq, &Status::Transfer, "x", 103.0).unwrap());
    assert_eq!(store.complete(job.seq, &done("f00", false), 104.0).unwrap(), None);
    assert_eq!(store.lookup(&name("a:1")).unwrap(), None);
}

#[test]
fn an_image_keeps_all_its_tags() {
    let (_dir, store) = open();
    pulled(&store, "a:1", 1000, "f00", false);
    let entry = pulled(&store, "a:2", 1000, "f00", false);
    let tags: Vec<&str> = entry.tags.iter().map(|tag| tag.tag.as_str()).collect();
    assert_eq!(tags, ["a:1", "a:2"]);
    assert_eq!(store.lookup(&name("a:1")).unwrap().unwrap(), entry);
    assert_eq!(store.list("cori").unwrap(), [entry]);
    assert_eq!(store.list("edison").unwrap(), []);
}

#[test]
fn a_tag_that_moves_leaves_the_old_image_without_it() {
    let (_dir, store) = open();
    pulled(&store, "a:1", 1000, "f00", false);
    let entry = pulled(&store, "a:1", 1000, "ba5", false);
    assert_eq!(entry.image.id, "ba5");
    let ids: Vec<String> = store.list("cori").unwrap().into_iter().map(|entry| entry.image.id).collect();
    assert_eq!(ids, ["ba5"]);
}

#[test]
fn each_puller_adds_to_the_grants_of_a_private_tag() {
    let (_dir, store) = open();
    pulled(&store, "a:1", 1000, "f00", true);
    let entry = pulled(&store, "a:1", 1001, "f00", true);
    assert_eq!(entry.tags[0].access, granted(&[1000, 1001], &[]));
}

#[test]
fn a_public_tag_stays_public_and_a_new_image_under_it_may_be_private() {
    let (_dir, store) = open();
    pulled(&store, "a:1", 1000, "f00", false);
    assert_eq!(pulled(&store, "a:1", 1001, "f00", true).tags[0].access, Access::Public);
    assert_eq!(pulled(&store, "a:1", 1001, "ba5", true).tags[0].access, granted(&[1001], &[]));
}

#[test]
fn a_preview_changes_nothing() {
    let (_dir, store) = open();
    let job = started(&store, &ask("a:1", 1000));
    let seen = store.preview(job.seq, &done("f00", true), 200.0).unwrap().unwrap();
    assert_eq!(store.lookup(&name("a:1")).unwrap(), None);
    assert_eq!(store.complete(job.seq, &done("f00", true), 200.0).unwrap(), Some(seen));
}

#[test]
fn a_restart_goes_on_with_pulls_and_fails_those_whose_password_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gateway.db");
    let store = Store::open(&path).unwrap();
    let open = started(&store, &ask("a:1", 1000));
    store.advance(open.seq, &Status::Conversion, "x", 101.0).unwrap();
    let secret = PullAsk { with_password: true, ..ask("b:1", 1000) };
    started(&store, &secret);
    drop(store);

    let store = Store::open(&path).unwrap();
    let again = store.recover(110.0).unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].seq, &again[0].status), (open.seq, &Status::Pending));
    // The user who polls sends the password once more: that starts it anew at once.
    assert!(matches!(try_ask(&store, &secret, 111.0, 90.0, 10).unwrap(), Asked::Started(_)));
}

#[test]
fn old_failures_are_forgotten() {
    let (_dir, store) = open();
    let job = started(&store, &ask("a:1", 1000));
    store.fail(job.seq, &"over".into(), 110.0).unwrap();
    assert_eq!(store.forget_failures(105.0).unwrap(), 0);
    assert_eq!(store.forget_failures(115.0).unwrap(), 1);
}

#[test]
fn the_queue_has_what_waits_in_the_order_of_asking() {
    let (_dir, store) = open();
    started(&store, &ask("b:1", 1000));
    let over = started(&store, &ask("a:1", 1000));
    started(&store, &ask("c:1", 1000));
    store.fail(over.seq, &"over".into(), 110.0).unwrap();
    let tags: Vec<String> = store.queue("cori").unwrap().into_iter().map(|job| job.ask.name.tag).collect();
    assert_eq!(tags, ["b:1", "c:1"]);
}

#[test]
fn a_pull_that_ended_since_the_caller_looked_is_not_begun_again() {
    let (_dir, store) = open();
    pulled(&store, "a:1", 1000, "f00", false);
    let terms = Terms { now: 201.0, failed_since: 90.0, most: 10, most_of_user: None, seen: None };
    assert_eq!(store.ask(&ask("a:1", 1000), terms).unwrap(), Asked::Moved);
}
