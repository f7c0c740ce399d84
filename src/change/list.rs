//! Lists, compared element by element.

use super::{Change, What, cover};

/// One element: what it is about, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// What it is about: a mount's target, a variable's name.
    pub(super) about: String,
    /// How it is written.
    pub(super) text: String,
}

impl Element {
    /// An element that is about itself.
    pub(super) fn plain(text: &str) -> Self {
        Self { about: text.to_owned(), text: text.to_owned() }
    }

    fn is_covered(&self) -> bool {
        cover::is_telling(&self.about) || cover::holds_credential(&self.text)
    }
}

/// The differences of two lists of one key, in the order of the new one.
pub(super) fn compare(key: &str, old: &[Element], new: &[Element]) -> Vec<Change> {
    let mut left: Vec<&Element> = new.iter().filter(|element| !old.contains(element)).collect();
    let mut changes = Vec::new();
    for was in old.iter().filter(|element| !new.contains(element)) {
        let covered = |is: Option<&Element>| was.is_covered() || is.is_some_and(Element::is_covered);
        let is = left.iter().position(|is| is.about == was.about).map(|at| left.remove(at));
        changes.push(match is {
            is if covered(is) => Change::new(format!("{key}.{}", name(&was.about)), What::Covered),
            Some(is) => Change::new(key, What::Changed { from: was.text.clone(), to: is.text.clone() }),
            None => Change::new(key, What::Removed { value: was.text.clone() }),
        });
    }
    for is in left {
        changes.push(if is.is_covered() {
            Change::new(format!("{key}.{}", name(&is.about)), What::Covered)
        } else {
            Change::new(key, What::Added { value: is.text.clone() })
        });
    }
    if changes.is_empty() && old != new {
        let to = new.iter().map(|element| cover::text(&element.text)).collect();
        changes.push(Change::new(key, What::Reordered { to }));
    }
    changes
}

/// What a covered element is about, unless that is the secret itself.
fn name(about: &str) -> &str {
    if cover::holds_credential(about) && about.contains(['=', '@', ':']) { "(an element)" } else { about }
}
