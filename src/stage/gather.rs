//! Finding the libraries of an MPI and all they need. Reads, and writes nothing.

use std::path::{Path, PathBuf};

use super::manifest::{File, Manifest};
use super::needed::{self, Needed};
use super::{StageError, write::Copy};
use shifter_libraries::mpi::{Abi, Language, Maker, PARTS, Part};

use crate::digest::sha256;
use crate::elf::{Elf, Loader, Machine, Origin};

/// Where an installation keeps its libraries: usually, on Debian, in Cray's and in Intel's.
const PLACES: [&str; 8] = [
    "lib",
    "lib64",
    "lib/x86_64-linux-gnu",
    "lib/aarch64-linux-gnu",
    "lib-abi-mpich",
    "lib/release",
    "lib/mpi/release",
    "",
];

/// What is to be staged.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The root that all paths are below; `/` for this machine.
    pub root: PathBuf,
    /// Where the MPI is installed, as seen from the root.
    pub from: PathBuf,
    /// The name for the profile's `abi`. Default: the agreed one, `libmpi.so.12`.
    pub abi: Option<String>,
    /// The version. Default: what the library says.
    pub version: Option<String>,
}

/// What will be staged.
pub struct Staged {
    /// What is said of it; the digests of the copies are filled in when there are copies.
    pub manifest: Manifest,
    pub(super) copies: Vec<Copy>,
    pub(super) loader: Loader,
}

/// A library of the ABI, with the names it gets.
struct Own {
    part: &'static Part,
    origin: Origin,
}

/// Finds what is wanted and all it needs.
///
/// # Errors
/// No MPI there, or one of another ABI; a library of another machine; something needed is missing.
pub fn gather(wanted: &Wanted) -> Result<Staged, StageError> {
    let read = |path: &Path, source| StageError::File { verb: "read", path: path.to_owned(), source };
    let loader = Loader::new(&wanted.root).map_err(|source| read(&wanted.root, source))?;
    let (abi, from) = (abi(wanted.abi.as_deref())?, wanted.from.display().to_string());
    let own = own(&loader, from.trim_end_matches('/'), &wanted.from)?;
    let main = &own[0].origin;
    let maker = maker(&loader, main)?;
    let version = version(wanted.version.clone().or(maker.version.clone()), main)?;
    let machine = main.elf.machine;

    let names: Vec<&str> = own.iter().flat_map(|own| own.part.names).copied().collect();
    let mut needed = Needed::default();
    own.iter().for_each(|own| needed.add(&own.origin, &names, &loader));
    let mut needed = needed.whole()?;
    let (plugins, left_out) = plugins(&mut needed, machine, &names, &loader);

    let mut files = Vec::new();
    let mut copies = Vec::new();
    for own in &own {
        let name = own.origin.elf.soname.as_deref().filter(|name| own.part.names.contains(name));
        let name = name.unwrap_or(own.part.names[0]);
        copies.push(Copy { path: format!("lib/{name}"), origin: own.origin.clone(), rpath: "$ORIGIN:$ORIGIN/dep" });
        for other in own.part.names.iter().filter(|other| **other != name) {
            files.push(link(format!("lib/{other}"), name));
        }
    }
    for (name, origin) in &needed.taken {
        copies.push(Copy { path: format!("lib/dep/{name}"), origin: origin.clone(), rpath: "$ORIGIN:$ORIGIN/.." });
    }
    for plugin in &plugins {
        let path = format!("lib/dep/{}/{}", plugin.directory, plugin.name);
        copies.push(Copy { path, origin: plugin.origin.clone(), rpath: "$ORIGIN/..:$ORIGIN" });
    }
    let glibc = copies.iter().filter_map(|copy| copy.origin.elf.glibc_needed).max();
    let manifest = Manifest {
        schema: Manifest::SCHEMA,
        stage: "mpich".to_owned(),
        version,
        mpi: maker.to_string(),
        interface: maker.interface.clone(),
        abi,
        names: own[0].part.names.iter().map(|name| (*name).to_owned()).collect(),
        architecture: machine.to_string(),
        glibc,
        from,
        files,
        of_image: needed.image,
        of_driver: needed.driver,
        left_out,
    };
    Ok(Staged { manifest, copies, loader })
}

/// The libraries of the ABI, the C one first.
fn own(loader: &Loader, from: &str, shown: &Path) -> Result<Vec<Own>, StageError> {
    let parts = || PARTS.iter().filter(|part| part.abi == Abi::Mpich);
    let in_directory = |directory: &str, part: &'static Part| {
        let mut paths = part.names.iter().map(|name| format!("{directory}/{name}"));
        paths.find_map(|path| loader.library(&path)).map(|origin| Own { part, origin })
    };
    let places = PLACES.iter().map(|place| format!("{from}/{place}").trim_end_matches('/').to_owned());
    for directory in places {
        let mut found: Vec<Own> = parts().filter_map(|part| in_directory(&directory, part)).collect();
        if !found.iter().any(|own| own.part.language == Language::C) {
            continue;
        }
        found.sort_by_key(|own| own.part.language);
        let wanted = found[0].origin.elf.machine;
        if let Some(other) = found.iter().find(|own| own.origin.elf.machine != wanted) {
            let Origin { path, elf: Elf { machine, .. } } = other.origin.clone();
            return Err(StageError::Foreign { path, is: machine.to_string(), wanted: wanted.to_string() });
        }
        return Ok(found);
    }
    let looked = PLACES.iter().map(|place| if place.is_empty() { "itself" } else { place }).collect::<Vec<_>>();
    Err(StageError::NoMpi { from: shown.to_owned(), looked: looked.join(", ") })
}

/// The name for the profile.
fn abi(wanted: Option<&str>) -> Result<String, StageError> {
    let part = PARTS.iter().find(|part| part.abi == Abi::Mpich && part.language == Language::C);
    let names = part.map_or(&[][..], |part| part.names);
    match wanted {
        None => Ok(names[0].to_owned()),
        Some(name) if names.contains(&name) => Ok(name.to_owned()),
        Some(name) => Err(StageError::Abi(name.to_owned())),
    }
}

/// Who made the library, which must not be Open MPI 1.10.
fn maker(loader: &Loader, main: &Origin) -> Result<Maker, StageError> {
    let read = |source| StageError::File { verb: "read", path: PathBuf::from(&main.path), source };
    let unknown = Maker { name: "an MPI that does not say its name", version: None, interface: None };
    let maker = Maker::find(&loader.bytes(&main.path).map_err(read)?).unwrap_or(unknown);
    if maker.is_open_mpi() {
        return Err(StageError::OtherMpi { path: main.path.clone(), is: maker.to_string() });
    }
    Ok(maker)
}

/// A version is the name of a directory.
fn version(version: Option<String>, main: &Origin) -> Result<String, StageError> {
    let version = version.ok_or_else(|| StageError::NoVersion(main.path.clone()))?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-');
    if version.is_empty() || version.starts_with(['.', '-']) || !version.bytes().all(is_plain) {
        return Err(StageError::Version(version));
    }
    Ok(version)
}

/// The plugins of what is taken, whose own needs are added. One that lacks something is left out: it is for a network
/// that this machine has not.
fn plugins(
    needed: &mut Needed,
    machine: Machine,
    names: &[&str],
    loader: &Loader,
) -> (Vec<needed::Plugin>, Vec<String>) {
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for plugin in needed::plugins(needed, machine, loader) {
        let mut own = Needed { taken: needed.taken.clone(), ..Needed::default() };
        own.add(&plugin.origin, names, loader);
        if own.missing.is_empty() {
            needed.merge(own);
            kept.push(plugin);
        } else {
            left_out.push(format!("{}/{}: needs {}", plugin.directory, plugin.name, own.missing.join(", ")));
        }
    }
    (kept, left_out)
}

fn link(path: String, to: &str) -> File {
    File { path, link: Some(to.to_owned()), source: None, source_sha256: None, sha256: None }
}

impl Copy {
    /// What the manifest says of a copy.
    pub(super) fn described(&self, before: &[u8], after: &[u8]) -> File {
        File {
            path: self.path.clone(),
            link: None,
            source: Some(self.origin.path.clone()),
            source_sha256: Some(sha256(before)),
            sha256: Some(sha256(after)),
        }
    }
}
