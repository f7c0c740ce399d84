//! What an ELF file asks of the loader (elf(5), ld.so(8)), and where it is to look for it.
//!
//! Nothing is guessed from names: class and machine are read from the file, because a directory may hold libraries of
//! several architectures, and the loader passes over those of others.

mod glibc;

pub use glibc::{Glibc, NoGlibc};

use std::fmt;

use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader, SectionHeader as _, SectionTable};
use object::{Endianness, ReadRef, StringTable};

/// What a file is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Machine {
    /// 32 or 64.
    pub bits: u8,
    /// `e_machine`.
    pub number: u16,
}

impl fmt::Display for Machine {
    /// As images name architectures, where they do: `amd64`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match (self.number, self.bits) {
            (elf::EM_X86_64, 64) => "amd64",
            (elf::EM_X86_64, _) => "x32",
            (elf::EM_386, _) => "386",
            (elf::EM_AARCH64, 64) => "arm64",
            (elf::EM_ARM, _) => "arm",
            (elf::EM_PPC64, _) => "ppc64le",
            (elf::EM_S390, _) => "s390x",
            (elf::EM_RISCV, 64) => "riscv64",
            (number, bits) => return write!(f, "machine {number} of {bits} bits"),
        };
        f.write_str(name)
    }
}

/// A program or library, as the loader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elf {
    /// What it is made for.
    pub machine: Machine,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// `DT_NEEDED`, in order.
    pub needed: Vec<String>,
    /// The directories of `DT_RPATH`.
    pub rpath: Vec<String>,
    /// The directories of `DT_RUNPATH`.
    pub runpath: Vec<String>,
    /// The oldest glibc with all the symbols that it asks for.
    pub glibc_needed: Option<Glibc>,
    /// The newest glibc whose symbols it has: of `libc.so.6` its version.
    pub glibc_defined: Option<Glibc>,
}

/// Why a file cannot be read as ELF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// It is something else.
    #[error("is no ELF file")]
    Other,
    /// It is cut off, or contradicts itself.
    #[error("is a broken ELF file: {0}")]
    Broken(#[from] object::Error),
    /// It names something by a text that is not there.
    #[error("is a broken ELF file: a name lies outside its texts")]
    Name,
}

impl Elf {
    /// Reads what there is for the loader. Of a large file only those parts are read.
    ///
    /// # Errors
    /// Files that are not ELF, or broken.
    pub fn read<'d>(data: impl ReadRef<'d>) -> Result<Self, ElfError> {
        let head = data.read_bytes_at(0, 16).map_err(|()| ElfError::Other)?;
        if !head.starts_with(&elf::ELFMAG) {
            return Err(ElfError::Other);
        }
        if head[4] == elf::ELFCLASS64 { of::<FileHeader64<_>>(data) } else { of::<FileHeader32<_>>(data) }
    }
}

fn of<'d, H: FileHeader<Endian = Endianness>>(data: impl ReadRef<'d>) -> Result<Elf, ElfError> {
    let header = H::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let mut found = Elf {
        machine: Machine { bits: if header.is_type_64() { 64 } else { 32 }, number: header.e_machine(endian) },
        soname: None,
        needed: Vec::new(),
        rpath: Vec::new(),
        runpath: Vec::new(),
        glibc_needed: None,
        glibc_defined: None,
    };
    if let Some((entries, index)) = sections.dynamic(endian, data)? {
        let strings = strings(&sections, endian, data, index)?;
        for entry in entries {
            let text = || {
                let bytes = entry.val32(endian).and_then(|at| strings.get(at).ok()).ok_or(ElfError::Name)?;
                Ok::<_, ElfError>(String::from_utf8_lossy(bytes).into_owned())
            };
            let directories = || Ok::<Vec<String>, ElfError>(text()?.split(':').map(str::to_owned).collect());
            match entry.tag32(endian) {
                Some(elf::DT_NULL) => break,
                Some(elf::DT_SONAME) => found.soname = Some(text()?),
                Some(elf::DT_NEEDED) => found.needed.push(text()?),
                Some(elf::DT_RPATH) => found.rpath = directories()?,
                Some(elf::DT_RUNPATH) => found.runpath = directories()?,
                _ => {}
            }
        }
    }
    versions(&sections, endian, data, &mut found)?;
    Ok(found)
}

/// The versions of symbols: those asked of other files, and those defined.
fn versions<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>>(
    sections: &SectionTable<'d, H, R>,
    endian: Endianness,
    data: R,
    found: &mut Elf,
) -> object::read::Result<()> {
    if let Some((mut asked, index)) = sections.gnu_verneed(endian, data)? {
        let strings = strings(sections, endian, data, index)?;
        while let Some((_, mut names)) = asked.next()? {
            while let Some(name) = names.next()? {
                let version = Glibc::of_symbol(name.name(endian, strings)?);
                found.glibc_needed = found.glibc_needed.max(version);
            }
        }
    }
    if let Some((mut defined, index)) = sections.gnu_verdef(endian, data)? {
        let strings = strings(sections, endian, data, index)?;
        while let Some((_, mut names)) = defined.next()? {
            if let Some(name) = names.next()? {
                let version = Glibc::of_symbol(name.name(endian, strings)?);
                found.glibc_defined = found.glibc_defined.max(version);
            }
        }
    }
    Ok(())
}

fn strings<'d, H: FileHeader, R: ReadRef<'d>>(
    sections: &SectionTable<'d, H, R>,
    endian: H::Endian,
    data: R,
    index: object::SectionIndex,
) -> object::read::Result<StringTable<'d, R>> {
    let section = sections.section(index)?;
    Ok(section.strings(endian, data)?.unwrap_or_default())
}
