//! A squashfs by the backhand library, where no program is installed.
//!
//! The library reads each file when it writes it, in the order of the names, while layers yield
//! files in their own order. Contents therefore wait in one unnamed file of the image directory.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backhand::compression::{CompressionOptions, Compressor, Gzip, Zstd};
use backhand::{FilesystemCompressor, FilesystemWriter, NodeHeader};
use tempfile::NamedTempFile;

use super::compressed::Cancel;
use super::error::ConvertError;
use super::options::{Compression, Conversion, OptionError};
use super::policy::Attributes;
use super::writer::{ImageWriter, WriteError, durable, pass_on};
use crate::pull::Made;

/// The longest target of a symbolic link the library writes; it panics at a longer one.
const TARGET_BYTES: usize = 255;

/// The nodes of an image, gathered, and the contents of its files.
pub(crate) struct BackhandWriter {
    output: NamedTempFile,
    contents: BufWriter<File>,
    written: u64,
    root_mode: u16,
    nodes: Vec<(PathBuf, NodeHeader, Inner)>,
    compressor: FilesystemCompressor,
    block_bytes: u32,
    cancel: Cancel,
}

#[derive(Clone)]
enum Inner {
    Directory,
    Symlink(PathBuf),
    /// Where its content waits.
    File {
        start: u64,
        end: u64,
    },
}

impl BackhandWriter {
    /// What the library cannot represent.
    pub(crate) const LOSSES: [&str; 2] = [
        "the names of one file become files of their own (their data is stored once)",
        "the root directory loses its owner and time",
    ];

    pub(crate) fn create(
        output: NamedTempFile,
        conversion: &Conversion,
        cancel: &Cancel,
    ) -> Result<Self, ConvertError> {
        let directory = output.path().parent().unwrap_or(Path::new("/"));
        let contents = tempfile::tempfile_in(directory)
            .map_err(|source| ConvertError::Output { path: directory.to_owned(), source })?;
        Ok(Self {
            contents: BufWriter::with_capacity(1 << 20, contents),
            output,
            written: 0,
            root_mode: Attributes::IMPLIED_DIRECTORY.mode,
            nodes: Vec::new(),
            compressor: compressor(conversion)?,
            block_bytes: conversion.block_bytes,
            cancel: cancel.clone(),
        })
    }

    fn output_error(&self, source: io::Error) -> ConvertError {
        ConvertError::Output { path: self.output.path().to_owned(), source }
    }

    fn add(&mut self, path: &[u8], attributes: Attributes, inner: Inner) {
        let header = NodeHeader {
            permissions: attributes.mode,
            uid: attributes.uid,
            gid: attributes.gid,
            mtime: attributes.mtime,
        };
        self.nodes.push((as_path(path), header, inner));
    }
}

fn compressor(conversion: &Conversion) -> Result<FilesystemCompressor, ConvertError> {
    let (id, options) = match conversion.compression {
        Compression::Gzip { level } => {
            let options = Gzip { compression_level: level, window_size: 15, strategies: 0 };
            (Compressor::Gzip, CompressionOptions::Gzip(options))
        }
        Compression::Zstd { level } => {
            let options = Zstd { compression_level: level };
            (Compressor::Zstd, CompressionOptions::Zstd(options))
        }
        Compression::Lz4 | Compression::Xz => {
            return Err(ConvertError::Option(OptionError::Value {
                option: "-comp".to_owned(),
                value: "lz4 or xz".to_owned(),
                expected: "gzip or zstd where tar2sqfs is not installed",
            }));
        }
    };
    FilesystemCompressor::new(id, Some(options)).map_err(backhand_error)
}

#[expect(clippy::needless_pass_by_value, reason = "the form `map_err` wants")]
fn backhand_error(error: backhand::BackhandError) -> ConvertError {
    ConvertError::Backhand(error.to_string())
}

fn as_path(path: &[u8]) -> PathBuf {
    PathBuf::from(std::ffi::OsStr::from_bytes(path))
}

/// A part of the waiting contents.
struct Waiting {
    contents: Arc<File>,
    at: u64,
    end: u64,
    cancel: Cancel,
}

impl Read for Waiting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_raised() {
            return Err(io::Error::other("cancelled"));
        }
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let count = self.contents.read_at(&mut buffer[..wanted], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl ImageWriter for BackhandWriter {
    fn directory(&mut self, path: &[u8], attributes: Attributes) -> Result<(), ConvertError> {
        if path.is_empty() {
            self.root_mode = attributes.mode;
        } else {
            self.add(path, attributes, Inner::Directory);
        }
        Ok(())
    }

    fn symlink(&mut self, path: &[u8], target: &[u8], attributes: Attributes) -> Result<(), ConvertError> {
        if target.len() > TARGET_BYTES {
            return Err(ConvertError::Backhand(format!(
                "the target of the symbolic link `{}` has {} bytes, the library writes at most \
                 {TARGET_BYTES}: install tar2sqfs (squashfs-tools-ng)",
                String::from_utf8_lossy(path).escape_debug(),
                target.len()
            )));
        }
        self.add(path, attributes, Inner::Symlink(as_path(target)));
        Ok(())
    }

    fn file(
        &mut self,
        path: &[u8],
        attributes: Attributes,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), WriteError> {
        let (start, end) = (self.written, self.written + size);
        let output = self.output.path();
        let contents = &mut self.contents;
        pass_on(content, |bytes| {
            contents.write_all(bytes).map_err(|source| ConvertError::Output { path: output.to_owned(), source })
        })?;
        self.written = end;
        self.add(path, attributes, Inner::File { start, end });
        Ok(())
    }

    fn hard_link(&mut self, path: &[u8], target: &[u8]) -> Result<(), ConvertError> {
        let target = as_path(target);
        let found = self.nodes.iter().rev().find(|(path, ..)| *path == target);
        let (_, header, inner) = found.cloned().expect("the first name is given before");
        self.nodes.push((as_path(path), header, inner));
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(Made, u64), ConvertError> {
        let flushed = self.contents.flush();
        flushed.map_err(|source| self.output_error(source))?;
        let contents = self.contents.get_ref().try_clone();
        let contents = Arc::new(contents.map_err(|source| self.output_error(source))?);
        let mut image = FilesystemWriter::default();
        image.set_compressor(self.compressor);
        image.set_block_size(self.block_bytes);
        image.set_time(0);
        image.set_root_mode(self.root_mode);
        // The library keeps its nodes in this order: each is then added at the end.
        let mut nodes = std::mem::take(&mut self.nodes);
        nodes.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
        for (path, header, inner) in nodes {
            let pushed = match inner {
                Inner::Directory => image.push_dir(path, header),
                Inner::Symlink(target) => image.push_symlink(target, path, header),
                Inner::File { start, end } => {
                    let waiting =
                        Waiting { contents: Arc::clone(&contents), at: start, end, cancel: self.cancel.clone() };
                    image.push_file(waiting, path, header)
                }
            };
            pushed.map_err(backhand_error)?;
        }
        let written = image.write(BufWriter::with_capacity(1 << 20, self.output.as_file_mut()));
        if self.cancel.is_raised() {
            return Err(ConvertError::Cancelled);
        }
        written.map_err(backhand_error)?;
        durable(self.output)
    }
}
