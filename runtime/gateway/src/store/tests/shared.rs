//! What several gateways on one database are to each other.

use std::time::{Duration, Instant};

use super::server::Postgres;
use super::*;

fn two() -> (Store, Store) {
    let place = Place::postgres();
    (place.open(), place.open())
}

#[test]
fn a_pull_is_changed_by_the_gateway_that_runs_it_alone() {
    let (ours, theirs) = two();
    let job = started(&ours, &ask("a:1", 1000));
    assert!(!theirs.advance(job.seq, &Status::Conversion, "x", 101.0).unwrap());
    theirs.fail(job.seq, &"no".into(), 101.0).unwrap();
    assert_eq!(theirs.complete(job.seq, &done("f00", false), 102.0).unwrap(), None);
    assert!(matches!(try_ask(&theirs, &ask("a:1", 1000), 103.0, 90.0, 10).unwrap(), Asked::Joined(_)));
    assert!(ours.complete(job.seq, &done("f00", false), 104.0).unwrap().is_some());
    assert!(theirs.lookup(&name("a:1")).unwrap().is_some());
}

#[test]
fn a_lost_pull_is_taken_over_by_one_gateway_and_its_old_one_can_end_it_no_more() {
    let place = Place::postgres();
    let (ours, theirs, third) = (place.open(), place.open(), place.open());
    let job = started(&ours, &ask("a:1", 1000));
    assert_eq!(theirs.recover(101.0).unwrap(), []);
    let_leases_run_out(&ours);
    let taken: usize = std::thread::scope(|scope| {
        let both = [&theirs, &third].map(|store| scope.spawn(|| store.recover(102.0).unwrap().len()));
        both.map(|one| one.join().unwrap()).iter().sum()
    });
    assert_eq!(taken, 1);
    assert!(ours.renew().unwrap().is_empty());
    assert_eq!(ours.complete(job.seq, &done("f00", false), 103.0).unwrap(), None);
    let by = [&theirs, &third].map(|store| store.complete(job.seq, &done("f00", false), 104.0).unwrap().is_some());
    assert_ne!(by[0], by[1]);
}

#[test]
fn a_gateway_that_renews_its_leases_keeps_its_pulls() {
    let (ours, theirs) = two();
    let job = started(&ours, &ask("a:1", 1000));
    let_leases_run_out(&ours);
    assert_eq!(ours.renew().unwrap(), [job]);
    assert_eq!(theirs.recover(101.0).unwrap(), []);
}

#[test]
fn a_gateway_that_is_started_again_takes_its_own_pulls_back_at_once_and_no_others() {
    let place = Place::postgres();
    let (ours, theirs) =
        (Store::open_as(&place.database, "a").unwrap(), Store::open_as(&place.database, "ab").unwrap());
    let job = started(&ours, &ask("a:1", 1000));
    started(&theirs, &ask("b:1", 1000));
    drop(ours);
    let again = Store::open_as(&place.database, "a").unwrap().recover_own(101.0).unwrap();
    assert_eq!(again.iter().map(|job| job.seq).collect::<Vec<_>>(), [job.seq]);
}

#[test]
fn what_one_at_a_time_does_is_done_by_one_until_its_time_is_over() {
    let (ours, theirs) = two();
    assert!(ours.take_turn("tidy", 60.0).unwrap());
    assert!(!theirs.take_turn("tidy", 60.0).unwrap());
    assert!(theirs.take_turn("else", 60.0).unwrap());
    assert!(ours.take_turn("tidy", -1.0).unwrap());
    assert!(theirs.take_turn("tidy", 60.0).unwrap());
}

#[test]
fn gateways_that_ask_for_one_image_at_once_start_one_pull() {
    let place = Place::postgres();
    let stores: Vec<Store> = (0..4).map(|_| place.open()).collect();
    let started = std::thread::scope(|scope| {
        let all: Vec<_> = stores
            .iter()
            .map(|store| scope.spawn(|| try_ask(store, &ask("a:1", 1000), 100.0, 90.0, 10).unwrap()))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).filter(|asked| matches!(asked, Asked::Started(_))).count()
    });
    assert_eq!(started, 1);
}

#[test]
fn gateways_that_start_together_make_one_schema() {
    let place = Place::postgres();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| drop(place.open()));
        }
    });
}

#[test]
fn a_database_of_a_later_version_is_refused() {
    let place = Place::postgres();
    drop(place.open());
    let Database::Postgres(url) = &place.database else { panic!() };
    let mut client = ::postgres::Client::connect(url.reveal(), ::postgres::NoTls).unwrap();
    client.batch_execute("UPDATE schema_version SET version = 99").unwrap();
    assert!(matches!(Store::open(&place.database), Err(StoreError::TooNew { found: 99, .. })));
}

#[test]
fn a_database_that_was_away_is_used_again() {
    let mut server = Postgres::start();
    let store = Store::open(&server.new_database().parse().unwrap()).unwrap();
    pulled(&store, "a:1", 1000, "f00", false);
    let known = store.lookup_or_recall(&name("a:1")).unwrap();
    pulled(&store, "gone:1", 1000, "f01", false);
    assert!(store.lookup_or_recall(&name("gone:1")).unwrap().is_some());
    store.remove(&name("gone:1"), Word::Holder(1000), 200.0).unwrap();
    server.stop();
    assert!(store.lookup(&name("a:1")).unwrap_err().is_away());
    assert!(known.is_some() && store.lookup_or_recall(&name("a:1")).unwrap() == known);
    for unknown in ["b:1", "gone:1"] {
        assert!(store.lookup_or_recall(&name(unknown)).unwrap_err().is_away());
    }
    assert!(store.hold(&name("a:1"), 1001).unwrap_err().is_away());
    server.start_again();
    let deadline = Instant::now() + Duration::from_secs(30);
    while let Err(error) = store.lookup(&name("a:1")) {
        assert!(error.is_away() && Instant::now() < deadline, "{error}");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(store.hold(&name("a:1"), 1001).unwrap());
}
