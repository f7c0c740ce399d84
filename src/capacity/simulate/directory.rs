//! A directory service as a number of connections.

use super::scenario::Directory;

/// The connections in use.
pub(super) struct Connections {
    limit: u32,
    open: u32,
    /// The most that were ever wanted at the same time.
    pub(super) most: u32,
    /// Those that got none.
    pub(super) refused: u32,
}

impl Connections {
    pub(super) fn new(directory: &Directory) -> Self {
        Self { limit: directory.connections, open: 0, most: 0, refused: 0 }
    }

    /// Whether one was to be had.
    pub(super) fn open(&mut self) -> bool {
        if self.open >= self.limit {
            self.refused += 1;
            return false;
        }
        self.open += 1;
        self.most = self.most.max(self.open);
        true
    }

    pub(super) fn close(&mut self) {
        self.open -= 1;
    }
}
