//! Which node class facts belong to.

use super::Facts;
use crate::profile::section::Profile;
use std::collections::{BTreeMap, HashMap};

/// Nodes by the class of `profile` they belong to: what the facts say, else the class whose `hosts` name the node. Nodes of
/// a profile without classes, and those of no class, stand under none.
#[must_use]
pub fn by_class<'f, 'p>(facts: &'f [Facts], profile: &'p Profile) -> BTreeMap<Option<&'p str>, Vec<&'f Facts>> {
    let mut classes: HashMap<String, &'p str> = HashMap::new();
    if facts.iter().any(|facts| facts.class.is_none()) {
        for (name, class) in &profile.class {
            for host in class.hosts.hosts() {
                classes.entry(host).or_insert(name);
            }
        }
    }
    let mut found: BTreeMap<Option<&'p str>, Vec<&'f Facts>> = BTreeMap::new();
    for one in facts {
        let class = match &one.class {
            Some(class) => profile.class.get_key_value(class).map(|(name, _)| name.as_str()),
            None => classes.get(&one.host).copied(),
        };
        found.entry(class).or_default().push(one);
    }
    found
}

impl Facts {
    /// The class of `profile` that this node belongs to.
    #[must_use]
    pub fn class_in<'p>(&self, profile: &'p Profile) -> Option<&'p str> {
        by_class(std::slice::from_ref(self), profile).into_keys().next().flatten()
    }
}
