//! The command line of `shifter-imagegw`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use shifter_gateway_types::config::Listen;

/// Pulls container images from registries and keeps them for the machine
#[derive(Clone, Debug, Parser)]
#[command(name = "shifter-imagegw", version, after_help = AFTER)]
pub struct Args {
    /// The configuration [default: $GWCONFIG, else imagemanager.json of the installation]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// Listen here instead of at `Listen` of the configuration; may be repeated
    #[arg(long, value_name = "unix:PATH|tcp:ADDRESS:PORT")]
    pub listen: Vec<Listen>,

    /// Read and check the configuration, then exit
    #[arg(long)]
    pub check: bool,

    /// Instead of serving
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What is done instead of serving.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// Take over the images of an original gateway: its records from a mongoexport of its collection `images`
    Adopt {
        /// What mongoexport wrote: a JSON object a line, or one list
        #[arg(value_name = "EXPORT")]
        export: PathBuf,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Make records of what the image directories hold, after the database was lost
    Rebuild {
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
}

const AFTER: &str = "Signals: SIGHUP reads the configuration again, SIGTERM stops.\n\
Exit status: 0 stopped by a signal or all adopted, 1 could not start or go on or something was left out, 2 wrong \
arguments.";

impl Args {
    /// The configuration to read.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        let from_environment = || std::env::var_os("GWCONFIG").map(PathBuf::from);
        let installed = || PathBuf::from(shifter_formats::SYSCONFDIR).join("imagemanager.json");
        self.config.clone().or_else(from_environment).unwrap_or_else(installed)
    }
}
