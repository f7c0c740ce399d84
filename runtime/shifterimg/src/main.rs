//! `shifterimg`: the users' client of the image gateway.
//!
//! It speaks what clients since 16.08 speak, to any gateway that does: one request, with its own
//! munge credential, to each gateway in random order until one answers. On a Unix socket the kernel
//! vouches for the user and no credential is made. Where no site has installed anything it brings a gateway of its own.
//!
//! Results go to standard output, everything else to standard error. The exit status is true: a pull
//! that ended in FAILURE has failed.

mod args;
mod bars;
mod cancel;
mod conf;
mod credential;
mod expire;
mod failure;
mod gateway;
mod history;
mod ids;
mod images;
mod import;
mod inspect;
mod load;
mod login;
mod logins;
mod lookup;
mod out;
mod personal;
mod pin;
mod progress;
mod pull;
mod quota;
mod report;
mod rm;
mod secret;
mod sweep;
mod text;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Mode};
use conf::Settings;
use failure::Failure;
use gateway::Gateways;
use personal::Personal;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Closed) {
                eprintln!("shifterimg: {}", text::printable(&failure.to_string()));
            }
            failure.exit_code()
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let personal = if args.has_no_site() { Some(Personal::start()?) } else { None };
    let settings = match &personal {
        Some(personal) => personal.settings(),
        None => Settings::load(&args.config_path())?,
    };
    let request = args.request(&settings)?;
    let mut gateways = Gateways::new(&settings, args.verbose)?;
    match request {
        Mode::Lookup(image) => lookup::run(&mut gateways, &image, args.output),
        Mode::Load(file, name, access) => load::run(&mut gateways, &file, name.as_ref(), &access, args),
        Mode::Import(file, image, access) => import::run(&mut gateways, &file, &image, &access, args),
        Mode::Login(login) => login::run(&settings.system, &login),
        Mode::Images => images::run(&mut gateways, args.output),
        Mode::Inspect(image) => inspect::run(&mut gateways, &image, args.output),
        Mode::History(image) => history::run(&mut gateways, &image, args.output),
        Mode::Quota => quota::run(&mut gateways, args.output),
        Mode::Rm(image) => rm::run(&mut gateways, &image, args.output),
        Mode::Cancel(image) => cancel::run(&mut gateways, &image, args.output),
        Mode::Pin(image, span) => pin::pin(&mut gateways, &image, span, args.output),
        Mode::Unpin(image) => pin::unpin(&mut gateways, &image, args.output),
        Mode::Expire(image) => expire::one(&mut gateways, &image, args.output),
        Mode::Autoexpire => expire::unused(&mut gateways, args.output),
        Mode::Sweep(found) => sweep::run(&mut gateways, found, args.output),
        Mode::Pull(image, access, wait) => pull::run(&mut gateways, &image, &access, wait, args),
    }
}
