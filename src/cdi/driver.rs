//! What a node has of a vendor's accelerators.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Devices of one vendor, and the parts of their driver that programs use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Driver {
    /// `nvidia`, `amd`, `intel`, or the name of another vendor.
    pub vendor: String,
    /// The driver's version, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The device files, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<String>,
    /// The driver's libraries, sorted by path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<Library>,
    /// Its programs, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<String>,
    /// Other files that containers see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File>,
    /// Variables that are set.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// What was not taken over from a specification, and why that does no harm.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// A library of a driver.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Library {
    /// Its path on the host.
    pub path: String,
    /// The names that programs ask for, sorted: its soname, and names that are looked up while a program runs.
    pub names: Vec<String>,
    /// Its word length: 32 or 64.
    pub bits: u8,
}

/// A file, or a directory, that is neither library nor program.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// Its path on the host.
    pub path: String,
    /// Its path in containers.
    pub at: String,
}

impl Driver {
    /// Puts everything into its order, each thing once.
    pub(super) fn in_order(mut self) -> Self {
        for library in &mut self.libraries {
            library.names.sort();
            library.names.dedup();
        }
        let lists = [&mut self.devices, &mut self.programs, &mut self.notes];
        for list in lists {
            list.sort();
            list.dedup();
        }
        self.libraries.sort();
        self.libraries.dedup();
        self.files.sort();
        self.files.dedup();
        self
    }
}
