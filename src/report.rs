//! What thousands of nodes say of themselves, in a few lines.
//!
//! `verify --format json` gives a document for each node. [`Fleet::fold`] puts nodes together that say the same: of one
//! class, with one configuration, differing in the same way. The work grows with the number of documents, not with its
//! square.

mod gather;
mod human;

pub use gather::{Gathered, gather};
pub use human::write as human;

use crate::profile::section::scalar::hostlist::fold;
use crate::verify::{Difference, NodeReport, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// What many nodes say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// The version of this format. 1.
    pub schema: u32,
    /// How many nodes there are.
    pub nodes: usize,
    /// How many are as their manifest says.
    pub same: usize,
    /// How many are not.
    pub differs: usize,
    /// Of how many nobody knows.
    pub failed: usize,
    /// Nodes that say the same; those that are as they should be first, then the largest groups.
    pub groups: Vec<Group>,
    /// Classes whose nodes do not all have one configuration.
    pub mixed: Vec<Mixed>,
    /// Nodes that were reported more than once, not always the same, as in Slurm. Their last report counts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub twice: String,
    /// What was no report.
    pub unreadable: Vec<Unreadable>,
}

/// Nodes that say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// How many they are.
    pub count: usize,
    /// Their names as in Slurm.
    pub nodes: String,
    /// Whether their files are those of their manifest.
    pub state: State,
    /// The system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Their class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Which files their manifest asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_id: Option<String>,
    /// What is otherwise.
    pub differences: Vec<Difference>,
    /// Why nothing could be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A class whose nodes do not all have one configuration: some have the manifest of another day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mixed {
    /// The system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The class; none where the site has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The configurations, that of most nodes first.
    pub configurations: Vec<Configuration>,
}

/// A configuration, and who has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Its id.
    pub config_id: String,
    /// How many nodes have it.
    pub count: usize,
    /// Their names as in Slurm.
    pub nodes: String,
}

/// A file, or a part of one, that is no report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unreadable {
    /// The file.
    pub file: String,
    /// What the reader says.
    pub why: String,
}

/// What makes nodes a group, in the order of the groups.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    state: State,
    site: Option<String>,
    class: Option<String>,
    config_id: Option<String>,
    differences: Vec<Difference>,
    error: Option<String>,
}

impl Fleet {
    /// Put nodes together that say the same.
    #[must_use]
    pub fn fold(gathered: Gathered) -> Self {
        let mut last: HashMap<String, NodeReport> = HashMap::with_capacity(gathered.reports.len());
        let mut twice: Vec<String> = Vec::new();
        for report in gathered.reports {
            if let Some(before) = last.get(&report.node).filter(|before| **before != report) {
                twice.push(before.node.clone());
            }
            last.insert(report.node.clone(), report);
        }
        let nodes = last.len();
        let mut groups: BTreeMap<Key, Vec<String>> = BTreeMap::new();
        for (node, report) in last {
            let NodeReport { state, site, class, config_id, mut differences, error, .. } = report;
            differences.sort_unstable();
            // A message may name the node; the group must not depend on it.
            let error = error.map(|text| text.replace(&format!("`{node}`"), "this node"));
            groups.entry(Key { state, site, class, config_id, differences, error }).or_default().push(node);
        }
        let mixed = mixed(&groups);
        let mut folded: Vec<Group> = groups.into_iter().map(|(key, nodes)| group(key, &nodes)).collect();
        // Stable: groups of one size stay in the order of what they say.
        folded.sort_by_key(|group| (group.state != State::Same, std::cmp::Reverse(group.count)));
        let count = |state: State| folded.iter().filter(|group| group.state == state).map(|group| group.count).sum();
        Self {
            schema: 1,
            nodes,
            same: count(State::Same),
            differs: count(State::Differs),
            failed: count(State::Failed),
            mixed,
            twice: fold(twice.iter().map(String::as_str)),
            unreadable: gathered.unreadable,
            groups: folded,
        }
    }

    /// What it comes to: nobody knows, differs, or same.
    #[must_use]
    pub fn state(&self) -> State {
        if self.failed > 0 || !self.unreadable.is_empty() || self.nodes == 0 {
            State::Failed
        } else if self.differs > 0 || !self.mixed.is_empty() || !self.twice.is_empty() {
            State::Differs
        } else {
            State::Same
        }
    }
}

fn group(key: Key, nodes: &[String]) -> Group {
    let Key { state, site, class, config_id, differences, error } = key;
    let names = fold(nodes.iter().map(String::as_str));
    Group { count: nodes.len(), nodes: names, state, site, class, config_id, differences, error }
}

/// Nodes by the configuration they have.
type ByConfiguration<'a> = BTreeMap<&'a str, Vec<&'a str>>;

fn mixed(groups: &BTreeMap<Key, Vec<String>>) -> Vec<Mixed> {
    let mut classes: BTreeMap<_, ByConfiguration<'_>> = BTreeMap::new();
    for (key, nodes) in groups {
        if let Some(id) = &key.config_id {
            let of_class = classes.entry((&key.site, &key.class)).or_default();
            of_class.entry(id).or_default().extend(nodes.iter().map(String::as_str));
        }
    }
    let several = classes.into_iter().filter(|(_, ids)| ids.len() > 1);
    several
        .map(|((site, class), ids)| Mixed { site: site.clone(), class: class.clone(), configurations: ranked(ids) })
        .collect()
}

/// The configurations, that of most nodes first.
fn ranked(ids: ByConfiguration<'_>) -> Vec<Configuration> {
    let configuration = |(id, nodes): (&str, Vec<&str>)| Configuration {
        config_id: id.to_owned(),
        count: nodes.len(),
        nodes: fold(nodes.iter().copied()),
    };
    let mut all: Vec<Configuration> = ids.into_iter().map(configuration).collect();
    all.sort_by_key(|configuration| std::cmp::Reverse(configuration.count));
    all
}
