//! Which needed libraries are taken along, and which must come from elsewhere.

use super::StageError;
use crate::elf::{Loader, Machine, Origin};
use std::collections::BTreeMap;

/// The C library of the image: one build with its loader, and older than no symbol asked of it (the manifest says which).
const OF_THE_IMAGE: [&str; 14] = [
    "libc.so.6",
    "libm.so.6",
    "libmvec.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libresolv.so.2",
    "libutil.so.1",
    "libanl.so.1",
    "libnsl.so.1",
    "libthread_db.so.1",
    "libBrokenLocale.so.1",
    "libnss_files.so.2",
    "libnss_dns.so.2",
];

/// Libraries of a driver: they fit one kernel module, and come with the module of the accelerators.
const OF_THE_DRIVER: [&str; 6] = [
    "libcuda.so.1",
    "libnvidia-ml.so.1",
    "libnvidia-ptxjitcompiler.so.1",
    "libOpenCL.so.1",
    "libcudadebugger.so.1",
    "libnvcuvid.so.1",
];

/// Where a needed library comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// It is taken along.
    Host,
    /// The image has it.
    Image,
    /// The driver's module brings it.
    Driver,
}

/// Whether an image has a library of this name from its C library, or lacks it.
pub(crate) fn is_of_the_image(name: &str) -> bool {
    source_of(name) == From::Image
}

pub(super) fn source_of(name: &str) -> From {
    if OF_THE_IMAGE.contains(&name) || is_loader(name) {
        From::Image
    } else if OF_THE_DRIVER.contains(&name) {
        From::Driver
    } else {
        From::Host
    }
}

/// `ld-linux-x86-64.so.2`, `ld64.so.2`, `ld-musl-x86_64.so.1`, `linux-vdso.so.1`.
fn is_loader(name: &str) -> bool {
    ["ld-linux", "ld64.so", "ld-musl-", "linux-vdso", "ld.so"].iter().any(|start| name.starts_with(start))
}

/// All that libraries need, by the name they ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Needed {
    /// What is taken along.
    pub(super) taken: BTreeMap<String, Origin>,
    /// What the image must have.
    pub(super) image: Vec<String>,
    /// What the driver's module must bring.
    pub(super) driver: Vec<String>,
    /// What is not there, with who needs it.
    pub(super) missing: Vec<String>,
}

impl Needed {
    /// Adds all that `library` needs, directly or not. `own` are the names of libraries that are staged themselves.
    pub(super) fn add(&mut self, library: &Origin, own: &[&str], loader: &Loader) {
        let mut open = vec![library.clone()];
        while let Some(by) = open.pop() {
            for name in by.elf.needed.iter().filter(|name| !own.contains(&name.as_str())) {
                match source_of(name) {
                    From::Image => add(&mut self.image, name),
                    From::Driver => add(&mut self.driver, name),
                    From::Host if self.taken.contains_key(name) => {}
                    From::Host => match loader.find(name, &by) {
                        Some(found) => {
                            self.taken.insert(name.clone(), found.clone());
                            open.push(found);
                        }
                        None => self.missing.push(format!("{name} (for {})", by.path)),
                    },
                }
            }
        }
    }

    /// Takes in what another found.
    pub(super) fn merge(&mut self, other: Self) {
        self.taken.extend(other.taken);
        other.image.iter().for_each(|name| add(&mut self.image, name));
        other.driver.iter().for_each(|name| add(&mut self.driver, name));
    }

    /// Nothing may be missing.
    pub(super) fn whole(mut self) -> Result<Self, StageError> {
        if self.missing.is_empty() {
            return Ok(self);
        }
        self.missing.sort();
        self.missing.dedup();
        Err(StageError::Missing(self.missing))
    }
}

fn add(list: &mut Vec<String>, name: &str) {
    if let Err(at) = list.binary_search_by(|known| known.as_str().cmp(name)) {
        list.insert(at, name.to_owned());
    }
}

/// A library that is loaded by name while a program runs, from a directory beside the one that loads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plugin {
    /// The directory beside the library: `ucx`.
    pub(super) directory: &'static str,
    /// Its name.
    pub(super) name: String,
    /// What it is.
    pub(super) origin: Origin,
}

/// Libraries with plugins, and the directory beside them: UCX looks beside its own file, libfabric where
/// `FI_PROVIDER_PATH` says (fi_provider(7)).
const WITH_PLUGINS: [(&str, &str); 3] = [("libucs.so.", "ucx"), ("libuct.so.", "ucx"), ("libfabric.so.", "libfabric")];

/// The plugins of the libraries taken along. Names without a version are links for building, and left out of `ucx`.
pub(super) fn plugins(needed: &Needed, machine: Machine, loader: &Loader) -> Vec<Plugin> {
    let mut found: Vec<Plugin> = Vec::new();
    for (name, origin) in &needed.taken {
        let Some((_, directory)) = WITH_PLUGINS.iter().find(|(start, _)| name.starts_with(start)) else { continue };
        let Some((place, _)) = origin.path.rsplit_once('/') else { continue };
        for name in loader.names(&format!("{place}/{directory}")) {
            let is_plugin = if *directory == "ucx" { is_versioned(&name) } else { name.ends_with(".so") };
            let origin =
                is_plugin.then(|| loader.for_machine(&format!("{place}/{directory}/{name}"), machine)).flatten();
            let is_known = |plugin: &Plugin| plugin.directory == *directory && plugin.name == name;
            if let Some(origin) = origin.filter(|_| !found.iter().any(is_known)) {
                found.push(Plugin { directory, name, origin });
            }
        }
    }
    found
}

/// `libuct_cma.so.0`: the name that UCX asks for, and not that of the file behind it.
fn is_versioned(name: &str) -> bool {
    name.rsplit_once(".so.").is_some_and(|(_, version)| version.bytes().all(|byte| byte.is_ascii_digit()))
}
