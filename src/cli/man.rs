//! `shifter-site man`: the manual pages, made of the same text as `--help`.

use std::{io, path::PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::{
    Cli, Outcome,
    console::Console,
    exit::{self, Exit, Failure},
};

/// Print the manual page of this program, or write one for each verb.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site man | man -l -
  shifter-site man render | man -l -
  shifter-site man --out /usr/share/man/man1")]
pub(super) struct Args {
    /// The verb; without one, the page of the program.
    #[arg(value_name = "VERB")]
    verb: Option<String>,
    /// Write the pages of the program and of every verb into a directory; made if it is not there.
    #[arg(long, conflicts_with = "verb", value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let program = whole();
    let Some(directory) = &args.out else {
        let page = match &args.verb {
            None => program.clone(),
            Some(name) => {
                let verb = program.get_subcommands().find(|verb| verb.get_name() == name);
                verb.ok_or_else(|| Failure::Usage(format!("there is no verb `{name}`")))?.clone()
            }
        };
        console.say(&roff(page)?)?;
        return Ok(Exit::Clean);
    };
    std::fs::create_dir_all(directory).map_err(|source| Failure::File {
        verb: "make the directory",
        path: directory.clone(),
        source,
    })?;
    for page in std::iter::once(&program).chain(program.get_subcommands()) {
        let name = page.get_display_name().unwrap_or_else(|| page.get_name());
        console.save(&directory.join(format!("{name}.1")), &roff(page.clone())?)?;
    }
    Ok(Exit::Clean)
}

/// The command line with every verb under its full name, `shifter-site-render`.
fn whole() -> Command {
    let mut program = Cli::command().after_help(exit::TABLE);
    program.build();
    program
}

fn roff(page: Command) -> Result<String, Failure> {
    let mut text = Vec::new();
    Man::new(page).render(&mut text).map_err(|error: io::Error| Failure::Defect(error.to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
