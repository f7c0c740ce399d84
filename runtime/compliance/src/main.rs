//! `shifter-compliance`: what users rely on in any Shifter, asked of one installation.
//!
//! A site runs it as an ordinary user, against the original before it switches and against ours after it, or in the
//! container of a new system. It knows nothing of either but the command `shifter` and the name of an image with a shell.
//! It changes nothing outside of a directory of its own, even where the command turns out not to contain anything.
//! Every line it prints is a [`fact::Fact`]; the exit status is 1 if one does not hold and 2 if nothing could be asked.

mod fact;
mod facts;
mod installation;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use fact::{Fact, Holds, Unlike};
use installation::Installation;

/// Ask an installation of Shifter whether it behaves as users rely on
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Examples:
  shifter-compliance --image docker:busybox:latest
  shifter-compliance --image docker:busybox:latest --of original --shifter /opt/old/bin/shifter

Run it as an ordinary user. Exit status: 0 when all that could be asked holds, 1 when something does not, 2 when the image
cannot be started at all."
)]
struct Arguments {
    /// The installed command
    #[arg(long, default_value = "shifter")]
    shifter: PathBuf,
    /// An image with a shell and the usual commands, as `shifter --image` takes it
    #[arg(long)]
    image: String,
    /// Whose behaviour is asked for: what the original does too, or all that ours does
    #[arg(long, value_enum, default_value = "native")]
    of: Of,
    /// A directory of the node that containers have in the same place
    #[arg(long, default_value = "/tmp")]
    shared: PathBuf,
    /// How long one call may take
    #[arg(long, value_name = "SECONDS", default_value = "120")]
    limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Of {
    /// The original Shifter, by its manual and its source
    Original,
    /// The runtime of this repository
    Native,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if rustix::process::geteuid().is_root() {
        eprintln!(
            "shifter-compliance: run it as an ordinary user, as users start containers: it says nothing about root"
        );
        return ExitCode::from(2);
    }
    let limit = Duration::from_secs(arguments.limit);
    let installation = match Installation::new(arguments.shifter, arguments.image, &arguments.shared, limit) {
        Ok(installation) => installation,
        Err(reason) => {
            eprintln!("shifter-compliance: {reason}");
            return ExitCode::from(2);
        }
    };
    let asked: Vec<&Fact> =
        facts::all().filter(|fact| fact.holds == Holds::Everywhere || arguments.of == Of::Native).collect();
    let (mut differ, mut untold) = (0, 0);
    for fact in &asked {
        match (fact.ask)(&installation) {
            Ok(()) => println!("holds    {}", fact.name),
            Err(Unlike::Differs(seen)) => {
                differ += 1;
                println!("DIFFERS  {}\n         {} ({})", fact.name, seen.replace('\n', "\n         "), fact.source);
            }
            Err(Unlike::CannotTell(reason)) => {
                untold += 1;
                println!("untold   {}: {reason}", fact.name);
            }
        }
    }
    println!("\n{} hold, {differ} differ, {untold} could not be asked", asked.len() - differ - untold);
    ExitCode::from(u8::from(differ > 0))
}
