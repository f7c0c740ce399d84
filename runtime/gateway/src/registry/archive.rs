//! The members of an archive of images, read where they lie.
//!
//! `docker save`, `podman save` and skopeo write an image as one tar file: an OCI layout (`oci-archive`) or Docker's own
//! arrangement (`docker-archive`). It is read once from end to end, for the places of its members; nothing is unpacked,
//! and a name of it is only ever compared. A compressed archive is uncompressed first, into a file without a name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::RegistryError;
use crate::convert::Limits;
use crate::convert::compressed::{self, Cancel};
use crate::convert::error::LayerError;
use crate::convert::tar::{Kind, TarReader};

/// More members than any image tool writes: three for each layer of the largest image.
const MEMBERS: usize = 10_000;
/// How many links a member is looked for behind. Docker's archives link equal layers to each other.
const LINKS: usize = 8;

/// What messages call an archive that a user has sent.
pub(crate) const SENT: &str = "the archive";

/// An archive whose members are known.
#[derive(Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    file: Arc<File>,
    members: BTreeMap<Vec<u8>, Member>,
}

#[derive(Debug)]
enum Member {
    Content {
        at: u64,
        size: u64,
    },
    /// To a name from the root of the archive.
    Link(Vec<u8>),
}

impl Archive {
    /// Reads which members an archive has. A compressed one takes the place of its content, up to the limits' size of
    /// an image, in `scratch`.
    ///
    /// # Errors
    /// The file cannot be read, or is no archive.
    pub(crate) fn open(path: &Path, scratch: &Path, limits: &Limits) -> Result<Self, RegistryError> {
        let file = File::open(path).map_err(RegistryError::file(path))?;
        let broken = |source: LayerError| RegistryError::Archive { path: path.to_owned(), source };
        let file = plain(file, path, scratch, limits).map_err(|error| match error {
            Unplain::Archive(error) => broken(error),
            Unplain::Scratch(error) => RegistryError::file(scratch)(error),
        })?;
        let members = members(&file).map_err(broken)?;
        Ok(Self { path: path.to_owned(), file: Arc::new(file), members })
    }

    /// The same archive, called otherwise in messages: where the gateway keeps what it was sent is nobody's business.
    pub(crate) fn shown_as(self, name: &str) -> Self {
        Self { path: PathBuf::from(name), ..self }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of a member, and their number; nothing where there is no such file.
    pub(crate) fn member(&self, name: &str) -> Option<Section> {
        let mut name = name.as_bytes();
        for _ in 0..=LINKS {
            match self.members.get(name)? {
                Member::Content { at, size } => {
                    return Some(Section { file: Arc::clone(&self.file), at: *at, left: *size });
                }
                Member::Link(target) => name = target,
            }
        }
        None
    }
}

/// A part of a file, read from its own position.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    file: Arc<File>,
    at: u64,
    left: u64,
}

impl Section {
    /// Bytes that are left.
    pub(crate) fn size(&self) -> u64 {
        self.left
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.file.read_at(&mut buffer[..wanted], self.at)?;
        if count == 0 && wanted > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive became shorter"));
        }
        (self.at, self.left) = (self.at + count as u64, self.left - count as u64);
        Ok(count)
    }
}

enum Unplain {
    Archive(LayerError),
    Scratch(io::Error),
}

/// The archive itself, or a copy without its compression.
fn plain(file: File, path: &Path, scratch: &Path, limits: &Limits) -> Result<File, Unplain> {
    let read = |error| Unplain::Archive(LayerError::Read(error));
    let mut start = [0; 4];
    let is_plain = file.read_at(&mut start, 0).map_err(read)? < start.len() || !compressed::is_compressed(&start);
    if is_plain {
        return Ok(file);
    }
    tracing::info!(path = %path.display(), "uncompressing an archive");
    let size = file.metadata().map_err(read)?.len();
    let opened = compressed::open(file, size, limits.unpacked_bytes, limits, &Cancel::default());
    let mut content = opened.map_err(Unplain::Archive)?;
    let mut copy = tempfile::tempfile_in(scratch).map_err(Unplain::Scratch)?;
    loop {
        let bytes = content.fill_buf().map_err(|error| Unplain::Archive(compressed::layer_error(error)))?;
        if bytes.is_empty() {
            break;
        }
        io::Write::write_all(&mut copy, bytes).map_err(Unplain::Scratch)?;
        let count = bytes.len();
        content.consume(count);
    }
    copy.rewind().map_err(Unplain::Scratch)?;
    Ok(copy)
}

fn members(file: &File) -> Result<BTreeMap<Vec<u8>, Member>, LayerError> {
    let mut members = BTreeMap::new();
    let mut tar = TarReader::new(BufReader::with_capacity(1 << 16, file));
    while let Some(entry) = tar.next_entry()? {
        let name = clean(&entry.path);
        let member = match entry.kind {
            Kind::File => Member::Content { at: tar.position(), size: entry.size },
            Kind::Symlink => Member::Link(beside(&name, &entry.link)),
            Kind::HardLink => Member::Link(clean(&entry.link)),
            Kind::Directory | Kind::Special => continue,
        };
        members.insert(name, member);
        if members.len() > MEMBERS {
            return Err(LayerError::Limit { what: "the number of members of the archive", limit: MEMBERS as u64 });
        }
    }
    Ok(members)
}

/// `./a//b` as `a/b`, and `a/../b` as `b`. A name above the root is none that anybody asks for.
fn clean(name: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in name.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}

/// What a symbolic link called `name` names.
fn beside(name: &[u8], target: &[u8]) -> Vec<u8> {
    let directory = name.iter().rposition(|byte| *byte == b'/').map_or(&b""[..], |slash| &name[..slash]);
    clean(&[directory, b"/", target].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_their_decoration() {
        let cleaned = |name: &str| String::from_utf8(clean(name.as_bytes())).unwrap();
        assert_eq!(cleaned("./blobs//sha256/ab"), "blobs/sha256/ab");
        assert_eq!(cleaned("a/../../b"), "../b");
        assert_eq!(beside(b"ab/layer.tar", b"../cd/layer.tar"), b"cd/layer.tar");
    }

    #[test]
    fn links_that_lead_nowhere_end() {
        let mut archive =
            Archive { path: PathBuf::new(), file: Arc::new(tempfile::tempfile().unwrap()), members: BTreeMap::new() };
        archive.members.insert(b"a".to_vec(), Member::Link(b"b".to_vec()));
        archive.members.insert(b"b".to_vec(), Member::Link(b"a".to_vec()));
        assert!(archive.member("a").is_none() && archive.member("c").is_none());
    }
}
