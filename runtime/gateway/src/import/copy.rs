//! The copy of an imported file in the image directory.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use shifter_formats::meta::ImageFormat;
use tempfile::NamedTempFile;

use super::{ImportError, fasthash};
use crate::convert::compressed::Cancel;
use crate::reference::Digest;

const BLOCK: usize = 1 << 20;
/// As far as superblocks are looked for.
const HEAD: usize = 2048;

/// Refuses a file that does not begin as an image of this format does.
pub(crate) fn check_format(file: &File, wanted: ImageFormat) -> io::Result<Result<(), ImportError>> {
    let mut head = [0; HEAD];
    let mut count = 0;
    while count < HEAD {
        match file.read_at(&mut head[count..], count as u64)? {
            0 => break,
            read => count += read,
        }
    }
    let found = ImageFormat::of_superblock(&head[..count]);
    Ok(if found == Some(wanted) { Ok(()) } else { Err(ImportError::Format { wanted, found }) })
}

/// Copies a file whose identity is known into `copy`, and checks that the copy has it. Tells how far it is. Gives the copy, durable,
/// and the digest of all of it.
pub(crate) fn copy(
    mut source: File,
    id: &str,
    format: ImageFormat,
    mut copy: NamedTempFile,
    cancel: &Cancel,
    told: impl Fn(u64),
) -> Result<(NamedTempFile, Digest), ImportError> {
    let into = copy.path().parent().unwrap_or(Path::new("/")).to_owned();
    let written = |source| ImportError::Write { path: into.clone(), source };
    let changed = |_: io::Error| ImportError::Changed;
    source.rewind().map_err(changed)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    loop {
        if cancel.is_raised() {
            return Err(ImportError::Cancelled);
        }
        let count = match source.read(&mut block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(changed)?,
        };
        if count == 0 {
            break;
        }
        hash.update(&block[..count]);
        copy.write_all(&block[..count]).map_err(written)?;
        bytes += count as u64;
        told(bytes);
    }
    copy.as_file().sync_all().map_err(written)?;
    let is_the_same = fasthash::of(copy.as_file()).map_err(written)? == id;
    let has_format = check_format(copy.as_file(), format).map_err(written)?.is_ok();
    if !is_the_same || !has_format {
        return Err(ImportError::Changed);
    }
    Ok((copy, Digest::finish(hash)))
}

/// The digest of an image that is there, if it is the same file: identities of large files do not cover all bytes.
pub(crate) fn same(source: &File, present: &File, cancel: &Cancel) -> io::Result<Option<Digest>> {
    if source.metadata()?.len() != present.metadata()?.len() {
        return Ok(None);
    }
    let (mut ours, mut theirs) = (vec![0; BLOCK], vec![0; BLOCK]);
    let (mut hash, mut at) = (Sha256::new(), 0);
    while !cancel.is_raised() {
        let count = source.read_at(&mut ours, at)?;
        if count == 0 {
            return Ok(Some(Digest::finish(hash)));
        }
        present.read_exact_at(&mut theirs[..count], at)?;
        if ours[..count] != theirs[..count] {
            return Ok(None);
        }
        hash.update(&ours[..count]);
        at += count as u64;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn a_file_is_what_its_superblock_says() {
        let squashfs = file(b"hsqs and more");
        assert!(check_format(&squashfs, ImageFormat::Squashfs).unwrap().is_ok());
        let error = check_format(&squashfs, ImageFormat::Ext4).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the file is no image of format `ext4`, but of format `squashfs`");
        let error = check_format(&file(b"text"), ImageFormat::Squashfs).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the file is no image of format `squashfs`");
    }

    #[test]
    fn a_copy_of_what_changed_meanwhile_is_not_kept() {
        let images = tempfile::tempdir().unwrap();
        let cancel = Cancel::default();
        let copied = |source: &[u8], id: &str| {
            let into = NamedTempFile::new_in(images.path()).unwrap();
            copy(file(source), id, ImageFormat::Squashfs, into, &cancel, |_| {})
        };
        let id = fasthash::of(&file(b"hsqs1")).unwrap();
        let (kept, digest) = copied(b"hsqs1", &id).unwrap();
        assert_eq!((std::fs::read(kept.path()).unwrap(), digest), (b"hsqs1".to_vec(), Digest::of(b"hsqs1")));
        drop(kept);
        assert!(matches!(copied(b"hsqs2", &id), Err(ImportError::Changed)));
        cancel.raise();
        assert!(matches!(copied(b"hsqs1", &id), Err(ImportError::Cancelled)));
        assert_eq!(std::fs::read_dir(images.path()).unwrap().count(), 0);
    }

    #[test]
    fn another_file_of_the_same_identity_is_told_apart() {
        let cancel = Cancel::default();
        let large = |last: u8| {
            let large = file(b"hsqs");
            large.set_len(3 << 20).unwrap();
            large.write_all_at(&[last], (3 << 20) - 1).unwrap();
            large
        };
        assert_eq!(fasthash::of(&large(1)).unwrap(), fasthash::of(&large(2)).unwrap());
        assert_eq!(same(&large(1), &large(2), &cancel).unwrap(), None);
        assert!(same(&large(1), &large(1), &cancel).unwrap().is_some());
    }
}
