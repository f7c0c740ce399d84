//! What a profile asks of nodes, gateway and storage at its largest: arithmetic over `[scale]` and the settings.
//!
//! Every figure names its formula and its inputs. An input that nobody tells makes the figure unknown and is named; it is
//! never guessed.

mod figures;
mod text;

use serde::Serialize;

use crate::check::Checked;
use crate::site::Site;

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

/// The figures of `class`, or of every class that has containers.
#[must_use]
pub fn capacity(checked: &Checked, class: Option<&str>, told: &Told) -> Vec<Capacity> {
    let wanted = |site: &&Site| {
        let name = site.class.as_ref().map(|class| class.name.as_str());
        let has_containers = site.renders(crate::profile::section::ArtifactKind::Udiroot);
        if class.is_some() { name == class } else { has_containers }
    };
    let sites = checked.sites.iter().filter(wanted);
    sites
        .filter_map(|site| {
            let class = site.class.as_ref().map(|class| class.name.clone());
            let view = class.as_ref().and_then(|name| checked.classes.get(name)).unwrap_or(&checked.loaded);
            let figures = figures::of(site, &view.profile, told)?;
            Some(Capacity { class, target: site.target.to_string(), figures })
        })
        .collect()
}
