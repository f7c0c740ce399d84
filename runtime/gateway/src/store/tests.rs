//! What the store means, on a real file and on a real PostgreSQL: the same tests for each.

use std::collections::BTreeSet;

use shifter_gateway_types::rest::Status;

use super::*;

use super::rows::{Record, is};
use super::tables::PullRow;
use super::value::Value;

#[macro_use]
mod place;
mod encrypted;
mod life;
#[path = "../../tests/support/postgres.rs"]
mod server;
mod shared;
mod sqlite;

use place::Place;

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

/// As if the gateways that run pulls had not been heard of for long.
fn let_leases_run_out(store: &Store) {
    store.write(|rows| rows.change(PullRow::TABLE, &[("lease", Value::Real(0.0))], &[])).unwrap();
}

fn pulled(store: &Store, tag: &str, uid: u32, id: &str, private: bool) -> Entry {
    let job = started(store, &ask(tag, uid));
    store.complete(job.seq, &done(id, private), 200.0).unwrap().unwrap().entry.unwrap()
}

fn granted(users: &[u32], groups: &[u32]) -> Access {
    Access::Granted { users: users.iter().copied().collect(), groups: groups.iter().copied().collect() }
}

fn the_same_pull_in_flight_is_joined_with_both_lists(place: &Place) {
    let store = place.open();
    let first = started(&store, &PullAsk { users: [1].into(), ..ask("a:1", 1000) });
    let second =
        try_ask(&store, &PullAsk { users: [2].into(), groups: [3].into(), ..ask("a:1", 1000) }, 101.0, 90.0, 10);
    let Asked::Joined(joined) = second.unwrap() else { panic!("not joined") };
    assert_eq!(joined.seq, first.seq);
    let entry = store.complete(first.seq, &done("f00", true), 200.0).unwrap().unwrap().entry.unwrap();
    assert_eq!(entry.tags[0].access, granted(&[1, 2, 1000], &[3]));
}

fn a_full_queue_takes_no_more_and_still_answers_polls(place: &Place) {
    let store = place.open();
    started(&store, &ask("a:1", 1000));
    assert_eq!(try_ask(&store, &ask("b:1", 1000), 100.0, 90.0, 1).unwrap(), Asked::Full);
    assert!(matches!(try_ask(&store, &ask("a:1", 1000), 100.0, 90.0, 1).unwrap(), Asked::Joined(_)));
}

fn a_failure_is_shown_for_a_while_and_then_tried_again(place: &Place) {
    let store = place.open();
    let job = started(&store, &ask("a:1", 1000));
    store.fail(job.seq, &"manifest unknown".into(), 110.0).unwrap();
    let Asked::Failed(shown) = try_ask(&store, &ask("a:1", 1000), 120.0, 90.0, 10).unwrap() else { panic!() };
    assert_eq!((shown.status, shown.message.as_str()), (Status::Failure, "manifest unknown"));
    assert!(matches!(try_ask(&store, &ask("a:1", 1000), 150.0, 120.0, 10).unwrap(), Asked::Started(_)));
}

fn a_pull_that_has_ended_changes_no_more(place: &Place) {
    let store = place.open();
    let job = started(&store, &ask("a:1", 1000));
    assert!(store.advance(job.seq, &Status::Conversion, "x", 101.0).unwrap());
    store.fail(job.seq, &"over".into(), 102.0).unwrap();
    assert!(!store.advance(job.seq, &Status::Transfer, "x", 103.0).unwrap());
    assert_eq!(store.complete(job.seq, &done("f00", false), 104.0).unwrap(), None);
    assert_eq!(store.lookup(&name("a:1")).unwrap(), None);
}

fn an_image_keeps_all_its_tags(place: &Place) {
    let store = place.open();
    pulled(&store, "a:1", 1000, "f00", false);
    let entry = pulled(&store, "a:2", 1000, "f00", false);
    let tags: Vec<&str> = entry.tags.iter().map(|tag| tag.tag.as_str()).collect();
    assert_eq!(tags, ["a:1", "a:2"]);
    assert_eq!(store.lookup(&name("a:1")).unwrap().unwrap(), entry);
    assert_eq!(store.list("cori").unwrap(), [entry]);
    assert_eq!(store.list("edison").unwrap(), []);
}

fn a_tag_that_moves_leaves_the_old_image_without_it(place: &Place) {
    let store = place.open();
    pulled(&store, "a:1", 1000, "f00", false);
    let entry = pulled(&store, "a:1", 1000, "ba5", false);
    assert_eq!(entry.image.id, "ba5");
    let ids: Vec<String> = store.list("cori").unwrap().into_iter().map(|entry| entry.image.id).collect();
    assert_eq!(ids, ["ba5"]);
}

fn each_puller_adds_to_the_grants_of_a_private_tag(place: &Place) {
    let store = place.open();
    pulled(&store, "a:1", 1000, "f00", true);
    let entry = pulled(&store, "a:1", 1001, "f00", true);
    assert_eq!(entry.tags[0].access, granted(&[1000, 1001], &[]));
}

fn a_public_tag_stays_public_and_a_new_image_under_it_may_be_private(place: &Place) {
    let store = place.open();
    pulled(&store, "a:1", 1000, "f00", false);
    assert_eq!(pulled(&store, "a:1", 1001, "f00", true).tags[0].access, Access::Public);
    assert_eq!(pulled(&store, "a:1", 1001, "ba5", true).tags[0].access, granted(&[1001], &[]));
}

fn a_preview_changes_nothing(place: &Place) {
    let store = place.open();
    let job = started(&store, &ask("a:1", 1000));
    let seen = store.preview(job.seq, &done("f00", true), 200.0).unwrap().unwrap();
    assert_eq!(store.lookup(&name("a:1")).unwrap(), None);
    assert_eq!(store.complete(job.seq, &done("f00", true), 200.0).unwrap(), Some(seen));
}

fn old_failures_are_forgotten(place: &Place) {
    let store = place.open();
    let job = started(&store, &ask("a:1", 1000));
    store.fail(job.seq, &"over".into(), 110.0).unwrap();
    assert_eq!(store.forget_failures(105.0).unwrap(), 0);
    assert_eq!(store.forget_failures(115.0).unwrap(), 1);
}

fn the_queue_has_what_waits_in_the_order_of_asking(place: &Place) {
    let store = place.open();
    started(&store, &ask("b:1", 1000));
    let over = started(&store, &ask("a:1", 1000));
    started(&store, &ask("c:1", 1000));
    store.fail(over.seq, &"over".into(), 110.0).unwrap();
    let tags: Vec<String> = store.queue("cori").unwrap().into_iter().map(|job| job.ask.name.tag).collect();
    assert_eq!(tags, ["b:1", "c:1"]);
}

fn a_pull_that_ended_since_the_caller_looked_is_not_begun_again(place: &Place) {
    let store = place.open();
    pulled(&store, "a:1", 1000, "f00", false);
    let terms = Terms { now: 201.0, failed_since: 90.0, most: 10, most_of_user: None, seen: None };
    assert_eq!(store.ask(&ask("a:1", 1000), terms).unwrap(), Asked::Moved);
}

fn the_database_itself_refuses_a_second_pull_in_flight(place: &Place) {
    let store = place.open();
    let job = started(&store, &ask("a:1", 1000));
    let twice = store.write(|rows| {
        let row = rows.one::<PullRow>(&[is("seq", job.seq)])?.unwrap();
        rows.add(PullRow::TABLE, &row.to_row())
    });
    assert!(twice.unwrap_err().to_string().to_lowercase().contains("unique"));
}

fn a_restart_goes_on_with_pulls_and_fails_those_whose_password_is_gone(place: &Place) {
    let store = place.open();
    let open = started(&store, &ask("a:1", 1000));
    store.advance(open.seq, &Status::Conversion, "x", 101.0).unwrap();
    let secret = PullAsk { with_password: true, ..ask("b:1", 1000) };
    started(&store, &secret);
    let_leases_run_out(&store);
    drop(store);

    let store = place.open();
    let again = store.recover(110.0).unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].seq, &again[0].status), (open.seq, &Status::Pending));
    assert_eq!(store.recover(111.0).unwrap(), []);
    // The user who polls sends the password once more: that starts it anew at once.
    assert!(matches!(try_ask(&store, &secret, 111.0, 90.0, 10).unwrap(), Asked::Started(_)));
}

on_each_store! {
    a_restart_goes_on_with_pulls_and_fails_those_whose_password_is_gone,
    the_same_pull_in_flight_is_joined_with_both_lists,
    the_database_itself_refuses_a_second_pull_in_flight,
    a_full_queue_takes_no_more_and_still_answers_polls,
    a_failure_is_shown_for_a_while_and_then_tried_again,
    a_pull_that_has_ended_changes_no_more,
    an_image_keeps_all_its_tags,
    a_tag_that_moves_leaves_the_old_image_without_it,
    each_puller_adds_to_the_grants_of_a_private_tag,
    a_public_tag_stays_public_and_a_new_image_under_it_may_be_private,
    a_preview_changes_nothing,
    old_failures_are_forgotten,
    the_queue_has_what_waits_in_the_order_of_asking,
    a_pull_that_ended_since_the_caller_looked_is_not_begun_again,
}
