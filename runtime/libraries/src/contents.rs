//! What is inside an image: which C library, which MPI, which CUDA.

mod cuda;
mod musl;

use schemars::JsonSchema;
use serde::Serialize;

use crate::elf::{Elf, Glibc, Machine};
use crate::mpi::{self, Abi, Language, Maker, Part};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Its C library: `glibc 2.36`, `musl 1.2.4`.
    pub libc: Option<String>,
    /// The version, where that is glibc.
    pub glibc: Option<Glibc>,
    /// What its C library is made for; of several the one with the longest words.
    pub machine: Option<Machine>,
    /// Its libraries of MPI, in the order they were found.
    pub mpi: Vec<Mpi>,
    cuda: cuda::Cuda,
}

/// A library of MPI in an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Mpi {
    /// Its path in the image.
    pub path: String,
    /// The name that programs ask for.
    pub soname: String,
    /// Who made it, and its version: `MPICH 4.0.2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// `CURRENT:REVISION:AGE` of its interface, where MPICH says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// What it is made for: `amd64`.
    pub architecture: String,
    /// Whether it is Open MPI, whose names may be those of others.
    #[serde(skip)]
    pub is_open_mpi: bool,
}

impl Mpi {
    /// The library it is, by its name.
    #[must_use]
    pub fn part(&self) -> Option<&'static Part> {
        mpi::part_named(&self.soname)
    }

    /// Whose interface it has: the `libmpi.so.12` of Open MPI 1.10 is not MPICH's.
    #[must_use]
    pub fn abi(&self) -> Option<Abi> {
        let abi = self.part()?.abi;
        Some(if self.is_open_mpi && abi == Abi::Mpich { Abi::OpenMpi1 } else { abi })
    }
}

impl Contents {
    /// Whether the bytes of a file of this path in the image are of interest.
    #[must_use]
    pub fn wants(path: &str) -> bool {
        let name = name_of(path);
        let is_libc = name == "libc.so.6" || (name.starts_with("libc-2.") && name.ends_with(".so"));
        let is_mpi = name.starts_with("libmpi") && name.contains(".so");
        is_libc || name.starts_with("ld-musl-") || is_mpi || cuda::wants(path)
    }

    /// A file of this path is in the image.
    pub fn name(&mut self, path: &str) {
        self.cuda.name(name_of(path));
    }

    /// A file of this path is in the image and has these bytes. Those that were not [wanted](Self::wants) are passed over.
    pub fn add(&mut self, path: &str, bytes: &[u8]) {
        if name_of(path).starts_with("ld-musl-") {
            self.machine = self.machine.max(Elf::read(bytes).ok().map(|elf| elf.machine));
            self.libc = self.libc.take().or_else(|| Some(musl::describe(bytes)));
            return;
        }
        if cuda::wants(path) {
            self.cuda.told(path, bytes);
            return;
        }
        let Ok(elf) = Elf::read(bytes) else { return };
        let Some(soname) = elf.soname else { return };
        if soname == "libc.so.6" {
            // An image for two word lengths has two, of one version.
            self.glibc = self.glibc.max(elf.glibc_defined);
            self.machine = self.machine.max(Some(elf.machine));
            self.libc = self.glibc.map(|version| format!("glibc {version}"));
        } else if mpi::part_named(&soname).is_some_and(|part| part.language == Language::C) {
            let maker = Maker::find(bytes);
            self.mpi.push(Mpi {
                path: path.to_owned(),
                soname,
                is: maker.as_ref().map(ToString::to_string),
                interface: maker.as_ref().and_then(|maker| maker.interface.clone()),
                architecture: elf.machine.to_string(),
                is_open_mpi: maker.is_some_and(|maker| maker.is_open_mpi()),
            });
        }
    }

    /// The version of CUDA that programs in the image were made for or bring along, as `12.2.140`.
    #[must_use]
    pub fn cuda(&self) -> Option<String> {
        self.cuda.version()
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests;
