//! The command line.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use rustix::process::{self, Signal};

use crate::daemon::{self, Serving};
use crate::keeper::{self, Keeping};
use crate::{keys, leader, sftp};

/// The sshd of a job's container: one user, one key, nothing left behind.
#[derive(Debug, Parser)]
#[command(name = "shifter-sshd", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve the user who starts it, until it is ended; then nothing of it is left.
    Serve {
        /// End when the process ends that started it.
        #[arg(long)]
        with_parent: bool,
        #[command(flatten)]
        serve: Service,
    },
    /// Make the keys of a new job in ~/.udiRoot/ssh, and print the public key, for `setupRoot -s`.
    NewKeys {
        /// The home to make them in, instead of $HOME.
        #[arg(long)]
        home: Option<PathBuf>,
    },
}

#[derive(Args, Clone, Debug)]
struct Service {
    /// The directory of the job's keys.
    #[arg(long)]
    keys: PathBuf,
    /// The port; 0 for one that is free.
    #[arg(long, default_value_t = 1204)]
    port: u16,
    /// An address to listen at, instead of all.
    #[arg(long)]
    listen: Vec<IpAddr>,
    /// The file that the user is looked for in.
    #[arg(long, default_value = "/etc/passwd")]
    passwd: PathBuf,
    /// Let go of standard output and error when it listens.
    #[arg(long)]
    silent: bool,
}

/// What the daemon, the keeper's child, is started with.
#[derive(Debug, Parser)]
struct Daemon {
    /// The keeper, with which it ends.
    keeper: i32,
    #[command(flatten)]
    serve: Service,
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    match words.get(1).and_then(|word| word.to_str()) {
        Some(leader::WORD) => leader::main(words.into_iter().skip(2).collect()),
        Some(sftp::WORD) => sftp::main(),
        Some(keeper::DAEMON) => told(serve(Daemon::parse_from(words.into_iter().skip(1)))),
        _ => told(run(Cli::parse_from(&words).verb, &words)),
    }
}

type Error = Box<dyn std::error::Error>;

/// An error is told with its causes, in one line.
fn told(done: Result<ExitCode, Error>) -> ExitCode {
    done.unwrap_or_else(|error| {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text += &format!(": {error}");
            cause = error.source();
        }
        eprintln!("shifter-sshd: {text}");
        ExitCode::FAILURE
    })
}

fn run(verb: Verb, words: &[OsString]) -> Result<ExitCode, Error> {
    match verb {
        Verb::Serve { with_parent, serve } => {
            daemon::refuse_root()?;
            let keeping = Keeping { with_parent, silent: serve.silent };
            let words: Vec<OsString> = words.iter().skip(2).filter(|word| *word != "--with-parent").cloned().collect();
            Ok(keeper::keep(&words, keeping)?)
        }
        Verb::NewKeys { home } => {
            let home = home.or_else(|| std::env::var_os("HOME").map(PathBuf::from));
            let home = home.filter(|home| home.is_absolute()).ok_or("no home: HOME is not set (option --home)")?;
            println!("{}", keys::make(&home)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn serve(Daemon { keeper, serve }: Daemon) -> Result<ExitCode, Error> {
    process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // ORDER: a keeper that ended before sends no signal.
    if process::getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(keeper) {
        return Ok(ExitCode::FAILURE);
    }
    let Service { keys, port, listen, passwd, silent } = serve;
    daemon::serve(&Serving { keys, passwd, listen, port, silent })?;
    Ok(ExitCode::SUCCESS)
}
