//! What was found in an image when it was made, for who wonders why something in it does not work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The report of one image. It is made while the layers go by and kept for as long as the image's file is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ImageReport {
    /// What its C library is made for: `amd64`; null where it has none.
    pub architecture: Option<String>,
    /// Its C library: `glibc 2.36`, `musl 1.2.4`.
    pub libc: Option<String>,
    /// Its libraries of MPI.
    pub mpi: Vec<MpiLibrary>,
    /// The version of CUDA in it: `12.2.140`.
    pub cuda: Option<String>,
    /// Its layers, the lowest first.
    pub layers: Vec<LayerSize>,
    /// Files in it.
    pub files: u64,
    /// Bytes of those files, before they were compressed.
    pub bytes: u64,
    /// What became of the image's modes.
    pub modes: ReportedModes,
    /// Directories that only root can search; what lies in them does not count.
    pub closed: u64,
    /// Those of them that matter most, programs first.
    pub closed_worst: Vec<ClosedDirectory>,
    /// Set-user-id and set-group-id files whose bits stay; containers run without heeding them.
    pub set_id: Paths,
    /// Those whose bits were taken away.
    pub dropped_set_id: Paths,
    /// Files whose capabilities were taken away.
    pub dropped_capabilities: Paths,
    /// Device nodes and fifos that were left out.
    pub dropped_devices: Paths,
    /// Files and directories whose extended attributes were left out.
    pub dropped_attributes: Paths,
    /// What the site's examiner said, where there is one.
    pub examination: Option<String>,
    /// What the program that wrote the file could not represent.
    pub losses: Vec<String>,
}

/// What became of the modes of an image's files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportedModes {
    /// They are as in the layers.
    #[default]
    Image,
    /// Every user can read everything.
    Readable,
}

/// A library of MPI in an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MpiLibrary {
    /// Its path in the image.
    pub path: String,
    /// The name that programs ask for: `libmpi.so.12`.
    pub soname: String,
    /// Whose interface it has: `MPICH`, `Open MPI 4`.
    pub abi: Option<String>,
    /// Who made it, and its version: `MPICH 4.0.2`.
    pub is: Option<String>,
    /// What it is made for: `amd64`.
    pub architecture: String,
}

/// The size of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LayerSize {
    /// `sha256:...`.
    pub digest: String,
    /// Bytes that come from the registry.
    pub compressed: u64,
    /// Bytes of the archive in it.
    pub unpacked: u64,
}

/// A directory that only root can search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClosedDirectory {
    /// Its path in the image.
    pub path: String,
    /// Files in it, however deep.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// A program in it, which users therefore cannot start: the path in the image.
    pub program: Option<String>,
}

/// Paths of one kind in an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paths {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<String>,
}
