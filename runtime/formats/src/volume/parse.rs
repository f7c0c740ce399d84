//! Reading a volume map and refusing what it does not understand.

use std::path::{Path, PathBuf};

use super::{
    Author, CacheFilesystem, PerNodeCache, Propagation, VolumeEntry, VolumeFault, VolumeFaultKind, VolumeMap,
    forbidden_target,
};
use crate::size::Bytes;

/// The longest map that is read; the kernel passes no longer argument either (128 KiB, execve(2)).
const LONGEST: usize = 128 << 10;

impl VolumeMap {
    /// Reads `FROM[:TO[:FLAG...]];...`.
    ///
    /// Blanks around `;` and empty entries are allowed, as they change no meaning in the original.
    ///
    /// # Errors
    /// All mistakes at once, each with its bytes in `text`.
    pub fn parse(text: &str, author: Author) -> Result<Self, Vec<VolumeFault>> {
        let mut map = Self::default();
        let mut faults = Vec::new();
        let mut start = 0;
        if text.len() > LONGEST {
            return Err(vec![VolumeFault { range: 0..text.len(), kind: VolumeFaultKind::TooLong }]);
        }
        for piece in text.split(';') {
            let entry = Piece::of(text, start, start + piece.len()).trimmed();
            start += piece.len() + 1;
            if entry.text.is_empty() {
                continue;
            }
            let before = faults.len();
            let parsed = parse_entry(&entry, author, &mut faults);
            if faults.len() == before {
                map.entries.push(parsed);
            }
        }
        if faults.is_empty() { Ok(map) } else { Err(faults) }
    }
}

/// Part of the text, and where it lies there.
#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    start: usize,
}

impl<'a> Piece<'a> {
    fn of(whole: &'a str, start: usize, end: usize) -> Self {
        Self { text: &whole[start..end], start }
    }

    fn trimmed(self) -> Self {
        let front = self.text.len() - self.text.trim_start_matches([' ', '\t']).len();
        Self { text: self.text.trim_matches([' ', '\t']), start: self.start + front }
    }

    fn split(self, separator: char) -> Vec<Self> {
        let mut start = self.start;
        self.text
            .split(separator)
            .map(|text| {
                let piece = Self { text, start };
                start += text.len() + separator.len_utf8();
                piece
            })
            .collect()
    }

    fn fault(self, kind: VolumeFaultKind) -> VolumeFault {
        VolumeFault { range: self.start..self.start + self.text.len(), kind }
    }
}

fn parse_entry(piece: &Piece<'_>, author: Author, faults: &mut Vec<VolumeFault>) -> VolumeEntry {
    let mut entry = VolumeEntry::default();
    if piece.text.contains('"') {
        faults.push(piece.fault(VolumeFaultKind::Quotes));
        return entry;
    }
    let fields = piece.split(':');
    let mut fields = fields.iter();
    let from = fields.next();
    let to = fields.next();
    let source = from.filter(|from| !from.text.is_empty());
    match source {
        Some(from) => entry.from = parse_path(from, faults),
        None => faults.push(piece.fault(VolumeFaultKind::NoSource)),
    }
    let target = match (to, author) {
        (Some(to), _) if !to.text.is_empty() => {
            entry.to = parse_path(to, faults);
            to
        }
        (None, Author::Site) => {
            entry.to.clone_from(&entry.from);
            source.unwrap_or(piece)
        }
        _ => {
            faults.push(piece.fault(VolumeFaultKind::NoTarget));
            piece
        }
    };
    if entry.to.is_absolute()
        && let Some(row) = forbidden_target(&entry.to, author)
    {
        faults.push(target.fault(VolumeFaultKind::Forbidden(row.why)));
    }
    for flag in fields {
        if let Err(kind) = set_flag(&mut entry, flag.text, author) {
            faults.push(flag.fault(kind));
        }
    }
    entry
}

fn parse_path(piece: &Piece<'_>, faults: &mut Vec<VolumeFault>) -> PathBuf {
    let found = if !piece.text.starts_with('/') {
        Some(VolumeFaultKind::Relative)
    } else if piece
        .text
        .split_once([' ', '\t'])
        .is_some_and(|(_, rest)| rest.trim_start_matches([' ', '\t']).starts_with('/'))
    {
        Some(VolumeFaultKind::BlankSeparated)
    } else if let Some(bad) = piece.text.chars().find(|c| !is_path_character(*c)) {
        Some(VolumeFaultKind::Character(bad))
    } else if piece.text.contains("..") {
        // The original refuses `/a..b` too.
        Some(VolumeFaultKind::Parent)
    } else {
        None
    };
    if let Some(kind) = found {
        faults.push(piece.fault(kind));
    }
    Path::new(piece.text).to_owned()
}

/// The characters that the original leaves in a path.
pub(super) const fn is_path_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-' | '/')
}

fn set_flag(entry: &mut VolumeEntry, text: &str, author: Author) -> Result<(), VolumeFaultKind> {
    use VolumeFaultKind as Fault;
    let (name, argument) = match text.split_once('=') {
        Some((name, argument)) => (name, Some(argument)),
        None => (text, None),
    };
    if name.contains(',') {
        return Err(Fault::CommaBetweenFlags);
    }
    let lower = name.to_ascii_lowercase();
    let (word, for_users) = match lower.as_str() {
        // `FROM:TO:` means no flag in the original too.
        "" if argument.is_none() => return Ok(()),
        "ro" => ("ro", true),
        "rec" => ("rec", false),
        "slave" => ("slave", false),
        "private" => ("private", false),
        "pernodecache" => ("perNodeCache", true),
        "optional" => ("optional", false),
        "automount" => ("automount", false),
        _ => return Err(Fault::UnknownFlag(name.to_owned())),
    };
    if author == Author::User && !for_users {
        return Err(Fault::SiteFlag(word));
    }
    let takes_argument = matches!(word, "perNodeCache" | "automount");
    match argument {
        Some(_) if !takes_argument => return Err(Fault::UnexpectedArgument(word)),
        None if takes_argument => return Err(Fault::MissingArgument(word)),
        _ => {}
    }
    let argument = argument.unwrap_or_default();
    let is_set = match word {
        "ro" => std::mem::replace(&mut entry.read_only, true),
        "rec" => std::mem::replace(&mut entry.recursive, true),
        "optional" => std::mem::replace(&mut entry.optional, true),
        "slave" => set_propagation(entry, Propagation::Slave)?,
        "private" => set_propagation(entry, Propagation::Private)?,
        "automount" => {
            let was_set = !entry.automount.is_empty();
            entry.automount = automount_names(argument)?;
            was_set
        }
        _ => {
            let was_set = entry.per_node_cache.is_some();
            entry.per_node_cache = Some(cache(argument)?);
            was_set
        }
    };
    if is_set {
        return Err(Fault::DuplicateFlag(word));
    }
    Ok(())
}

/// Sets the propagation; true when this one was set already.
fn set_propagation(entry: &mut VolumeEntry, to: Propagation) -> Result<bool, VolumeFaultKind> {
    match entry.propagation.replace(to) {
        None => Ok(false),
        Some(was) if was == to => Ok(true),
        Some(_) => Err(VolumeFaultKind::SlaveAndPrivate),
    }
}

fn automount_names(text: &str) -> Result<Vec<String>, VolumeFaultKind> {
    text.split(',')
        .map(|name| {
            let is_name = !name.is_empty()
                && !name.starts_with('/')
                && !name.contains("..")
                && name.chars().all(is_path_character);
            if is_name { Ok(name.to_owned()) } else { Err(VolumeFaultKind::AutomountName(name.to_owned())) }
        })
        .collect()
}

fn cache(text: &str) -> Result<PerNodeCache, VolumeFaultKind> {
    use VolumeFaultKind as Fault;
    let mut size = None;
    let mut block_size = None;
    let mut filesystem = None;
    for argument in text.split(',') {
        let unknown = || Fault::CacheArgument(argument.to_owned());
        let (name, value) = argument.split_once('=').ok_or_else(unknown)?;
        let slot = match (name, value) {
            ("size", _) => &mut size,
            ("bs", _) => &mut block_size,
            ("method", "loop") => continue,
            ("fs", _) => {
                let found = CacheFilesystem::ALL.into_iter().find(|known| known.as_str() == value);
                if filesystem.replace(found.ok_or_else(unknown)?).is_some() {
                    return Err(unknown());
                }
                continue;
            }
            _ => return Err(unknown()),
        };
        let bytes = Bytes::parse(value).map_err(Fault::Size)?;
        if bytes.0 == 0 || slot.replace(bytes).is_some() {
            return Err(unknown());
        }
        let is_block_size = bytes == PerNodeCache::BLOCK_SIZE || PerNodeCache::BLOCK_SIZES.contains(&bytes);
        if name == "bs" && !is_block_size {
            return Err(Fault::CacheBlockSize(bytes));
        }
    }
    Ok(PerNodeCache {
        size: size.ok_or(Fault::CacheWithoutSize)?,
        block_size: block_size.unwrap_or(PerNodeCache::BLOCK_SIZE),
        filesystem: filesystem.unwrap_or_default(),
    })
}
