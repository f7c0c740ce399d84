//! The command `shifter-imagegw`.

use std::process::ExitCode;

use clap::Parser;
use shifter_imagegw::args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    match shifter_imagegw::daemon::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shifter-imagegw: {error:#}");
            ExitCode::FAILURE
        }
    }
}
