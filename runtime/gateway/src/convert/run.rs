//! A conversion from beginning to end. Plain blocking code; the caller gives it a thread.

use std::fs::File;
use std::io::Seek as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shifter_gateway_types::rest::LayerSize;

use super::apply::Applier;
use super::backhand::BackhandWriter;
use super::compressed::{self, Cancel, LayerReader};
use super::directory::DirectoryWriter;
use super::emit::{self, Merged};
use super::error::{ConvertError, LayerError};
use super::limits::Limits;
use super::options::{Conversion, Format, WriterChoice};
use super::packed::PackedWriter;
use super::report::Report;
use super::stripes::Stripes;
use super::tar::{Entry, Kind, TarReader};
use super::tar2sqfs::{self, Tar2sqfsWriter};
use super::temporary;
use super::tree::Tree;
use super::writer::ImageWriter;
use crate::pull::{Made, Phase};

/// A verified blob, open: what is read is what was hashed, whatever happens to its name.
#[derive(Debug)]
pub(crate) struct Layer {
    pub digest: String,
    pub file: File,
    pub compressed: u64,
}

/// A conversion to be done.
#[derive(Debug)]
pub(crate) struct Job {
    /// The image's id, for the name of the temporary file.
    pub id: String,
    /// Lowest first.
    pub layers: Arc<[Layer]>,
    pub conversion: Conversion,
    pub limits: Limits,
    /// Where the temporary file is made.
    pub directory: PathBuf,
}

/// Told of the phases, and of bytes done in the present one.
pub(crate) type Notify<'a> = &'a dyn Fn(Phase, u64, Option<u64>);

/// The product, its bytes, and the report.
pub(crate) type Converted = (Made, u64, Report);

/// Does the job.
pub(crate) fn convert(job: &Job, cancel: &Cancel, notify: Notify<'_>) -> Result<Converted, ConvertError> {
    let mut report = Report { modes: job.conversion.policy.modes, ..Report::default() };
    let compressed = job.layers.iter().map(|layer| layer.compressed).sum();
    notify(Phase::Examination, 0, Some(compressed));
    let tree = examine(job, cancel, &mut report, notify, compressed)?;
    let mut writer = writer(job, cancel, &mut report)?;
    let merged = Merged { tree: &tree, policy: job.conversion.policy };
    notify(Phase::Conversion, 0, None);
    let plan = emit::emit_names(merged, &mut *writer, &mut report)?;
    let total = Some(emit::planned_bytes(&tree, &plan));
    let mut done = 0;
    for (number, files) in &plan {
        let layer = &job.layers[*number as usize - 1];
        let reader = open(job, layer, cancel, job.limits.unpacked_bytes)?;
        let advance = |bytes| {
            done += bytes;
            notify(Phase::Conversion, done, total);
        };
        let digest = &layer.digest;
        emit::emit_layer(merged, files, reader, digest, &mut *writer, &mut report, advance)?;
    }
    drop((tree, plan));
    notify(Phase::Transfer, 0, None);
    let (product, bytes) = writer.finish()?;
    Ok((product, bytes, report))
}

/// The first reading: all headers of all layers, into the tree.
fn examine(
    job: &Job,
    cancel: &Cancel,
    report: &mut Report,
    notify: Notify<'_>,
    compressed: u64,
) -> Result<Tree, ConvertError> {
    let mut applier = Applier::new(&job.limits);
    let mut budget = job.limits.unpacked_bytes;
    let mut done = 0;
    for layer in job.layers.iter() {
        applier.next_layer();
        let mut reader = open(job, layer, cancel, budget)?;
        let mut apply = || -> Result<(), LayerError> {
            while let Some(entry) = reader.next_entry()? {
                report.entries += 1;
                if report.entries > job.limits.entries {
                    return Err(LayerError::Limit { what: "the number of entries", limit: job.limits.entries });
                }
                note(&entry, report);
                applier.apply(&entry)?;
            }
            Ok(())
        };
        apply().map_err(|source| wrong(layer, source))?;
        let count = reader.get_ref().get_ref().count();
        report.layers.push(LayerSize { digest: layer.digest.clone(), compressed: layer.compressed, unpacked: count });
        budget -= count;
        done += layer.compressed;
        notify(Phase::Examination, done, Some(compressed));
    }
    Ok(applier.finish())
}

fn note(entry: &Entry, report: &mut Report) {
    if entry.has_xattrs {
        report.dropped_xattrs.note(&entry.path);
    }
    if entry.has_capability && entry.kind == Kind::File {
        report.dropped_capabilities.note(&entry.path);
    }
}

fn open(job: &Job, layer: &Layer, cancel: &Cancel, budget: u64) -> Result<TarReader<LayerReader>, ConvertError> {
    let open = || -> Result<LayerReader, LayerError> {
        // A second handle shares the position of the first: each reading begins at the start.
        let mut file = layer.file.try_clone()?;
        file.rewind()?;
        compressed::open(file, layer.compressed, budget, &job.limits, cancel)
    };
    let reader = open().map_err(|source| wrong(layer, source))?;
    Ok(TarReader::new(reader))
}

fn wrong(layer: &Layer, source: LayerError) -> ConvertError {
    match source {
        LayerError::Cancelled => ConvertError::Cancelled,
        source => ConvertError::Layer { layer: layer.digest.clone(), source },
    }
}

/// Opens the writer the conversion asks for, and says in the report who writes and what is lost.
fn writer(job: &Job, cancel: &Cancel, report: &mut Report) -> Result<Box<dyn ImageWriter>, ConvertError> {
    let conversion = &job.conversion;
    let directory = || DirectoryWriter::create(&job.directory, &prefix(&job.id), ".partial");
    match conversion.format {
        Format::Squashfs => {}
        Format::Directory => {
            report.writer = "directory".to_owned();
            return Ok(Box::new(directory()?));
        }
        Format::Erofs | Format::Ext4 => {
            report.writer = conversion.format.name().to_owned();
            let output = temporary_file(&job.directory, &job.id, conversion.stripes.as_ref())?;
            return Ok(Box::new(PackedWriter::create(directory()?, output, conversion, &job.id, cancel)?));
        }
    }
    let program = match &conversion.writer {
        WriterChoice::Backhand => None,
        WriterChoice::Tar2sqfs(program) => Some(program.clone()),
        WriterChoice::Installed => tar2sqfs::find(),
    };
    let output = temporary_file(&job.directory, &job.id, conversion.stripes.as_ref())?;
    match program {
        Some(program) => {
            report.writer = "tar2sqfs".to_owned();
            let writer = Tar2sqfsWriter::start(&program, output, conversion, cancel)?;
            Ok(Box::new(writer))
        }
        None => {
            report.writer = "backhand".to_owned();
            report.losses = BackhandWriter::LOSSES.map(str::to_owned).to_vec();
            for loss in BackhandWriter::LOSSES {
                tracing::warn!(id = job.id, "tar2sqfs is not used: {loss}");
            }
            Ok(Box::new(BackhandWriter::create(output, conversion, cancel)?))
        }
    }
}

fn prefix(id: &str) -> String {
    format!(".{id}.")
}

/// `.<id>.<random>.partial`, mode 0600; removed unless it is published.
pub(crate) fn temporary_file(
    directory: &Path,
    id: &str,
    stripes: Option<&Stripes>,
) -> Result<tempfile::NamedTempFile, ConvertError> {
    const SUFFIX: &str = ".partial";
    let failed = |source| ConvertError::Output { path: directory.to_owned(), source };
    let laid_out = stripes.map(|stripes| stripes.file_in(directory, &prefix(id), SUFFIX));
    match laid_out.transpose().map_err(failed)?.flatten() {
        Some(file) => Ok(file),
        None => {
            let prefix = prefix(id);
            temporary::file(tempfile::Builder::new().prefix(&prefix).suffix(SUFFIX), directory).map_err(failed)
        }
    }
}
