//! What a staged directory says of itself: `manifest.json`.

use serde::{Deserialize, Serialize};

use crate::elf::Glibc;

/// The name of the file.
pub const MANIFEST: &str = "manifest.json";

/// The version of the format.
const SCHEMA: u32 = 1;

/// What is staged, and what it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this format. 1.
    pub schema: u32,
    /// What it is: `mpich`.
    pub stage: String,
    /// Its version, which is the name of its directory.
    pub version: String,
    /// Who made it: `MPICH 4.3.2`.
    pub mpi: String,
    /// `CURRENT:REVISION:AGE` of its interface (libtool), where it says one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interface: Option<String>,
    /// The name that images link to, for `module.NAME.version.VERSION.abi`.
    pub abi: String,
    /// All names that images may link to.
    pub names: Vec<String>,
    /// The architecture: `amd64`.
    pub architecture: String,
    /// The oldest glibc that an image can have.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub glibc: Option<Glibc>,
    /// The prefix it was taken from.
    pub from: String,
    /// Every file, by its path in the directory.
    pub files: Vec<File>,
    /// Libraries that the image must have.
    pub of_image: Vec<String>,
    /// Libraries that come with the module of the accelerators.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub of_driver: Vec<String>,
    /// Plugins that were left out, and why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_out: Vec<String>,
}

/// A file of a staged directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its path in the directory: `lib/dep/libucp.so.0`.
    pub path: String,
    /// What it is a link to; then it has no other field.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub link: Option<String>,
    /// The file it was made from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// The SHA-256 of that file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source_sha256: Option<String>,
    /// The SHA-256 of this one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
}

impl Manifest {
    pub(super) const SCHEMA: u32 = SCHEMA;

    /// Reads one; none where the text is something else.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok().filter(|manifest: &Self| manifest.schema == SCHEMA)
    }

    /// As it stands in the file.
    #[must_use]
    pub fn text(&self) -> String {
        let value = serde_json::to_value(self).expect("texts and lists are JSON");
        shifter_gateway_types::pretty::print(&value)
    }

    /// The lines of a profile that make it a module's version, when it lies in `at`.
    #[must_use]
    pub fn profile(&self, at: &str) -> String {
        let mut lines = format!(
            "[module.{0}]\nfamily = \"mpi\"\n\n[module.{0}.version.\"{1}\"]\nfrom = \"{at}\"\nabi = \"{2}\"\n",
            self.stage, self.version, self.abi
        );
        if self.files.iter().any(|file| file.path.starts_with("lib/dep/libfabric/")) {
            lines.push_str(&format!("env.set = {{ FI_PROVIDER_PATH = \"{at}/lib/dep/libfabric\" }}\n"));
        }
        lines
    }
}
