//! The way to an entry of a tree, kept on the stack while the tree is walked.

use crate::diagnostic::KeyPath;

/// One step after another; a [`KeyPath`] is made only where something is to be said.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way<'w> {
    /// The whole tree.
    Top,
    /// An entry of a table.
    Key(&'w Self, &'w str),
    /// An element of an array.
    Index(&'w Self, usize),
}

impl<'w> Way<'w> {
    /// The way one key further down.
    pub(super) fn key(&'w self, key: &'w str) -> Self {
        Self::Key(self, key)
    }

    /// The way to an element.
    pub(super) fn index(&'w self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// The last key; an array's element has none.
    pub(super) fn last(&self) -> Option<&'w str> {
        match self {
            Self::Key(_, key) => Some(key),
            _ => None,
        }
    }

    /// The same as a path.
    pub(super) fn path(&self) -> KeyPath {
        match self {
            Self::Top => KeyPath::root(),
            Self::Key(way, key) => way.path().key(*key),
            Self::Index(way, index) => way.path().index(*index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_a_path_when_it_is_asked_for() {
        let (a, b) = (Way::Top.key("a"), 3);
        assert_eq!(a.index(b).key("c.d").path(), KeyPath::from(["a", "3", "c.d"]));
        assert_eq!((a.last(), a.index(b).last()), (Some("a"), None));
    }
}
