//! What the rules ask of the simulation. Rules run at every key stroke in an editor and for thousands of profiles in one run, so
//! each answer is kept for the site's shape.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::model::Model;
use super::shape::{Builder, Shape};
use super::simulate::{bearable, simulate};

/// The random numbers of rules: always the same.
const SEED: u64 = 1;

/// More nodes than a rule ever asks about.
const MOST: u32 = 1 << 17;

/// Nodes that one of the site's gateways bears, asked by one container on each. Clients wait as long as their kernel does: with a
/// short `gateway.timeout` they are turned away sooner, to the next gateway, and this asks how soon there is no need to.
pub(crate) fn borne_by_a_gateway(shape: &Shape) -> u32 {
    let builder = Builder::Command;
    let one =
        Shape { endpoints: 1, timeout: None, per_node: 1, builder, asks_directory: false, stripes: 1, ..shape.clone() };
    kept(Question::Gateway, &one, 0, || bearable(&one.scenario(Model::usual(), 0), MOST, SEED).into()) as u32
}

/// Nodes that the directory service bears when one container starts on each, behind as many gateways as `nodes` nodes need.
pub(crate) fn borne_by_the_directory(shape: &Shape, nodes: u32) -> u32 {
    let endpoints = match shape.builder {
        Builder::Command => nodes.div_ceil(borne_by_a_gateway(shape).max(1)).clamp(1, 64),
        _ => 1,
    };
    let builder = match shape.builder {
        Builder::Command => Builder::Command,
        _ => Builder::OwnPrologue(None),
    };
    let all = Shape { endpoints, timeout: None, per_node: 1, builder, asks_directory: true, ..shape.clone() };
    kept(Question::Directory, &all, 0, || bearable(&all.scenario(Model::usual(), 0), MOST, SEED).into()) as u32
}

/// How long setupRoot takes on so many nodes, in milliseconds, until the workload manager can begin the job.
pub(crate) fn prologue_of(shape: &Shape, nodes: u32) -> u64 {
    let seeded = Shape { asks_directory: false, ..shape.clone() };
    kept(Question::Prologue, &seeded, nodes, || {
        let ran = simulate(&seeded.scenario(Model::usual(), nodes), SEED);
        ran.prologue.map_or(0, |prologue| prologue.ends / 1_000_000)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Gateway,
    Directory,
    Prologue,
}

type Answers = BTreeMap<(Question, Shape, u32), u64>;

/// The answer that was given before, or a new one.
fn kept(question: Question, shape: &Shape, nodes: u32, find: impl FnOnce() -> u64) -> u64 {
    static ANSWERS: LazyLock<Mutex<Answers>> = LazyLock::new(Mutex::default);
    let key = (question, shape.clone(), nodes);
    // A thread that panicked wrote whole entries or none.
    if let Some(answer) = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return *answer;
    }
    let answer = find();
    ANSWERS.lock().unwrap_or_else(PoisonError::into_inner).insert(key, answer);
    answer
}
