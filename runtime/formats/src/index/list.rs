//! Several entries in one file: one name, and an image for each platform.
//!
//! A tag of a registry may stand for images of several architectures. Its file then holds one entry for each, one behind
//! the other in the order of their platforms as text, so that one read shows a node all there is. A file with one entry is
//! the entry alone.

use super::{IndexEntry, IndexFault, IndexFaultKind};

/// No file is longer.
pub const LONGEST_FILE: usize = 4 << 20;

/// Reads the entries of a file: at least one, all of the same name, no two of one platform.
///
/// # Errors
/// Refuses everything that [`write`] would not have written in exactly these bytes.
pub fn read(bytes: impl AsRef<[u8]>) -> Result<Vec<IndexEntry>, IndexFault> {
    let bytes = bytes.as_ref();
    if bytes.len() > LONGEST_FILE {
        return Err(IndexFault { line: 1, kind: IndexFaultKind::TooLong });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| IndexFault { line: 1, kind: IndexFaultKind::NotText })?;
    let mut entries: Vec<IndexEntry> = Vec::new();
    let (mut first_line, mut start) = (1, 0);
    // No value has a line of its own that could be taken for the beginning of an entry.
    let later = text.match_indices("\nVERSION: ").map(|(at, _)| at + 1).chain([text.len()]);
    for end in later {
        let own = &text[start..end];
        let placed = |fault: IndexFault| IndexFault { line: first_line + fault.line - 1, ..fault };
        let entry = IndexEntry::parse(own).map_err(placed)?;
        if entries.last().is_some_and(|before| !is_next(before, &entry)) {
            return Err(IndexFault { line: first_line, kind: IndexFaultKind::NotCanonical });
        }
        entries.push(entry);
        first_line += own.lines().count();
        start = end;
    }
    Ok(entries)
}

/// The text of a file. The entries may come in any order.
#[must_use]
pub fn write(entries: &[IndexEntry]) -> String {
    let mut sorted: Vec<&IndexEntry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.platform.cmp(&b.platform));
    sorted.iter().map(ToString::to_string).collect()
}

fn is_next(before: &IndexEntry, entry: &IndexEntry) -> bool {
    let name = |entry: &IndexEntry| (entry.system.clone(), entry.kind, entry.tag.clone());
    name(before) == name(entry) && before.platform < entry.platform
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acl::Access;
    use crate::image::ImageType;
    use crate::meta::ImageFormat;

    fn entry(platform: &str, id: &str) -> IndexEntry {
        IndexEntry {
            system: "s".into(),
            kind: ImageType::Docker,
            tag: "a:1".into(),
            id: id.repeat(64).parse().unwrap(),
            format: ImageFormat::Squashfs,
            digest: "sha256:d".into(),
            platform: platform.into(),
            access: Access::Public,
            env: Vec::new(),
            entry: None,
            cmd: None,
            workdir: None,
            user: None,
        }
    }

    #[test]
    fn a_file_has_an_entry_for_each_platform_and_one_form() {
        let (amd, arm) = (entry("linux/amd64", "a"), entry("linux/arm64", "b"));
        assert_eq!(write(std::slice::from_ref(&amd)), amd.to_string());
        assert_eq!(read(amd.to_string()), Ok(vec![amd.clone()]));
        let text = write(&[arm.clone(), amd.clone()]);
        assert_eq!(read(&text), Ok(vec![amd.clone(), arm.clone()]));
        let refused = |text: &str| read(text).unwrap_err();
        assert_eq!(refused(&format!("{arm}{amd}")), IndexFault { line: 9, kind: IndexFaultKind::NotCanonical });
        assert_eq!(refused(&format!("{amd}{amd}")).kind, IndexFaultKind::NotCanonical);
        assert_eq!(refused(&text.replacen("TAG: a:1", "TAG: a:2", 1)).kind, IndexFaultKind::NotCanonical);
        assert_eq!(
            refused(&text.replace("arm64", "arm64\nOTHER: 1")),
            IndexFault { line: 17, kind: IndexFaultKind::Line }
        );
        assert_eq!(refused("").kind, IndexFaultKind::Version);
    }
}
