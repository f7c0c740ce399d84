//! Launches as a curve: how long until the last container of a job runs, by the number of nodes.

use super::chart::{Chart, Line, draw};
use super::launches::Launched;

/// The colours of the lines, in the order of the software.
const COLOURS: [&str; 3] = ["#06c", "#393", "#939"];

/// Nodes that a curve goes through where nobody names others.
pub const SIZES: [u32; 9] = [16, 64, 256, 700, 1024, 2048, 4096, 10_000, 100_000];

/// The launches of one class. What did not start whole or in time is crossed out: its time is that of those that did.
#[must_use]
pub fn plot(launches: &[Launched]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for launch in launches {
        if !names.contains(&launch.software.as_str()) {
            names.push(&launch.software);
        }
    }
    let points = |name: &str, is_wanted: fn(&Launched) -> bool| -> Vec<(f64, f64)> {
        let own = launches.iter().filter(|launch| launch.software == name && is_wanted(launch));
        let mut points: Vec<_> = own.map(|launch| (f64::from(launch.nodes), seconds(launch))).collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        points
    };
    let curves: Vec<_> =
        names.iter().map(|name| (*name, points(name, |_| true), points(name, |launch| !launch.is_well()))).collect();
    let lines: Vec<Line<'_>> = curves
        .iter()
        .zip(COLOURS)
        .map(|((name, points, crossed), colour)| Line { name, colour, points, crossed })
        .collect();
    draw(&[Chart { title: "seconds until the last container runs", across: "nodes", lines: &lines }])
}

/// When the job may begin: at the end of the prologue, or with its last container.
fn seconds(launch: &Launched) -> f64 {
    let ends = launch.prologue.map_or(launch.ready.last, |prologue| prologue.ends);
    ends.max(1) as f64 / 1000.0
}
