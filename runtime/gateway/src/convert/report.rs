//! What a conversion saw and what it left out.

use shifter_gateway_types::rest::LayerSize;
use shifter_libraries::Contents;

use super::closed::Closed;
use super::policy::Modes;

/// How many paths of one kind a report names; the counts go on.
const NAMED: usize = 20;

/// Paths of one kind: how many, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// How many there are.
    pub count: u64,
    /// The first of them, in the order of the layers; bytes that are no UTF-8 are replaced.
    pub first: Vec<String>,
}

impl Noted {
    pub(crate) fn note(&mut self, path: &[u8]) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(String::from_utf8_lossy(path).into_owned());
        }
    }
}

/// The report of one conversion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The program or library that wrote the result.
    pub writer: String,
    /// What this writer cannot represent and therefore lost; empty for the default one.
    pub losses: Vec<String>,
    /// Entries read from all layers.
    pub entries: u64,
    /// Regular files of the result (an inode with several names counts once).
    pub files: u64,
    /// Directories of the result.
    pub directories: u64,
    /// Symbolic links of the result.
    pub symlinks: u64,
    /// Further names of files.
    pub hard_links: u64,
    /// Bytes of the regular files of the result.
    pub file_bytes: u64,
    /// The layers, lowest first.
    pub layers: Vec<LayerSize>,
    /// Which libraries are in the result: the C library, MPI, CUDA.
    pub contents: Contents,
    /// Device nodes, fifos and sockets, which are not carried over.
    pub dropped_special: Noted,
    /// Entries whose extended attributes are not carried over.
    pub dropped_xattrs: Noted,
    /// Entries whose file capabilities are not carried over.
    pub dropped_capabilities: Noted,
    /// Files with a set-id bit in the result.
    pub set_id: Noted,
    /// Files whose set-id bits were taken away.
    pub dropped_set_id: Noted,
    /// Directories of the result that only root can search.
    pub closed: Closed,
    /// Whether every file of the result was made readable by every user.
    pub modes: Modes,
    /// What the site's examiner said about the image, where there is one.
    pub examination: Option<String>,
}
