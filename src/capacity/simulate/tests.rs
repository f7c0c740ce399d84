//! Launches whose figures can be told by hand.

use super::{Client, Directory, Gateway, Gather, Launch, Lookup, Outcome, Scenario, Store, Time, bearable, simulate};

const SECOND: Time = 1_000_000_000;
const MILLI: Time = 1_000_000;

/// All nodes at once, nothing asked of anybody, a second of work on each.
fn plain(nodes: u32) -> Scenario {
    Scenario {
        nodes,
        per_node: 1,
        launch: Launch { width: 1_000_000, hop: 0, lag: 0, gather: None },
        lookup: None,
        directory: None,
        store: Store { requests: 0, per_second: 1, latency: 0, read: 0, bytes_per_second: 1 },
        setup: SECOND,
        further_setup: SECOND,
        cores: 2,
    }
}

fn asking(nodes: u32, endpoints: u32, room: u32, timeout: Option<Time>) -> Scenario {
    let gateway = Gateway { service: 10 * MILLI, servers: 1, room };
    let client = Client { before: 0, first_retry: SECOND, even_retries: 0, retries: 2, timeout };
    Scenario { lookup: Some(Lookup { endpoints, gateway, client }), ..plain(nodes) }
}

fn run(scenario: &Scenario) -> Outcome {
    simulate(scenario, 1)
}

#[test]
fn nothing_asked_of_anybody_takes_as_long_on_many_nodes_as_on_one() {
    let (one, many) = (run(&plain(1)), run(&plain(10_000)));
    assert_eq!((one.ready.last, many.ready.last, many.failed()), (SECOND, SECOND, 0));
}

#[test]
fn a_gateway_serves_one_after_the_other() {
    let ran = run(&asking(100, 1, 1000, None));
    assert_eq!((ran.answered.last, ran.lookups, ran.dropped), (1000 * MILLI, 100, 0));
    assert_eq!((ran.answered.median, ran.longest_queue), (500 * MILLI, 99));
}

#[test]
fn what_finds_no_room_comes_again_and_at_last_fails() {
    // One is served and 10 wait, at 0 s, 1 s and 3 s; the rest is told after 7 s that nobody answers.
    let ran = run(&asking(40, 1, 10, None));
    assert_eq!((ran.starts - ran.failed(), ran.no_lookup), (33, 7));
    assert_eq!(ran.dropped, 29 + 18 + 7);
}

#[test]
fn waits_double_after_those_that_are_even() {
    let client = Client { before: 0, first_retry: SECOND, even_retries: 2, retries: 6, timeout: None };
    // As Documentation/networking/ip-sysctl says of tcp_syn_linear_timeouts: one wait more is as long as the first.
    assert_eq!([0, 1, 2, 3, 4].map(|repeated| client.wait(repeated) / SECOND), [1, 1, 1, 2, 4]);
}

#[test]
fn a_client_that_failed_at_one_gateway_asks_the_next() {
    let (one, two) = (run(&asking(40, 1, 10, None)), run(&asking(40, 2, 10, None)));
    assert_eq!((one.no_lookup, two.no_lookup), (7, 0));
}

#[test]
fn a_client_that_gives_up_is_served_all_the_same() {
    let ran = run(&asking(100, 1, 1000, Some(95 * MILLI)));
    // The answers at 10, 20, ... 90 ms are heard.
    assert_eq!((ran.starts - ran.failed(), ran.lookups), (9, 100));
}

#[test]
fn a_directory_without_a_free_connection_fails_the_start() {
    let full = Scenario { directory: Some(Directory { connections: 30, query: MILLI }), ..plain(50) };
    let ran = run(&full);
    assert_eq!((ran.no_user, ran.connections), (20, 30));
    // A gateway that lets one through every 10 ms keeps the others away: 101 are at it in a second of work and a query.
    let behind =
        Scenario { directory: Some(Directory { connections: 101, query: MILLI }), ..asking(500, 1, 1000, None) };
    assert_eq!((run(&behind).no_user, run(&behind).connections), (0, 101));
}

#[test]
fn a_prologue_takes_answers_one_after_the_other() {
    let gather = Gather { each: 100 * MILLI, before: 1, limit: Some(21 * SECOND) };
    let with = |nodes| {
        let mut scenario = plain(nodes);
        scenario.launch.gather = Some(gather.clone());
        scenario
    };
    let prologue = run(&with(100)).prologue.expect("one waits");
    assert_eq!((prologue.ends, prologue.is_in_time()), (21 * SECOND, true));
    assert_eq!(bearable(&with(0), 10_000, 1), 100);
}

#[test]
fn containers_of_one_node_share_its_image_and_its_processors() {
    let store = Store { requests: 8, per_second: 1000, latency: MILLI, read: 1 << 20, bytes_per_second: 1 << 20 };
    let ran = run(&Scenario { per_node: 4, store, further_setup: 2 * SECOND, ..plain(1) });
    // The first: 8 ms of requests at least, a second of reading, a second of work; the fourth builds after two others.
    assert_eq!((ran.starts, ran.store_requests), (4, 32));
    assert!(ran.ready.last > 4 * SECOND && ran.ready.last < 5 * SECOND, "{:?}", ran.ready);
}

#[test]
fn the_same_seed_gives_the_same_figures_and_another_seed_others() {
    let mut scenario = asking(500, 3, 50, Some(2 * SECOND));
    scenario.launch.lag = SECOND;
    assert_eq!(simulate(&scenario, 5), simulate(&scenario, 5));
    assert_ne!(simulate(&scenario, 5), simulate(&scenario, 6));
}
