//! What is asked, by what it is about.

mod call;
mod environment;
mod identity;
mod image;
mod places;
mod protection;
mod volumes;

use crate::fact::Fact;

/// Every fact, in the order of asking.
pub(crate) fn all() -> impl Iterator<Item = &'static Fact> {
    [call::FACTS, image::FACTS, environment::FACTS, identity::FACTS, places::FACTS, volumes::FACTS, protection::FACTS]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_fact_has_a_name_of_its_own_and_a_source() {
        let names: Vec<&str> = super::all().map(|fact| fact.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names.len(), "a name stands twice");
        assert!(super::all().all(|fact| !fact.source.is_empty() && !fact.name.ends_with('.')));
    }
}
