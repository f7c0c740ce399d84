//! A whole machine starts at once: as many lookups as nodes, each with a connection and a credential of its own, while three
//! large images are pulled.
//!
//! A node that is not answered, or with anything but the record, has failed: none tries a second time. At most
//! [`OPEN`] connections are open at once, as ports and descriptors of one host allow, from several processes and many addresses.

use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::generator::Generator;
use super::layout::{self, Layer};
use super::load::{Connections, Plan, Seen, Target, Until};
use super::site::{Folder, Gateway, Munged, lookup};
use super::{Size, big};

/// The image that is looked up.
const IMAGE: &str = "app:1";
/// Open connections of all processes: fewer than the gateway admits, which is three for four of the 20,000 descriptors that a
/// process has where these figures are taken (`serve/guests.rs`).
const OPEN: usize = 14_000;
/// Processes.
const PROCESSES: usize = 4;
/// Large images.
const PULLS: usize = 3;

pub(super) fn measure(size: Size) -> Result<String> {
    let mut text = format!(
        "Each node has a connection and a munge credential of its own; at most {OPEN} are open at once, from {PROCESSES} processes. \
         The {PULLS} pulls are those of the image of the next section, each with a layer of its own, asked for just before the \
         nodes. Time is from the first connection until the last answer.\n\n\
         | nodes | pulls beside | answered | failed | time s | p50 ms | p99 ms | slowest ms | pulls done after s |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    let nodes: &[usize] = match size {
        Size::Full => &[4_096, 16_384, 131_072],
        Size::Quick => &[1_024],
    };
    let big = big::make(size)?;
    for nodes in nodes {
        for pulls in [0, PULLS] {
            let row = row(*nodes, pulls, &big.layers)?;
            print!("{row}");
            text += &row;
        }
    }
    Ok(text)
}

fn row(nodes: usize, pulls: usize, layers: &[Layer]) -> Result<String> {
    let folder = Folder::new("storm")?;
    let munged = Munged::start(&folder)?;
    let layouts = folder.path("layouts");
    layout::write(&layouts, "app", &[layout::nothing(&folder)?])?;
    let mut images = Vec::new();
    for number in 0..pulls {
        let mark = folder.path(&format!("mark{number}.tar"));
        // Zeros beyond an archive's end are part of it, and make it another one.
        fs::write(&mark, vec![0; 1024 * (2 + number)])?;
        let mut all = layers.to_vec();
        all.push(Layer::plain(&mark)?);
        layout::write(&layouts, &format!("big{number}"), &all)?;
        images.push(format!("big{number}:1"));
    }
    let gateway = Gateway::start(&folder, &munged.socket, &layouts)?;
    gateway.wait_for(&[IMAGE.to_owned()])?;
    let plans: Vec<Plan> = (0..PROCESSES)
        .map(|number| Plan {
            target: Target::Tcp(gateway.address),
            path: lookup(IMAGE),
            connections: Connections::Fresh,
            at_once: (OPEN / PROCESSES).min(nodes / PROCESSES),
            threads: 1,
            until: Until::Requests(nodes / PROCESSES),
            munge: Some(munged.socket.clone()),
            number: number as u8,
        })
        .collect();
    let mut generators = Generator::prepare_all(&plans)?;
    images.iter().try_for_each(|image| gateway.pull(image).map(drop))?;
    let begun = Instant::now();
    generators.iter_mut().try_for_each(Generator::begin)?;
    let mut seen = Seen::default();
    for generator in generators {
        seen.add(generator.finish()?);
    }
    gateway.wait_for(&images)?;
    let pulled = begun.elapsed().as_secs_f64();
    ensure!(seen.answered + seen.failed == nodes as u64, "{nodes} nodes, and {seen:?}");
    if let Some(failure) = &seen.first_failure {
        println!("{failure}");
    }
    let mut row = format!("| {nodes} | {pulls} | {} | {} | {:.1} |", seen.answered, seen.failed, seen.wall);
    for percent in [50.0, 99.0, 100.0] {
        let _ = write!(row, " {:.0} |", seen.latency.percentile(percent));
    }
    let pulled = if pulls == 0 { "-".to_owned() } else { format!("{pulled:.1}") };
    Ok(format!("{row} {pulled} |\n"))
}
