//! The original's volume maps: a filter deletes what it does not like, and the rest is read.

use std::fmt;
use std::path::PathBuf;

use super::NoticeKind;
use crate::size::Bytes;
use crate::volume::{Author, PerNodeCache, Propagation, VolumeEntry, VolumeMap};

/// What the original found wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeCode {
    /// 1: a path is not absolute, holds `..`, is missing, or must not be mounted on.
    Path,
    /// 2: a flag is unknown or not for users. Releases built with AddressSanitizer crash here instead, as the
    /// message reads behind its buffer.
    Flag,
    /// 3: a flag is written twice.
    Duplicate,
    /// 4: `slave` and `private` together.
    SlaveAndPrivate,
}

impl VolumeCode {
    /// The number in the message.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Path => 1,
            Self::Flag => 2,
            Self::Duplicate => 3,
            Self::SlaveAndPrivate => 4,
        }
    }
}

/// A volume map that the original refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidVolumeMap {
    /// The entry, as written.
    pub entry: String,
    /// What is wrong with it.
    pub code: VolumeCode,
}

impl fmt::Display for InvalidVolumeMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.code.number();
        write!(f, "Invalid Volume Map: {}, aborting! {number}", self.entry)
    }
}

impl std::error::Error for InvalidVolumeMap {}

/// Reads a volume map as the original does.
///
/// # Errors
/// The first entry that the original refuses.
pub fn parse_volumes(text: &str, author: Author) -> Result<VolumeMap, InvalidVolumeMap> {
    let mut map = VolumeMap::default();
    read_volumes(&mut map, text, author, &mut Vec::new())?;
    Ok(map)
}

/// Adds the entries of `text`; those before a refused one stay.
pub(crate) fn read_volumes(
    map: &mut VolumeMap,
    text: &str,
    author: Author,
    notices: &mut Vec<NoticeKind>,
) -> Result<(), InvalidVolumeMap> {
    for raw in text.split(';') {
        let entry = unquoted(raw);
        if entry.is_empty() {
            continue;
        }
        let parsed =
            parse_entry(entry, author, notices).map_err(|code| InvalidVolumeMap { entry: entry.to_owned(), code })?;
        map.entries.push(parsed);
    }
    Ok(())
}

/// One pair of double quotes around an entry is removed.
fn unquoted(entry: &str) -> &str {
    entry.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(entry)
}

fn parse_entry(text: &str, author: Author, notices: &mut Vec<NoticeKind>) -> Result<VolumeEntry, VolumeCode> {
    let mut fields = text.split(':');
    let from = filtered(fields.next().unwrap_or_default(), notices);
    let to = match (fields.next(), author) {
        (Some(to), _) => filtered(to, notices),
        (None, Author::Site) => from.clone(),
        (None, Author::User) => return Err(VolumeCode::Path),
    };
    for path in [&from, &to] {
        if !path.starts_with('/') || path.contains("..") {
            return Err(VolumeCode::Path);
        }
    }
    if is_forbidden(&to, author) {
        return Err(VolumeCode::Path);
    }
    let mut entry = VolumeEntry::new(PathBuf::from(from), PathBuf::from(to));
    for flag in fields.filter(|flag| !flag.is_empty()) {
        set_flag(&mut entry, flag, author)?;
    }
    Ok(entry)
}

/// The path filter: all but letters, digits and `_ : . + - /` is deleted.
fn filtered(path: &str, notices: &mut Vec<NoticeKind>) -> String {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || "_:.+-/".contains(c);
    let read: String = path.chars().filter(|c| is_kept(*c)).collect();
    // Blanks at the ends come from continued lines; deleting them is what was meant.
    if read != path.trim_matches(' ') {
        notices.push(NoticeKind::PathChanged { written: path.to_owned(), read: read.clone() });
    }
    read
}

/// String comparison, without regard to components: `/etcfoo` falls under `/etc`.
fn is_forbidden(to: &str, author: Author) -> bool {
    match author {
        Author::User => {
            to != "/var/tmp"
                && (to == "/opt" || ["/etc", "/var", "/opt/udiImage"].iter().any(|tree| to.starts_with(tree)))
        }
        Author::Site => matches!(to, "/opt" | "/etc" | "/var" | "/etc/passwd" | "/etc/group" | "/etc/nsswitch.conf"),
    }
}

fn set_flag(entry: &mut VolumeEntry, text: &str, author: Author) -> Result<(), VolumeCode> {
    let (name, argument) = text.split_once('=').unwrap_or((text, ""));
    let is_for_site = || match author {
        Author::Site => Ok(()),
        Author::User => Err(VolumeCode::Flag),
    };
    let was_set = match name.to_ascii_lowercase().as_str() {
        "ro" => std::mem::replace(&mut entry.read_only, true),
        "rec" => {
            is_for_site()?;
            std::mem::replace(&mut entry.recursive, true)
        }
        "slave" => {
            is_for_site()?;
            set_propagation(entry, Propagation::Slave)?
        }
        "private" => {
            is_for_site()?;
            set_propagation(entry, Propagation::Private)?
        }
        "pernodecache" => entry.per_node_cache.replace(cache(argument)?).is_some(),
        _ => return Err(VolumeCode::Flag),
    };
    if was_set {
        return Err(VolumeCode::Duplicate);
    }
    Ok(())
}

fn set_propagation(entry: &mut VolumeEntry, to: Propagation) -> Result<bool, VolumeCode> {
    match entry.propagation.replace(to) {
        None => Ok(false),
        Some(was) if was == to => Ok(true),
        Some(_) => Err(VolumeCode::SlaveAndPrivate),
    }
}

/// `size=` is mandatory and above zero; `fs` and `method` know one value each; other names are ignored.
fn cache(text: &str) -> Result<PerNodeCache, VolumeCode> {
    let mut cache = PerNodeCache::new(Bytes(0));
    for argument in text.split(',') {
        let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
        match name.to_ascii_lowercase().as_str() {
            "size" => cache.size = Bytes::read_original(value),
            "bs" => cache.block_size = Bytes::read_original(value),
            "fs" if value != "xfs" => return Err(VolumeCode::Flag),
            "method" if value != "loop" => return Err(VolumeCode::Flag),
            _ => {}
        }
    }
    if matches!(cache.size, Bytes(0) | Bytes::UNREADABLE) {
        return Err(VolumeCode::Flag);
    }
    Ok(cache)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &str) -> Result<String, String> {
        parse_volumes(text, Author::Site).map(|map| map.to_string()).map_err(|error| error.to_string())
    }

    fn user(text: &str) -> Result<String, u8> {
        parse_volumes(text, Author::User).map(|map| map.to_string()).map_err(|error| error.code.number())
    }

    #[test]
    fn the_filter_deletes_and_reads_on() {
        assert_eq!(site("/home /scratch").unwrap(), "/home/scratch:/home/scratch");
        assert_eq!(site("/b c:/b c;/x~y").unwrap(), "/bc:/bc;/xy:/xy");
        assert_eq!(site("\"/a:/b\"").unwrap(), "/a:/b");
    }

    #[test]
    fn the_codes_are_the_originals() {
        assert_eq!(site("/home:home").unwrap_err(), "Invalid Volume Map: /home:home, aborting! 1");
        assert_eq!(user("/a"), Err(1));
        assert_eq!(user("/a:/b:rec"), Err(2));
        assert_eq!(user("/a:/b:ro,rec"), Err(2));
        assert_eq!(user("/a:/b:RO:ro"), Err(3));
        assert_eq!(user("/a:/etcfoo"), Err(1));
        assert_eq!(user("/a:/proc").unwrap(), "/a:/proc");
        assert_eq!(user("/a:/var/tmp").unwrap(), "/a:/var/tmp");
        assert_eq!(user("/a:/a..b"), Err(1));
        assert_eq!(user(";/a:/b;").unwrap(), "/a:/b");
    }
}
