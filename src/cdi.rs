//! The module of accelerators: `shifter-site cdi` turns what a node has into lines of udiRoot.conf, or a profile's layer.
//!
//! What a node has is told by a specification of the Container Device Interface ([`spec`], [`edits`]), which the vendor's
//! tools write, or found on the node itself ([`discover`]): libraries by ELF class and soname, device files by what the
//! kernel says of them. Both come to one [`Driver`], and [`module`] makes the module of it. All of it is done by a user
//! without privilege; root reads udiRoot.conf and nothing else, and runs no hook of a vendor.
//!
//! The driver's libraries do not go where the host has them, which may be a link or full of other things in an image, but
//! into a directory of the module's own, which comes before `LD_LIBRARY_PATH`.

mod discover;
mod driver;
mod edits;
mod hooks;
mod module;
mod spec;

pub(crate) use discover::discover;
pub use discover::{NVIDIA_LIBRARIES, NVIDIA_PROGRAMS};
pub use driver::{Driver, File, Library};
pub(crate) use edits::of_specification;
pub use module::{Form, Module};
pub use spec::Specification;

use std::io;
use std::path::PathBuf;

/// Variables by which workload managers give a job its devices; a module must not set them.
pub const GIVEN_BY_THE_WLM: [&str; 6] = [
    "CUDA_VISIBLE_DEVICES",
    "NVIDIA_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "ZE_AFFINITY_MASK",
    "GPU_DEVICE_ORDINAL",
];

/// Why there is no module.
#[derive(Debug, thiserror::Error)]
pub enum CdiError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no specification.
    #[error("`{}` is no CDI specification: {why}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no specification in the usual places.
    #[error("no CDI specification in {0}: name one, or use `--discover`")]
    NoSpecification(String),
    /// The specifications are of several vendors.
    #[error("there are accelerators of several vendors ({}): choose with `--vendor`", .0.join(", "))]
    Vendors(Vec<String>),
    /// Nothing of that vendor.
    #[error("there are no accelerators of `{0}`")]
    Vendor(String),
    /// Nothing at all.
    #[error("there are no accelerators of NVIDIA, AMD or Intel: neither device files nor libraries of a driver")]
    Nothing,
    /// `--device` names none.
    #[error("the specification has no device `{name}`; it has {}", .known.join(", "))]
    Device {
        /// What was asked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// A hook that nothing is known of.
    #[error("the hook `{0}` would have to run as root, and what it does has no line in udiRoot.conf")]
    Hook(String),
    /// An edit that the runtime cannot do.
    #[error("{0}")]
    Edit(String),
    /// Something has no place in udiRoot.conf.
    #[error("`{value}` cannot stand in `{key}` of udiRoot.conf: {why}")]
    Line {
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// Why.
        why: String,
    },
}

#[cfg(test)]
mod tests;
