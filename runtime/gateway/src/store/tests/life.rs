//! The life of tags and images in the store.

use shifter_gateway_types::rest::{HistoryEvent, HistoryRow};

use super::*;

fn image(id: &str, bytes: u64) -> Image {
    Image { id: id.to_owned(), format: "squashfs".to_owned(), bytes, ..Image::default() }
}

/// A pull of a tag with one image for each of these ids, the best first.
fn pulled_as(store: &Store, tag: &str, uid: u32, ids: &[&str], now: f64) -> Standing {
    let job = match try_ask(store, &ask(tag, uid), now, now, 100).unwrap() {
        Asked::Started(job) => job,
        other => panic!("{other:?}"),
    };
    let mut images = ids.iter().map(|id| image(id, 100));
    let (image, others) = (images.next().unwrap(), images.collect());
    let done = Completed { image, others, platforms: String::new(), private: false };
    store.complete(job.seq, &done, now).unwrap().unwrap()
}

fn expired(store: &Store) -> Vec<String> {
    store.expired(f64::INFINITY).unwrap().into_iter().map(|gone| gone.id).collect()
}

fn gone(removal: Removal) -> Standing {
    match removal {
        Removal::Gone(standing) => standing,
        other => panic!("{other:?}"),
    }
}

fn the_images_of_a_tag_expire_together_unless_another_tag_names_them(place: &Place) {
    let store = place.open();
    pulled_as(&store, "multi:1", 1000, &["amd", "arm"], 10.0);
    pulled_as(&store, "arm:1", 1000, &["arm"], 10.0);
    let standing = gone(store.remove(&name("multi:1"), Word::Holder(1000), 50.0).unwrap());
    assert_eq!(standing.images.iter().map(|(image, _)| image.id.as_str()).collect::<Vec<_>>(), ["arm"]);
    assert_eq!(expired(&store), ["amd"]);
    gone(store.remove(&name("arm:1"), Word::Holder(1000), 60.0).unwrap());
    assert_eq!(expired(&store), ["amd", "arm"]);
    assert_eq!(store.expired(55.0).unwrap().len(), 1);
    assert_eq!(store.list("cori").unwrap(), []);
}

fn a_tag_that_moves_lets_its_old_image_expire_and_a_pull_takes_it_back(place: &Place) {
    let store = place.open();
    pulled_as(&store, "a:1", 1000, &["old"], 10.0);
    pulled_as(&store, "a:1", 1000, &["new"], 20.0);
    assert_eq!(expired(&store), ["old"]);
    pulled_as(&store, "a:1", 1000, &["old"], 30.0);
    assert_eq!(expired(&store), ["new"]);
}

fn what_a_pull_expects_is_on_the_list_until_a_tag_names_it(place: &Place) {
    let store = place.open();
    store.expect("cori", &[image("f00", 5)], 10.0).unwrap();
    assert_eq!(expired(&store), ["f00"]);
    assert_eq!(store.stored("cori").unwrap(), Stored { named: 0, expired: 5 });
    pulled_as(&store, "a:1", 1000, &["f00"], 20.0);
    assert_eq!(expired(&store), [""; 0]);
    store.expect("cori", &[image("f00", 5)], 30.0).unwrap();
    assert_eq!(expired(&store), [""; 0]);
}

fn a_tag_goes_with_the_last_of_those_who_hold_it(place: &Place) {
    let store = place.open();
    pulled_as(&store, "a:1", 1000, &["f00"], 10.0);
    assert!(store.hold(&name("a:1"), 1001).unwrap());
    assert!(!store.hold(&name("b:1"), 1001).unwrap());
    let remove = |uid| store.remove(&name("a:1"), Word::Holder(uid), 20.0).unwrap();
    assert_eq!(remove(1002), Removal::NotHeld);
    assert!(matches!(remove(1000), Removal::Released(1, _)));
    assert_eq!(remove(1000), Removal::NotHeld);
    gone(remove(1001));
    assert_eq!(remove(1001), Removal::NoTag);
}

fn everybody_who_asked_for_a_pull_holds_its_tag(place: &Place) {
    let store = place.open();
    let shared = |uid| PullAsk { identity: String::new(), ..ask("a:1", uid) };
    let first = started(&store, &shared(1000));
    assert!(matches!(try_ask(&store, &shared(1001), 101.0, 90.0, 10).unwrap(), Asked::Joined(_)));
    store.complete(first.seq, &done("f00", false), 200.0).unwrap();
    assert_eq!(store.aging("cori", None, 300.0).unwrap()[0].holders, [1000, 1001]);
}

fn a_holder_who_lets_go_takes_the_grants_along(place: &Place) {
    let store = place.open();
    pulled(&store, "a:1", 1000, "f00", true);
    pulled(&store, "a:1", 1001, "f00", true);
    let removal = store.remove(&name("a:1"), Word::Holder(1000), 300.0).unwrap();
    let Removal::Released(1, standing) = removal else { panic!("{removal:?}") };
    assert_eq!(standing.entry.unwrap().tags[0].access, granted(&[1001], &[]));
    assert_eq!(standing.images[0].1, granted(&[1001], &[]));
}

fn a_pin_stands_against_age_and_administrators_until_it_ends(place: &Place) {
    let store = place.open();
    pulled_as(&store, "a:1", 1000, &["f00"], 10.0);
    assert!(store.pin(&name("a:1"), 1000, 100.0).unwrap());
    assert!(!store.pin(&name("b:1"), 1000, 100.0).unwrap());
    let admin = Word::Admin(0, HistoryEvent::Expired);
    for word in [Word::Age(10.0), admin] {
        assert_eq!(store.remove(&name("a:1"), word, 99.0).unwrap(), Removal::Pinned);
    }
    // A tag that moves keeps its pin.
    pulled_as(&store, "a:1", 1000, &["ba5"], 20.0);
    assert_eq!(store.aging("cori", None, 99.0).unwrap()[0].pinned, Some(100.0));
    assert_eq!(store.aging("cori", None, 100.0).unwrap()[0].pinned, None);
    gone(store.remove(&name("a:1"), admin, 100.0).unwrap());
}

fn what_was_pulled_since_or_is_being_pulled_does_not_age(place: &Place) {
    let store = place.open();
    pulled_as(&store, "a:1", 1000, &["f00"], 10.0);
    assert_eq!(store.remove(&name("a:1"), Word::Age(9.0), 50.0).unwrap(), Removal::InUse);
    let job = started(&store, &ask("a:1", 1001));
    assert_eq!(store.remove(&name("a:1"), Word::Age(10.0), 50.0).unwrap(), Removal::InUse);
    store.fail(job.seq, &"over".into(), 60.0).unwrap();
    gone(store.remove(&name("a:1"), Word::Age(10.0), 70.0).unwrap());
}

fn a_preview_of_a_removal_changes_nothing(place: &Place) {
    let store = place.open();
    pulled_as(&store, "a:1", 1000, &["f00"], 10.0);
    gone(store.preview_removal(&name("a:1"), Word::Holder(1000), 20.0).unwrap());
    assert!(store.lookup(&name("a:1")).unwrap().is_some());
}

fn the_history_of_a_tag_outlives_it(place: &Place) {
    let store = place.open();
    pulled_as(&store, "a:1", 1000, &["f00"], 10.0);
    pulled_as(&store, "a:1", 1001, &["f00"], 20.0);
    pulled_as(&store, "a:1", 1001, &["ba5"], 30.0);
    store.remove(&name("a:1"), Word::Age(30.0), 40.0).unwrap();
    let rows: Vec<HistoryRow> = store.history(&name("a:1")).unwrap().into_iter().map(|past| past.row).collect();
    let row = |time, event, id: &str, uid| HistoryRow { time, event, id: id.to_owned(), uid };
    let expected = [
        row(10.0, HistoryEvent::Pulled, "f00", Some(1000)),
        row(30.0, HistoryEvent::Pulled, "ba5", Some(1001)),
        row(40.0, HistoryEvent::Expired, "ba5", None),
    ];
    assert_eq!(rows, expected);
}

fn a_history_has_its_last_hundred_lines(place: &Place) {
    let store = place.open();
    for n in 0..60 {
        pulled_as(&store, "a:1", 1000, &["f00"], f64::from(2 * n));
        store.remove(&name("a:1"), Word::Holder(1000), f64::from(2 * n + 1)).unwrap();
    }
    let times: Vec<f64> = store.history(&name("a:1")).unwrap().into_iter().map(|past| past.row.time).collect();
    assert_eq!((times.len(), times[0], times[99]), (100, 20.0, 119.0));
}

fn what_a_user_holds_counts_each_image_once(place: &Place) {
    let store = place.open();
    pulled_as(&store, "a:1", 1000, &["f00", "arm"], 10.0);
    pulled_as(&store, "a:2", 1000, &["f00"], 10.0);
    pulled_as(&store, "b:1", 1001, &["ba5"], 10.0);
    let held = |except: Option<&str>| store.held("cori", 1000, except.map(name).as_ref()).unwrap();
    assert_eq!((held(None), held(Some("a:1")), held(Some("a:2"))), (200, 100, 200));
    assert_eq!(store.stored("cori").unwrap(), Stored { named: 300, expired: 0 });
}

fn a_user_has_so_many_pulls_in_flight_and_joins_more(place: &Place) {
    let store = place.open();
    let terms = Terms { now: 1.0, failed_since: 1.0, most: 10, most_of_user: Some(1), seen: None };
    let shared = |tag: &str, uid| PullAsk { identity: String::new(), ..ask(tag, uid) };
    assert!(matches!(store.ask(&shared("a:1", 1000), terms).unwrap(), Asked::Started(_)));
    assert_eq!(store.ask(&shared("b:1", 1000), terms).unwrap(), Asked::FullForUser);
    assert!(matches!(store.ask(&shared("b:1", 1001), terms).unwrap(), Asked::Started(_)));
    assert!(matches!(store.ask(&shared("b:1", 1000), terms).unwrap(), Asked::Joined(_)));
}

fn a_lookup_keeps_a_tag_young(place: &Place) {
    let store = place.open();
    pulled_as(&store, "a:1", 1000, &["f00"], 10.0);
    store.note_lookups(&[(name("a:1"), 50.0), (name("b:1"), 50.0)].into()).unwrap();
    store.note_lookups(&[(name("a:1"), 40.0)].into()).unwrap();
    let aging = store.aging("cori", Some(&name("a:1")), 60.0).unwrap();
    assert_eq!((aging.len(), aging[0].last_pull, aging[0].last_lookup), (1, 10.0, 50.0));
}

on_each_store! {
    the_images_of_a_tag_expire_together_unless_another_tag_names_them,
    a_tag_that_moves_lets_its_old_image_expire_and_a_pull_takes_it_back,
    what_a_pull_expects_is_on_the_list_until_a_tag_names_it,
    a_tag_goes_with_the_last_of_those_who_hold_it,
    everybody_who_asked_for_a_pull_holds_its_tag,
    a_holder_who_lets_go_takes_the_grants_along,
    a_pin_stands_against_age_and_administrators_until_it_ends,
    what_was_pulled_since_or_is_being_pulled_does_not_age,
    a_preview_of_a_removal_changes_nothing,
    the_history_of_a_tag_outlives_it,
    a_history_has_its_last_hundred_lines,
    what_a_user_holds_counts_each_image_once,
    a_user_has_so_many_pulls_in_flight_and_joins_more,
    a_lookup_keeps_a_tag_young,
}
