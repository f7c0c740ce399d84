//! A large start, simulated: nodes that are told to start, gateways that are asked, a directory service with so many connections,
//! the store of images, and the tool that gathers what nodes answer.
//!
//! A discrete-event simulation: a clock that jumps from one event to the next, and nothing that waits. It knows no profile, reads no
//! file and no clock, and gives the same numbers for the same [`Scenario`] and seed. What it assumes is told by
//! [`super::assumptions`]; where its numbers come from, by `measured.toml`.

#[path = "simulate/clock.rs"]
mod clock;
#[path = "simulate/collector.rs"]
mod collector;
#[path = "simulate/directory.rs"]
mod directory;
#[path = "simulate/gateway.rs"]
mod gateway;
#[path = "simulate/outcome.rs"]
mod outcome;
#[path = "simulate/random.rs"]
mod random;
#[path = "simulate/scenario.rs"]
mod scenario;
#[path = "simulate/store.rs"]
mod store;
#[path = "simulate/world.rs"]
mod world;

pub use outcome::{Gathering, Outcome, Spread};
pub use scenario::{Client, Directory, Gateway, Gather, Launch, Lookup, Scenario, Store, Time};

/// Lets all nodes start and says how it went. Random numbers are drawn from `seed` alone.
#[must_use]
pub fn simulate(scenario: &Scenario, seed: u64) -> Outcome {
    world::World::new(scenario, seed).run()
}

/// When each node of a launch begins, after the launch.
#[must_use]
pub fn begins(scenario: &Scenario, seed: u64) -> Vec<Time> {
    world::begins(scenario, seed).collect()
}

/// The most nodes, up to `most`, with which every start succeeds and the prologue ends in time; to within one part in 64.
#[must_use]
pub fn bearable(scenario: &Scenario, most: u32, seed: u64) -> u32 {
    let is_borne = |nodes: u32| {
        let outcome = simulate(&Scenario { nodes, ..scenario.clone() }, seed);
        outcome.failed() == 0 && outcome.prologue.is_none_or(Gathering::is_in_time)
    };
    // What is small is found first: many nodes take longest to simulate.
    let (mut borne, mut next) = (0, 256.min(most));
    while borne < next && is_borne(next) {
        borne = next;
        next = next.saturating_mul(2).min(most);
    }
    let mut too_many = next;
    while too_many - borne > (borne / 64).max(1) {
        let between = borne.midpoint(too_many);
        if is_borne(between) {
            borne = between;
        } else {
            too_many = between;
        }
    }
    borne
}

#[cfg(test)]
#[path = "simulate/tests.rs"]
mod tests;
