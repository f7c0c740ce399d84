//! The MPI libraries that programs link to, and which may stand for which.
//!
//! MPICH, Intel MPI, Cray MPICH and MVAPICH agreed in 2014 on one ABI and on the names of its libraries
//! (mpich.org/abi): a program built with one runs with another. Debian builds the same library under names of its own,
//! so each library is known here by all its names.

use std::fmt;

/// One part of an implementation. All its names mean the same interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Whose interface it is.
    pub abi: Abi,
    /// The language it is for.
    pub language: Language,
    /// The sonames it has, the agreed one first.
    pub names: &'static [&'static str],
}

/// Whose interface a library has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Abi {
    /// That of MPICH and all who agreed to it.
    Mpich,
    /// That of Open MPI 4 and 5.
    OpenMpi4,
    /// That of Open MPI 2 and 3.
    OpenMpi2,
    /// That of Open MPI 1.10 and before.
    OpenMpi1,
    /// That of the standard, from MPI 5.0 on.
    Standard,
}

/// The language a library is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// The library itself, which those for other languages need.
    C,
    /// Fortran.
    Fortran,
    /// C++, which MPI 3.0 gave up.
    Cxx,
}

impl fmt::Display for Abi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mpich => "MPICH",
            Self::OpenMpi4 => "Open MPI 4",
            Self::OpenMpi2 => "Open MPI 2",
            Self::OpenMpi1 => "Open MPI 1",
            Self::Standard => "MPI 5 standard",
        })
    }
}

const fn part(abi: Abi, language: Language, names: &'static [&'static str]) -> Part {
    Part { abi, language, names }
}

/// Every library that is known. The second names of MPICH's are Debian's.
pub const PARTS: &[Part] = &[
    part(Abi::Mpich, Language::C, &["libmpi.so.12", "libmpich.so.12"]),
    part(Abi::Mpich, Language::Fortran, &["libmpifort.so.12", "libmpichfort.so.12"]),
    part(Abi::Mpich, Language::Cxx, &["libmpicxx.so.12", "libmpichcxx.so.12"]),
    part(Abi::OpenMpi4, Language::C, &["libmpi.so.40"]),
    part(Abi::OpenMpi4, Language::Fortran, &["libmpi_mpifh.so.40"]),
    part(Abi::OpenMpi2, Language::C, &["libmpi.so.20"]),
    part(Abi::OpenMpi1, Language::C, &["libmpi.so.1", "libmpi.so.0"]),
    part(Abi::Standard, Language::C, &["libmpi_abi.so.0", "libmpi_abi.so.1"]),
];

/// The library that has a name.
#[must_use]
pub fn part_named(soname: &str) -> Option<&'static Part> {
    PARTS.iter().find(|part| part.names.contains(&soname))
}

/// Who made a library of MPI, and which version it is, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// `MPICH`, `Open MPI`, `Intel MPI`, `Cray MPICH`, `MVAPICH`.
    pub name: &'static str,
    /// Its version, where it can be found.
    pub version: Option<String>,
    /// `CURRENT:REVISION:AGE` of the interface (libtool), where MPICH says it.
    pub interface: Option<String>,
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.version.iter().try_for_each(|version| write!(f, " {version}"))
    }
}

impl Maker {
    /// Whether this is an Open MPI: its version 1.10 has a `libmpi.so.12` that is not MPICH's.
    #[must_use]
    pub fn is_open_mpi(&self) -> bool {
        self.name == "Open MPI"
    }

    /// Looks through the bytes of a library for what `MPI_Get_library_version` would say.
    #[must_use]
    pub fn find(library: &[u8]) -> Option<Self> {
        let told = |name, before: &str| {
            let version = after(library, before)?;
            Some(Self { name, version: Some(version), interface: None })
        };
        let known = told("Open MPI", "Open MPI v")
            .or_else(|| told("Cray MPICH", "CRAY MPICH version "))
            .or_else(|| told("Intel MPI", "Intel(R) MPI Library "))
            .or_else(|| told("MVAPICH", "MVAPICH2 Version:\t"));
        let is_mpich = || holds(library, b"MPICH Version:");
        known.or_else(|| is_mpich().then(|| mpich(library)))
    }
}

/// MPICH's own library keeps the interface's version and, a few constants further, its own.
fn mpich(library: &[u8]) -> Maker {
    let texts = library.split(|byte| *byte == 0).filter(|text| (3..=24).contains(&text.len()));
    let mut texts = texts.filter_map(|text| std::str::from_utf8(text).ok());
    let interface = texts.find(|text| is_interface(text)).map(str::to_owned);
    let version = interface.as_ref().and_then(|_| texts.take(8).find(|text| is_version(text)).map(str::to_owned));
    Maker { name: "MPICH", version, interface }
}

/// `14:2:2`.
fn is_interface(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `4.0.2`, `4.3.0rc1`.
fn is_version(text: &str) -> bool {
    let mut parts = text.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (Some(major), Some(minor)) = (parts.next(), parts.next()) else { return false };
    is_number(major) && minor.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(is_of_version)
}

fn is_of_version(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+')
}

/// The version that follows a text.
fn after(library: &[u8], before: &str) -> Option<String> {
    let mut rest = library;
    while let Some(at) = position(rest, before.as_bytes()) {
        rest = &rest[at + before.len()..];
        let length = rest.iter().take(32).take_while(|byte| is_of_version(**byte)).count();
        let version = std::str::from_utf8(&rest[..length]).unwrap_or_default().trim_end_matches('.');
        if version.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(version.to_owned());
        }
    }
    None
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    position(bytes, text).is_some()
}

/// Looks for the first byte first, as libraries have tens of megabytes.
fn position(bytes: &[u8], text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == text[0]) {
        let at = from + at;
        if bytes[at..].starts_with(text) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_belongs_to_one_library() {
        let names: Vec<&str> = PARTS.iter().flat_map(|part| part.names).copied().collect();
        let mut distinct = names.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(names.len(), distinct.len());
        assert_eq!(part_named("libmpich.so.12"), part_named("libmpi.so.12"));
    }

    #[test]
    fn a_library_says_who_made_it() {
        let of = |bytes: &[u8]| Maker::find(bytes).map(|maker| maker.to_string());
        let mpich = b"\0MPICH Version:\t%s\n\0MPICH ABI:\t%s\n\0x\0\x0014:2:2\0Thu Apr  7 12:34:45 CDT 2022\x004.0.2\0";
        assert_eq!(of(mpich).as_deref(), Some("MPICH 4.0.2"));
        assert_eq!(Maker::find(mpich).unwrap().interface.as_deref(), Some("14:2:2"));
        assert_eq!(of(b"Open MPI v%d\0Open MPI v4.1.4, package: x").as_deref(), Some("Open MPI 4.1.4"));
        assert_eq!(of(b"CRAY MPICH version 8.1.30.8 (ANL base 3.4a2)").as_deref(), Some("Cray MPICH 8.1.30.8"));
        assert_eq!(of(b"Intel(R) MPI Library 2021.19 for Linux* OS").as_deref(), Some("Intel MPI 2021.19"));
        assert_eq!(of(b"\0MPICH Version:\t%s\n\0"), Some("MPICH".to_owned()));
        assert_eq!(of(b"a library of something else"), None);
    }
}
