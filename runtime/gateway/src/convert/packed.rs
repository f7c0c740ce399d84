//! An erofs by mkfs.erofs(1) or an ext4 by mke2fs(8), made of a directory.
//!
//! Neither program, as Debian 12 has them, reads an archive: the image is unpacked beside its place first, and removed when
//! it is packed. Who is not root packs in a user namespace of its own in which it is root (unshare(1)): so the files are
//! root's, and those that their own modes hide can be read.
//!
//! An erofs is the same bytes each time. An ext4 is not: mke2fs keeps the time at which each file was unpacked.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

use super::compressed::Cancel;
use super::directory::DirectoryWriter;
use super::error::ConvertError;
use super::options::{Conversion, Format, Lz4};
use super::policy::{Attributes, Ownership};
use super::program::{self, Program};
use super::writer::{ImageWriter, WriteError, durable};
use crate::pull::Made;

/// Later than any time of a file: mkfs.erofs keeps times up to `SOURCE_DATE_EPOCH`, which is also its own.
const EPOCH: &str = "4102444800";
/// Bytes of a block of ext4.
const BLOCK: u64 = 4096;
/// Inodes of 256 bytes in a block.
const INODES: u64 = BLOCK / 256;
/// How often an ext4 is made larger when it turns out too small.
const ATTEMPTS: u32 = 4;

/// An image that is unpacked now and packed at the end.
pub(crate) struct PackedWriter {
    folder: DirectoryWriter,
    output: NamedTempFile,
    conversion: Conversion,
    /// From the image's id: the same for the same image.
    uuid: String,
    room: Room,
    cancel: Cancel,
}

/// What an ext4 has to hold.
#[derive(Clone, Copy, Debug, Default)]
struct Room {
    inodes: u64,
    blocks: u64,
    name_bytes: u64,
}

impl PackedWriter {
    pub(crate) fn create(
        folder: DirectoryWriter,
        output: NamedTempFile,
        conversion: &Conversion,
        id: &str,
        cancel: &Cancel,
    ) -> Result<Self, ConvertError> {
        if conversion.policy.ownership == Ownership::Image && !is_root() {
            return Err(ConvertError::Owners(conversion.format));
        }
        let uuid = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..32]].join("-");
        let conversion = conversion.clone();
        Ok(Self { folder, output, conversion, uuid, room: Room::default(), cancel: cancel.clone() })
    }
}

/// A directory, and the file it becomes.
struct Packing<'a> {
    unpacked: &'a Path,
    output: &'a NamedTempFile,
    uuid: &'a str,
    room: Room,
    cancel: &'a Cancel,
}

impl Packing<'_> {
    fn erofs(&self, compression: Option<Lz4>) -> Result<(), ConvertError> {
        let mut command = as_root("mkfs.erofs")?;
        command.args(["--quiet", "-E", "force-inode-extended", "-U", self.uuid]);
        command.args(compression.map(|compression| format!("-z{compression}")));
        command.arg(self.output.path()).arg(self.unpacked);
        self.run(&mut command)
    }

    /// The file is sparse: room that is not needed takes none.
    fn ext4(&self) -> Result<(), ConvertError> {
        let inodes = self.room.inodes + 64;
        let mut blocks = self.room.blocks + self.room.name_bytes / BLOCK * 2 + inodes / INODES;
        for attempt in 1.. {
            blocks += blocks / 16 + 1024;
            let mut command = as_root("mke2fs")?;
            command.args(["-q", "-F", "-t", "ext4", "-b", "4096", "-I", "256", "-m", "0", "-U", self.uuid]);
            command.args(["-O", "^has_journal,^resize_inode", "-N", &inodes.to_string()]);
            command.args(["-E", &format!("root_owner=0:0,hash_seed={}", self.uuid)]);
            command.arg("-d").arg(self.unpacked).arg(self.output.path()).arg(blocks.to_string());
            match self.run(&mut command) {
                Err(ConvertError::Program { stderr, .. }) if attempt < ATTEMPTS && is_too_small(&stderr) => {
                    let emptied = self.output.as_file().set_len(0);
                    let path = || self.output.path().to_owned();
                    emptied.map_err(|source| ConvertError::Output { path: path(), source })?;
                    blocks *= 2;
                }
                result => return result,
            }
        }
        unreachable!("the last attempt returns")
    }

    fn run(&self, command: &mut Command) -> Result<(), ConvertError> {
        command.stdin(Stdio::null());
        Program::start(command, &[("SOURCE_DATE_EPOCH", EPOCH)])?.wait_unless(self.cancel)
    }
}

fn is_too_small(stderr: &str) -> bool {
    ["Could not allocate", "No space left", "No free space"].iter().any(|words| stderr.contains(words))
}

fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

/// A command to which this user is root.
fn as_root(name: &str) -> Result<Command, ConvertError> {
    let missing = |program: &str| ConvertError::Start {
        program: program.to_owned(),
        source: std::io::ErrorKind::NotFound.into(),
    };
    let found = |name: &str| -> Result<PathBuf, ConvertError> { program::find(name).ok_or_else(|| missing(name)) };
    let program = found(name)?;
    if is_root() {
        return Ok(Command::new(program));
    }
    let mut command = Command::new(found("unshare")?);
    command.args(["--map-root-user", "--"]).arg(program);
    Ok(command)
}

impl Room {
    fn add(&mut self, path: &[u8], bytes: u64) {
        self.inodes += 1;
        self.blocks += bytes.div_ceil(BLOCK);
        self.name(path);
    }

    fn name(&mut self, path: &[u8]) {
        self.name_bytes += path.len() as u64 + 12;
    }
}

impl ImageWriter for PackedWriter {
    fn directory(&mut self, path: &[u8], attributes: Attributes) -> Result<(), ConvertError> {
        self.room.add(path, BLOCK);
        self.folder.directory(path, attributes)
    }

    fn symlink(&mut self, path: &[u8], target: &[u8], attributes: Attributes) -> Result<(), ConvertError> {
        self.room.add(path, target.len() as u64);
        self.folder.symlink(path, target, attributes)
    }

    fn file(
        &mut self,
        path: &[u8],
        attributes: Attributes,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), WriteError> {
        self.room.add(path, size);
        self.folder.file(path, attributes, size, content)
    }

    fn hard_link(&mut self, path: &[u8], target: &[u8]) -> Result<(), ConvertError> {
        self.room.name(path);
        self.folder.hard_link(path, target)
    }

    fn finish(self: Box<Self>) -> Result<(Made, u64), ConvertError> {
        let Self { folder, output, conversion, uuid, room, cancel } = *self;
        let unpacked = folder.complete()?;
        let packing = Packing { unpacked: unpacked.path(), output: &output, uuid: &uuid, room, cancel: &cancel };
        match conversion.format {
            Format::Ext4 => packing.ext4()?,
            _ => packing.erofs(conversion.erofs)?,
        }
        durable(output)
    }
}
