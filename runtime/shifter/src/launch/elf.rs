//! As much of an ELF file as says why it cannot be started: for which machine it is, and which loader it names (elf(5)).
//!
//! The file may be anybody's and anything; every number in it is checked before it is used.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

/// What an ELF file begins with.
pub(super) const MAGIC: &[u8] = b"\x7fELF";

/// The type of a program header that names the loader.
const PT_INTERP: u32 = 3;

/// No loader has a longer name (the kernel's `PATH_MAX`).
const LONGEST_NAME: usize = 4096;

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Elf {
    /// Its machine, as registries call platforms.
    pub(super) platform: String,
    /// The loader it names; a static program names none.
    pub(super) loader: Option<PathBuf>,
}

/// The platform of this program, which is the node's.
pub(super) fn of_this_node() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

impl Elf {
    /// Reads it, if it is one.
    pub(super) fn read(file: &File) -> Option<Elf> {
        let mut head = [0; 64];
        let length = file.read_at(&mut head, 0).ok()?;
        let header = Header { bytes: head.get(..length)? };
        if !header.bytes.starts_with(MAGIC) {
            return None;
        }
        Some(Elf { platform: header.platform()?, loader: loader(file, &header) })
    }
}

/// A header of either class and byte order.
struct Header<'a> {
    bytes: &'a [u8],
}

impl Header<'_> {
    fn is_64(&self) -> bool {
        self.bytes.get(4) == Some(&2)
    }

    fn is_little(&self) -> bool {
        self.bytes.get(5) == Some(&1)
    }

    fn platform(&self) -> Option<String> {
        let number = self.number(self.bytes, 18, 2)?;
        let name = match (number, self.is_64(), self.is_little()) {
            (62, ..) => "amd64",
            (183, ..) => "arm64",
            (3, ..) => "386",
            (40, ..) => "arm",
            (21, _, true) => "ppc64le",
            (21, _, false) => "ppc64",
            (22, ..) => "s390x",
            (243, true, _) => "riscv64",
            (258, true, _) => "loong64",
            (8, ..) => "mips",
            (50, ..) => "ia64",
            _ => return Some(format!("machine {number} of elf(5)")),
        };
        Some(name.to_owned())
    }

    /// The number of this width at this place.
    fn number(&self, bytes: &[u8], at: usize, width: usize) -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(width)?)?;
        let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        Some(if self.is_little() { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    }
}

fn loader(file: &File, header: &Header<'_>) -> Option<PathBuf> {
    // Offsets in the file header and in a program header: `e_phoff`, `e_phentsize`, `e_phnum`; `p_offset`, `p_filesz`.
    let (table, size, count, offset, length, wide) =
        if header.is_64() { (32, 54, 56, 8, 32, 8) } else { (28, 42, 44, 4, 16, 4) };
    let table = header.number(header.bytes, table, wide)?;
    let size = header.number(header.bytes, size, 2)?;
    let count = header.number(header.bytes, count, 2)?;
    for nth in 0..count {
        let mut entry = [0; 56];
        let at = table.checked_add(nth.checked_mul(size)?)?;
        let read = file.read_at(&mut entry, at).ok()?;
        let entry = entry.get(..read)?;
        if header.number(entry, 0, 4)? != u64::from(PT_INTERP) {
            continue;
        }
        let length = usize::try_from(header.number(entry, length, wide)?).ok()?.min(LONGEST_NAME);
        let mut name = vec![0; length];
        let read = file.read_at(&mut name, header.number(entry, offset, wide)?).ok()?;
        let name = name.get(..read)?.split(|&byte| byte == 0).next()?;
        return Some(PathBuf::from(OsStr::from_bytes(name)));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_this_machine_names_its_platform_and_its_loader() {
        let elf = Elf::read(&File::open("/proc/self/exe").unwrap()).unwrap();
        assert_eq!(elf.platform, of_this_node());
        let loader = elf.loader.expect("tests are linked dynamically");
        assert!(loader.is_absolute() && loader.exists(), "{loader:?}");
    }

    #[test]
    fn bytes_that_are_cut_or_wrong_are_no_panic() {
        let whole = std::fs::read("/proc/self/exe").unwrap();
        let path = std::env::temp_dir().join(format!("shifter-elf-{}", std::process::id()));
        for length in [0, 3, 4, 5, 18, 19, 20, 40, 63, 64, 100] {
            let mut bytes = whole[..length].to_vec();
            std::fs::write(&path, &bytes).unwrap();
            let _any = Elf::read(&File::open(&path).unwrap());
            bytes.iter_mut().skip(4).for_each(|byte| *byte = 0xff);
            std::fs::write(&path, &bytes).unwrap();
            let _any = Elf::read(&File::open(&path).unwrap());
        }
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        assert_eq!(Elf::read(&File::open(&path).unwrap()), None);
        std::fs::remove_file(&path).unwrap();
    }
}
