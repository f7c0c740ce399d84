//! What is done with a gateway's records while it does not serve.

use std::io::Write;
use std::process::ExitCode;

use crate::adopt::{self, Fate, Trial};
use crate::args::{Args, Verb};
use crate::config::Config;
use crate::store::Store;

/// Does it, and says what became of everything. 1 where something was left out.
pub fn run(args: &Args, verb: &Verb) -> anyhow::Result<ExitCode> {
    let config = Config::load(&args.config_path())?;
    let store = Store::open(&config.database)?;
    let trial = |dry_run: bool| if dry_run { Trial::Dry } else { Trial::Real };
    let report = match verb {
        Verb::Adopt { export, dry_run } => adopt::adopt(&config, &store, export, trial(*dry_run))?,
        Verb::Rebuild { dry_run } => adopt::rebuild(&config, &store, trial(*dry_run))?,
    };
    // Whoever reads the report may have stopped doing so.
    let _ = write!(std::io::stdout(), "{report}");
    let is_whole = !report.fates().iter().any(|(_, fate)| matches!(fate, Fate::LeftOut(_)));
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
