//! A clock that jumps.

use super::fake::{Needs, Registry};
use super::site::Site;

#[tokio::test]
async fn a_clock_that_was_set_back_makes_one_pull_and_not_one_for_each_question() {
    let site = Site::new(Registry::open());
    site.registry.push("app:1", "x", Needs::Nothing);
    site.after_days(10);
    assert_eq!(site.user(1000).pull("app:1", "").await.state(), "READY");
    site.back_by_days(5);
    for _ in 0..5 {
        assert_eq!(site.user(1000).pull("app:1", "").await.state(), "READY");
    }
    assert_eq!(site.registry.pulls(), 2);
    assert_eq!(site.user(1000).lookup("app:1").await.status, 200);
}

#[tokio::test]
async fn a_failure_of_a_time_that_has_not_come_yet_is_not_shown_for_days() {
    let site = Site::new(Registry::open());
    site.after_days(10);
    assert_eq!(site.user(1000).pull("late:1", "").await.state(), "FAILURE");
    site.back_by_days(5);
    site.registry.push("late:1", "x", Needs::Nothing);
    assert_eq!(site.user(1000).pull("late:1", "").await.state(), "READY");
}

#[tokio::test]
async fn a_pull_in_flight_survives_both_jumps() {
    let site = Site::new(Registry::closed());
    site.registry.push("app:1", "x", Needs::Nothing);
    site.after_days(10);
    site.user(1000).post("/api/pull/cori/docker/app:1/", "").await;
    site.until(async || site.registry.pulls() == 1).await;
    site.after_days(3000);
    assert_eq!(site.user(1001).post("/api/pull/cori/docker/app:1/", "").await.state(), "PULLING");
    site.back_by_days(3010);
    assert_eq!(site.user(1002).post("/api/pull/cori/docker/app:1/", "").await.state(), "PULLING");
    site.registry.gate.add_permits(1);
    assert_eq!(site.user(1000).pull("app:1", "").await.state(), "READY");
    assert_eq!(site.registry.pulls(), 1);
}
