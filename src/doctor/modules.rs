//! Which module would take the place of an image's MPI, and whether it could.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::inside::{Inside, Mpi};
use shifter_libraries::mpi::{self, Part};

use crate::elf::Glibc;
use crate::facts;
use crate::profile::Profile;
use crate::site::Module;
use crate::stage::{MANIFEST, Manifest};

/// A module with an MPI, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// As users write it: `mpich/4.3.2`.
    pub name: String,
    /// The library whose place it takes.
    pub abi: String,
    /// What it says of itself, where `stage` made it.
    pub manifest: Option<Manifest>,
}

/// What a module would do for an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verdict {
    /// As users write it: `mpich/4.3.2`.
    pub module: String,
    /// Whether programs of the image would run with it.
    pub works: bool,
    /// Why not; or what is to be known about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} will {}work", self.module, if self.works { "" } else { "not " })?;
        self.because.iter().try_for_each(|why| write!(f, ": {why}"))
    }
}

/// The modules of a class of nodes that have an MPI: those whose profile names an ABI, and those that `stage` made.
#[must_use]
pub fn candidates(profile: &Profile, modules: &[Module], root: &Path, limit: Duration) -> Vec<Candidate> {
    let mut found = Vec::new();
    for module in modules {
        let sources = module.filesystems.iter().map(|filesystem| &filesystem.source).chain(&module.copy_from);
        let manifest = |source: &String| {
            let text = facts::read_below(root, &format!("{source}/{MANIFEST}"), limit).ok()?;
            Manifest::parse(text.as_bytes())
        };
        let manifest = sources.clone().find_map(manifest);
        let written =
            module.version.as_ref().and_then(|version| profile.module.get(&module.name)?.version.get(version));
        let abi = written.and_then(|version| version.abi.clone());
        let Some(abi) = abi.or_else(|| manifest.as_ref().map(|manifest| manifest.abi.clone())) else { continue };
        let version = module.version.iter().map(|version| format!("/{version}")).collect::<String>();
        found.push(Candidate { name: format!("{}{version}", module.name), abi, manifest });
    }
    found
}

impl Candidate {
    /// What it would do for programs that link to an image's MPI. None where the image has none.
    #[must_use]
    pub fn judge(&self, inside: &Inside) -> Option<Verdict> {
        let verdict = |works, because| Some(Verdict { module: self.name.clone(), works, because });
        if inside.mpi.is_empty() {
            return None;
        }
        let Some(own) = inside.mpi.iter().find(|own| self.stands_for(own)) else {
            let has: Vec<String> = inside.mpi.iter().map(describe).collect();
            return verdict(false, Some(format!("it is {}, and the image has {}", self.abi, has.join(", "))));
        };
        let Some(manifest) = &self.manifest else { return verdict(true, None) };
        if manifest.architecture != own.architecture {
            return verdict(
                false,
                Some(format!("it is for {}, and the image for {}", manifest.architecture, own.architecture)),
            );
        }
        match (manifest.glibc, inside.glibc) {
            (Some(needed), None) if inside.libc.is_some() => {
                return verdict(false, Some(format!("it needs glibc {needed}, and the image has musl")));
            }
            (Some(needed), Some(has)) if needed > has => return verdict(false, Some(too_old(needed, has))),
            _ => {}
        }
        let lacking: Vec<&str> =
            manifest.of_image.iter().map(String::as_str).filter(|name| !inside.of_libc.contains(*name)).collect();
        if !lacking.is_empty() {
            return verdict(false, Some(format!("it needs {}, and the image lacks that", lacking.join(", "))));
        }
        let newest = |interface: Option<&String>| interface?.split(':').next()?.parse::<u32>().ok();
        match (newest(manifest.interface.as_ref()), newest(own.interface.as_ref())) {
            (Some(module), Some(image)) if module < image => {
                let why =
                    format!("its interface is {module}, and the image's is {image}: newer functions are not in it");
                verdict(true, Some(why))
            }
            _ => verdict(true, Some(manifest.mpi.clone())),
        }
    }

    /// Whether one name means the other: `libmpich.so.12` is Debian's name for `libmpi.so.12`.
    fn stands_for(&self, own: &Mpi) -> bool {
        let is_same = |part: &Part| part.names.contains(&self.abi.as_str());
        // A library that nobody here knows stands for itself alone.
        own.part().map_or(own.soname == self.abi, is_same) && own.is_open_mpi == is_of_open_mpi(&self.abi)
    }
}

fn is_of_open_mpi(abi: &str) -> bool {
    mpi::part_named(abi).is_some_and(|part| !matches!(part.abi, mpi::Abi::Mpich | mpi::Abi::Standard))
}

fn describe(own: &Mpi) -> String {
    let is = own.is.iter().map(|is| format!(" of {is}")).collect::<String>();
    format!("{}{is}", own.soname)
}

fn too_old(needed: Glibc, has: Glibc) -> String {
    format!("it needs glibc {needed}, and the image has {has}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn image(libc: &str, soname: &str, is: &str) -> Inside {
        let library = Mpi {
            path: format!("/usr/lib/{soname}"),
            soname: soname.to_owned(),
            is: Some(is.to_owned()),
            interface: Some("14:2:2".to_owned()),
            architecture: "amd64".to_owned(),
            is_open_mpi: is.starts_with("Open MPI"),
        };
        let glibc = libc.strip_prefix("glibc ").map(|version| version.parse().unwrap());
        let of_libc = ["libc.so.6".to_owned()].into();
        Inside { libc: Some(libc.to_owned()), glibc, of_libc, mpi: vec![library], ..Inside::default() }
    }

    fn module(interface: &str) -> Candidate {
        let text = format!(
            r#"{{"schema": 1, "stage": "mpich", "version": "4.3.2", "mpi": "MPICH 4.3.2", "abi": "libmpi.so.12", "names": [],
                "interface": "{interface}", "architecture": "amd64", "glibc": "2.28", "from": "/", "files": [], "of_image": ["libc.so.6"]}}"#
        );
        let manifest = Manifest::parse(text.as_bytes());
        assert!(manifest.is_some());
        Candidate { name: "mpich/4.3.2".to_owned(), abi: "libmpi.so.12".to_owned(), manifest }
    }

    #[test]
    fn a_module_works_for_all_names_of_its_library() {
        let said = |image| module("17:2:5").judge(&image).unwrap().to_string();
        assert_eq!(said(image("glibc 2.36", "libmpich.so.12", "MPICH 4.0.2")), "mpich/4.3.2 will work: MPICH 4.3.2");
        assert_eq!(said(image("glibc 2.36", "libmpi.so.12", "Intel MPI 2021.9")), "mpich/4.3.2 will work: MPICH 4.3.2");
        assert_eq!(module("17:2:5").judge(&Inside::default()), None);
    }

    #[test]
    fn what_would_fail_is_said_before() {
        let said = |image| module("17:2:5").judge(&image).unwrap().to_string();
        insta::assert_snapshot!(said(image("glibc 2.17", "libmpi.so.12", "MPICH 3.2")), @"mpich/4.3.2 will not work: it needs glibc 2.28, and the image has 2.17");
        insta::assert_snapshot!(said(image("musl", "libmpi.so.12", "MPICH 4.0.2")), @"mpich/4.3.2 will not work: it needs glibc 2.28, and the image has musl");
        insta::assert_snapshot!(said(image("glibc 2.36", "libmpi.so.40", "Open MPI 4.1.4")), @"mpich/4.3.2 will not work: it is libmpi.so.12, and the image has libmpi.so.40 of Open MPI 4.1.4");
        insta::assert_snapshot!(said(image("glibc 2.36", "libmpi.so.12", "Open MPI 1.10.7")), @"mpich/4.3.2 will not work: it is libmpi.so.12, and the image has libmpi.so.12 of Open MPI 1.10.7");
        let lacking = Inside { of_libc: BTreeSet::new(), ..image("glibc 2.36", "libmpi.so.12", "MPICH 4.0.2") };
        insta::assert_snapshot!(said(lacking), @"mpich/4.3.2 will not work: it needs libc.so.6, and the image lacks that");
        let older = module("13:0:1").judge(&image("glibc 2.36", "libmpi.so.12", "MPICH 4.0.2")).unwrap().to_string();
        insta::assert_snapshot!(older, @"mpich/4.3.2 will work: its interface is 13, and the image's is 14: newer functions are not in it");
    }
}
