//! What an ELF file says of itself: the architecture it is for, and the value of a symbol (elf(5)).

/// The architecture, as images name it.
pub(super) fn machine(bytes: &[u8]) -> Option<&'static str> {
    if !bytes.starts_with(b"\x7fELF") {
        return None;
    }
    let little = bytes.get(5) == Some(&1);
    let pair = [*bytes.get(18)?, *bytes.get(19)?];
    match if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) } {
        3 => Some("386"),
        21 if little => Some("ppc64le"),
        21 => Some("ppc64"),
        22 => Some("s390x"),
        40 => Some("arm"),
        62 => Some("amd64"),
        183 => Some("arm64"),
        243 => Some("riscv64"),
        _ => None,
    }
}

/// The 32-bit value of a symbol that a 64-bit little-endian library exports.
pub(super) fn exported_u32(bytes: &[u8], name: &str) -> Option<u32> {
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let file = File(bytes);
    let sections = Table { at: file.u64(0x28)?, size: file.u16(0x3a)?, count: file.u16(0x3c)? };
    // SHT_DYNSYM
    let symbols = sections.entries().find(|at| file.u32(at + 4) == Some(11))?;
    let strings = sections.entries().nth(usize::try_from(file.u32(symbols + 0x28)?).ok()?)?;
    let (texts, start, length) = (file.u64(strings + 0x18)?, file.u64(symbols + 0x18)?, file.u64(symbols + 0x20)?);
    let wanted = |at: &u64| file.u32(*at).is_some_and(|text| file.is_text(texts + u64::from(text), name));
    let symbol = (0..length / 24).map(|n| start + n * 24).find(wanted)?;
    let address = file.u64(symbol + 8)?;
    let segments = Table { at: file.u64(0x20)?, size: file.u16(0x36)?, count: file.u16(0x38)? };
    let holds = |at: &u64| {
        let place = || Some((file.u64(at + 0x10)?, file.u64(at + 0x20)?));
        // PT_LOAD
        file.u32(*at) == Some(1) && place().is_some_and(|(from, size)| address >= from && address - from < size)
    };
    let segment = segments.entries().find(holds)?;
    file.u32(file.u64(segment + 8)?.checked_add(address - file.u64(segment + 0x10)?)?)
}

/// A table of the file: where it begins, how long an entry is, how many there are.
struct Table {
    at: u64,
    size: u16,
    count: u16,
}

impl Table {
    fn entries(&self) -> impl Iterator<Item = u64> {
        let (at, size) = (self.at, u64::from(self.size));
        (0..u64::from(self.count)).map(move |n| at.saturating_add(n * size))
    }
}

struct File<'b>(&'b [u8]);

impl File<'_> {
    fn bytes<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        let at = usize::try_from(at).ok()?;
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn u16(&self, at: u64) -> Option<u16> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    fn u32(&self, at: u64) -> Option<u32> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    /// Offsets beyond what a file can have are none.
    fn u64(&self, at: u64) -> Option<u64> {
        self.bytes(at).map(u64::from_le_bytes).filter(|value| *value < 1 << 62)
    }

    fn is_text(&self, at: u64, text: &str) -> bool {
        let rest = usize::try_from(at).ok().and_then(|at| self.0.get(at..)).unwrap_or_default();
        rest.strip_prefix(text.as_bytes()).is_some_and(|rest| rest.first() == Some(&0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_program_is_for_this_machine() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let known = [("x86_64", "amd64"), ("aarch64", "arm64")];
        let expected = known.iter().find(|(rust, _)| *rust == std::env::consts::ARCH).map(|(_, name)| *name);
        assert_eq!(machine(&own), expected);
        assert_eq!(machine(b"#!/bin/sh\n"), None);
    }

    #[test]
    fn broken_files_have_no_symbols() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(exported_u32(&own, "plugin_version"), None);
        for end in [0, 6, 20, 64, 100, 4096] {
            assert_eq!(exported_u32(&own[..end], "plugin_version"), None);
        }
        let mut wild = own[..64].to_vec();
        wild[0x28..0x30].fill(0xff);
        assert_eq!(exported_u32(&wild, "plugin_version"), None);
    }
}
