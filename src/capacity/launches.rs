//! Launches of the sizes somebody asks about: with the site's software, and with the other.

use serde::Serialize;

use super::model::Model;
use super::shape::{Builder, Shape, Software};
use super::simulate::{Outcome, Spread, Time, simulate};
use crate::profile::Profile;
use crate::target::Target;

/// Which launches are simulated.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Nodes of each.
    pub nodes: Vec<u32>,
    /// Containers on a node; none: as the profile says.
    pub per_node: Option<u32>,
    /// Where the random numbers begin.
    pub seed: u64,
    /// The numbers.
    pub model: Model,
}

/// One launch's figures. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Launched {
    /// Nodes of the job.
    pub nodes: u32,
    /// What starts: a release, `native`, or `native, asking`, where every start asks a gateway.
    pub software: String,
    /// Containers that were to start.
    pub starts: u64,
    /// Those whose image no gateway told.
    pub without_image: u64,
    /// Those whose user the directory service did not tell.
    pub without_user: u64,
    /// From the launch to the command, of those that started.
    pub ready: Milliseconds,
    /// From the question to the gateway's answer.
    pub answered: Milliseconds,
    /// Answers that gateways worked on.
    pub lookups: u64,
    /// Connection requests that gateways dropped.
    pub dropped: u64,
    /// The most questions that waited for one gateway.
    pub longest_queue: u32,
    /// The most connections to the directory service at the same time.
    pub directory_connections: u32,
    /// Requests for names and attributes to the store of images.
    pub store_requests: u64,
    /// The prologue of one node for all, or the longest of all nodes'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prologue: Option<Prologue>,
}

/// Times of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Milliseconds {
    /// Half.
    pub median: u64,
    /// 99 of 100.
    pub p99: u64,
    /// All.
    pub last: u64,
}

/// A prologue against its limit, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Prologue {
    /// When it ends.
    pub ends: u64,
    /// When it is ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Whether that is soon enough.
    pub in_time: bool,
}

impl Launched {
    /// Whether all containers started, in time.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.without_image + self.without_user == 0 && self.prologue.is_none_or(|prologue| prologue.in_time)
    }
}

/// The launches of one site: the installed software and the other one, each on as many nodes as are asked about.
pub(super) fn launches(profile: &Profile, target: Target, wanted: &Wanted) -> Vec<Launched> {
    let shape = shape(profile, target, wanted);
    let mut all = Vec::new();
    for nodes in &wanted.nodes {
        for (software, name) in softwares(&shape, target) {
            // With other software the directory service is asked otherwise.
            let other = if software == shape.software { target } else { counterpart(target) };
            let asks_directory = Shape::of(profile, other).asks_directory;
            let shape = Shape { asks_directory, ..shape.with(software) };
            let outcome = simulate(&shape.scenario(&wanted.model, *nodes), wanted.seed);
            all.push(launched(*nodes, name, &outcome));
        }
    }
    all
}

/// The site, with as many containers on a node as are wanted.
pub(super) fn shape(profile: &Profile, target: Target, wanted: &Wanted) -> Shape {
    let shape = Shape::of(profile, target);
    match wanted.per_node {
        Some(per_node) if shape.builder == Builder::Command => Shape { per_node, ..shape },
        _ => shape,
    }
}

/// What a site is compared with.
fn counterpart(target: Target) -> Target {
    if target == Target::Native { Target::V1803 } else { Target::Native }
}

fn softwares(shape: &Shape, target: Target) -> Vec<(Software, String)> {
    let original = if target == Target::Native { Target::V1803 } else { target };
    let mut all =
        vec![(Software::from(original), original.to_string()), (Software::Native, Target::Native.to_string())];
    if shape.builder == Builder::Command {
        all.push((Software::NativeAsking, "native, asking".to_owned()));
    }
    all
}

fn launched(nodes: u32, software: String, outcome: &Outcome) -> Launched {
    let prologue = outcome.prologue.map(|prologue| Prologue {
        ends: milli(prologue.ends),
        limit: prologue.limit.map(milli),
        in_time: prologue.is_in_time(),
    });
    Launched {
        nodes,
        software,
        starts: outcome.starts,
        without_image: outcome.no_lookup,
        without_user: outcome.no_user,
        ready: millis(outcome.ready),
        answered: millis(outcome.answered),
        lookups: outcome.lookups,
        dropped: outcome.dropped,
        longest_queue: outcome.longest_queue,
        directory_connections: outcome.connections,
        store_requests: outcome.store_requests,
        prologue,
    }
}

fn millis(spread: Spread) -> Milliseconds {
    Milliseconds { median: milli(spread.median), p99: milli(spread.p99), last: milli(spread.last) }
}

/// Milliseconds, rounded up: what takes a moment takes no nothing.
fn milli(time: Time) -> u64 {
    time.div_ceil(1_000_000)
}
