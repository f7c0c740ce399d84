//! What a profile asks of nodes, gateway and storage at its largest: arithmetic over `[scale]` and the settings, and a
//! simulation of launches.
//!
//! Every figure names its formula and its inputs. An input that nobody tells makes the figure unknown and is named; it is
//! never guessed. What the simulation takes for granted it says ([`assumptions`]): its numbers stand in `measured.toml`, each
//! with its source, and it is held against what was found on a machine of 2018 ([`findings`]).

mod assumptions;
mod borne;
mod chart;
mod constants;
mod figures;
pub mod findings;
mod launches;
mod model;
mod plot;
pub mod shape;
pub mod simulate;
mod table;
mod text;

use serde::Serialize;

use crate::check::Checked;
use crate::profile::Loaded;
use crate::site::Site;

pub use assumptions::{ASSUMPTIONS, assumptions};
pub(crate) use borne::{borne_by_a_gateway, borne_by_the_directory, prologue_of};
pub use constants::{Constant, ConstantError, Kind, constants};
pub use launches::{Launched, Milliseconds, Prologue, Wanted};
pub use model::Model;
pub use plot::{SIZES, plot};
pub use text::text;

/// What only the caller may know.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Bytes of directories that the original copies into each container, by their paths on the host.
    pub copies: Vec<(String, u64)>,
    /// Bytes of new images a day.
    pub images_per_day: Option<u64>,
}

/// The figures of one class.
#[derive(Debug, Clone, Serialize)]
pub struct Capacity {
    /// The class; none for a profile without classes.
    pub class: Option<String>,
    /// The installed software.
    pub target: String,
    /// The figures.
    pub figures: Vec<Figure>,
    /// The simulated launches; none where none are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub launches: Vec<Launched>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What is counted.
    pub name: &'static str,
    /// How many; none where an input is not known.
    pub value: Option<u64>,
    /// Of what: `bytes`, `devices`, `connections`, `lookups`.
    pub unit: &'static str,
    /// Whether it is a bound or the number itself: `at most`, `exactly`, `at least`.
    pub bound: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// The inputs, with where each is told.
    pub inputs: Vec<Input>,
    /// What the site has for it, to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Input>,
    /// What follows from the comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
}

/// A number that a figure is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    /// The key or option that tells it.
    pub name: String,
    /// The number; none where nobody tells it.
    pub value: Option<u64>,
    /// Its unit.
    pub unit: &'static str,
}

/// The figures of `class`, or of every class that has containers, and the launches that are wanted.
#[must_use]
pub fn capacity(checked: &Checked, class: Option<&str>, told: &Told, wanted: &Wanted) -> Vec<Capacity> {
    sites(checked, class)
        .filter_map(|(site, view)| {
            let class = site.class.as_ref().map(|class| class.name.clone());
            let figures = figures::of(site, &view.profile, told)?;
            let launches = launches::launches(&view.profile, site.target, wanted);
            Some(Capacity { class, target: site.target.to_string(), figures, launches })
        })
        .collect()
}

/// The containers of the largest launch that is wanted.
#[must_use]
pub fn most_starts(checked: &Checked, class: Option<&str>, wanted: &Wanted) -> u64 {
    let nodes = u64::from(wanted.nodes.iter().copied().max().unwrap_or(0));
    let each = |(site, view): (&Site, &Loaded)| u64::from(launches::shape(&view.profile, site.target, wanted).per_node);
    sites(checked, class).map(each).max().unwrap_or(0) * nodes
}

/// The sites of `class`, or of every class that has containers, each with its profile.
fn sites<'a>(checked: &'a Checked, class: Option<&str>) -> impl Iterator<Item = (&'a Site, &'a Loaded)> {
    let wanted = move |site: &&Site| {
        let name = site.class.as_ref().map(|class| class.name.as_str());
        let has_containers = site.renders(crate::profile::section::ArtifactKind::Udiroot);
        if class.is_some() { name == class } else { has_containers }
    };
    checked.sites.iter().filter(wanted).map(|site| {
        let class = site.class.as_ref().map(|class| class.name.as_str());
        (site, class.and_then(|name| checked.classes.get(name)).unwrap_or(&checked.loaded))
    })
}
