//! The command `shifter-imagegw`.

use std::process::ExitCode;

use clap::Parser;
use shifter_imagegw::args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.verb {
        Some(verb) => shifter_imagegw::offline::run(&args, verb),
        None => shifter_imagegw::daemon::run(&args).map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(status) => status,
        Err(error) => {
            eprintln!("shifter-imagegw: {error:#}");
            ExitCode::FAILURE
        }
    }
}
