//! What a conversion saw, as it is kept and shown.

use shifter_gateway_types::rest::{ClosedDirectory, ImageReport, MpiLibrary, Paths, ReportedModes};
use shifter_libraries::Mpi;

use crate::convert::report::Noted;
use crate::pull::{Modes, Pulled};

/// The report of a pulled image; `None` where it was here before and nothing was read.
pub(super) fn report(pulled: &Pulled) -> Option<ImageReport> {
    if pulled.known {
        return None;
    }
    let seen = pulled.report.clone();
    let mut mpi: Vec<Mpi> = seen.contents.mpi.clone();
    mpi.sort();
    Some(ImageReport {
        architecture: seen.contents.machine.map(|machine| machine.to_string()),
        cuda: seen.contents.cuda(),
        libc: seen.contents.libc,
        mpi: mpi.into_iter().map(library).collect(),
        layers: seen.layers,
        files: seen.files,
        bytes: seen.file_bytes,
        modes: match seen.modes {
            Modes::Image => ReportedModes::Image,
            Modes::Readable => ReportedModes::Readable,
        },
        closed: seen.closed.count,
        closed_worst: seen
            .closed
            .worst
            .into_iter()
            .map(|place| ClosedDirectory {
                path: absolute(&place.path),
                files: place.files,
                bytes: place.bytes,
                program: place.program.map(|(_, path)| absolute(&path)),
            })
            .collect(),
        set_id: paths(seen.set_id),
        dropped_set_id: paths(seen.dropped_set_id),
        dropped_capabilities: paths(seen.dropped_capabilities),
        dropped_devices: paths(seen.dropped_special),
        dropped_attributes: paths(seen.dropped_xattrs),
        examination: seen.examination,
        losses: seen.losses,
    })
}

fn library(mpi: Mpi) -> MpiLibrary {
    let abi = mpi.abi().map(|abi| abi.to_string());
    let path = absolute(mpi.path.as_bytes());
    MpiLibrary { path, soname: mpi.soname, abi, is: mpi.is, architecture: mpi.architecture }
}

fn paths(noted: Noted) -> Paths {
    Paths { count: noted.count, first: noted.first }
}

fn absolute(path: &[u8]) -> String {
    format!("/{}", String::from_utf8_lossy(path).trim_start_matches('/'))
}
