//! `shifter-site stage`: a module directory with an MPI of the host.

use std::path::PathBuf;

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
};
use crate::stage::{self, StageError, Wanted};

/// Make a module directory with an MPI of the host, which containers can use in place of their own.
///
/// The libraries of the ABI are copied under all names that programs know them by, with what they need in a directory
/// that only they find. Nothing of the C library is taken. Prints the lines of a profile that make it a module.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site stage mpich --from /opt/cray/pe/mpich/8.1.30/ofi/gnu/9.1 --out /opt/shifter/mpich
  shifter-site stage mpich --from /usr --out /opt/shifter/mpich --as 4.0.2-debian >> site.toml
  shifter-site stage mpich --root /images/compute --from /opt/mpich --out /opt/shifter/mpich")]
pub(super) struct Args {
    /// What is staged.
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
    /// Where it is installed.
    #[arg(long, value_name = "PREFIX")]
    from: PathBuf,
    /// The directory that gets a directory for each version.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The library that images link to: libmpi.so.12 or libmpich.so.12. Both names are staged.
    #[arg(long, value_name = "NAME")]
    abi: Option<String>,
    /// The version that it is staged as. Default: what the library says.
    #[arg(long = "as", value_name = "VERSION")]
    stage_as: Option<String>,
    /// Look for PREFIX, and for what the libraries need, below a directory that is the root of a node.
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
}

/// What can be staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// MPICH, or one with its ABI: Cray's, Intel's, MVAPICH.
    Mpich,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let What::Mpich = args.what;
    let failed = |path: &PathBuf| {
        let path = path.clone();
        move |source| Failure::File { verb: "read", path, source }
    };
    let from = if args.root == std::path::Path::new("/") {
        args.from.canonicalize().map_err(failed(&args.from))?
    } else {
        args.from.clone()
    };
    let wanted = Wanted { root: args.root.clone(), from, abi: args.abi.clone(), version: args.stage_as.clone() };
    let staged = stage::gather(&wanted)?;
    let outcome = stage::write(&staged, &args.out)?;
    let manifest = &outcome.manifest;
    let at = outcome.at.canonicalize().map_err(failed(&outcome.at))?.display().to_string();
    let glibc = manifest.glibc.map_or_else(String::new, |version| format!(", needs glibc {version}"));
    let is = if outcome.was_there { "is there already, just so" } else { "is staged" };
    console.note(&format!("shifter-site: {} ({}{glibc}) {is}: {at}\n", manifest.mpi, manifest.architecture));
    console.note(&format!("  images may link to: {}\n", manifest.names.join(", ")));
    let of = |from: &str| manifest.files.iter().filter(|file| file.path.starts_with(from)).count();
    console.note(&format!("  needed libraries and plugins taken along: {}\n", of("lib/dep/")));
    if !manifest.of_driver.is_empty() {
        console.note(&format!("  from the accelerators' module: {}\n", manifest.of_driver.join(", ")));
    }
    for left_out in &manifest.left_out {
        console.note(&format!("  left out: {left_out}\n"));
    }
    console.say(&manifest.profile(&at))?;
    Ok(Exit::Clean)
}

impl From<StageError> for Failure {
    fn from(error: StageError) -> Self {
        match error {
            StageError::File { verb, path, source } => Self::File { verb, path, source },
            error @ (StageError::Abi(_) | StageError::Version(_)) => Self::Usage(error.to_string()),
            error => Self::Several(error.to_string()),
        }
    }
}
