//! The command line: one file for each verb, one table of exit codes ([`Exit`]).
//!
//! A verb reads, asks the library and says what came of it. What it says and how it exits come from
//! the same value; a form of output never changes an exit code.

mod apply;
mod capacity;
mod cdi;
mod check;
mod completion;
mod console;
mod diff;
mod docs;
mod doctor;
mod exit;
mod explain;
mod facts;
mod find;
mod fmt;
mod form;
mod gc;
mod generations;
mod import;
mod init;
mod layers;
mod lsp;
mod man;
mod migrate;
mod node;
mod render;
mod report;
mod rollback;
mod rules;
mod schema;
mod show;
mod stage;
mod support_bundle;
mod try_site;
mod verify;
mod versions;
mod whole;
mod why;
mod world;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use self::{console::Colour, exit::Exit};
use self::{console::Console, exit::Failure};

/// Describe an HPC site once, in typed TOML; check it; render every file Shifter needs.
#[derive(Debug, Parser)]
#[command(name = "shifter-site", version, propagate_version = true, disable_help_subcommand = true)]
struct Cli {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Colour,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(check::Args),
    Migrate(migrate::Args),
    Render(render::Args),
    Diff(diff::Args),
    Apply(apply::Args),
    Rollback(rollback::Args),
    Generations(generations::Args),
    Gc(gc::Args),
    Import(import::Args),
    Doctor(doctor::Args),
    Explain(explain::Args),
    Facts(facts::Args),
    Fmt(fmt::Args),
    Rules(rules::Args),
    Docs(docs::Args),
    Capacity(capacity::Args),
    Cdi(cdi::Args),
    Why(why::Args),
    Show(show::Args),
    Stage(stage::Args),
    Schema(schema::Args),
    Lsp(lsp::Args),
    Try(try_site::Args),
    Init(init::Args),
    Verify(verify::Args),
    Report(report::Args),
    SupportBundle(support_bundle::Args),
    Completion(completion::Args),
    Man(man::Args),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let run = || run(std::env::args_os());
    // The message of a panic stands on stderr by then; this only gives it its exit code.
    std::panic::catch_unwind(run).unwrap_or(Exit::Internal).into()
}

fn run(arguments: impl Iterator<Item = std::ffi::OsString>) -> Exit {
    let parsed = Cli::command()
        .after_help(exit::TABLE)
        .try_get_matches_from(arguments)
        .and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            let wanted = !error.use_stderr();
            // Nothing can be done about a closed standard error.
            let _ = error.print();
            return if wanted { Exit::Clean } else { Exit::Usage };
        }
    };
    let console = Console::new(cli.color);
    let outcome = match &cli.verb {
        Verb::Check(args) => check::run(args, &console),
        Verb::Migrate(args) => migrate::run(args, &console),
        Verb::Render(args) => render::run(args, &console),
        Verb::Diff(args) => diff::run(args, &console),
        Verb::Apply(args) => apply::run(args, &console),
        Verb::Rollback(args) => rollback::run(args, &console),
        Verb::Generations(args) => generations::run(args, &console),
        Verb::Gc(args) => gc::run(args, &console),
        Verb::Import(args) => import::run(args, &console),
        Verb::Doctor(args) => doctor::run(args, &console),
        Verb::Explain(args) => explain::run(args, &console),
        Verb::Facts(args) => facts::run(args, &console),
        Verb::Fmt(args) => fmt::run(args, &console),
        Verb::Rules(args) => rules::run(args, &console),
        Verb::Capacity(args) => capacity::run(args, &console),
        Verb::Cdi(args) => cdi::run(args, &console),
        Verb::Docs(args) => docs::run(args, &console),
        Verb::Why(args) => why::run(args, &console),
        Verb::Show(args) => show::run(args, &console),
        Verb::Stage(args) => stage::run(args, &console),
        Verb::Schema(args) => schema::run(args, &console),
        Verb::Lsp(args) => lsp::run(args, &console),
        Verb::Try(args) => try_site::run(args, &console),
        Verb::Init(args) => init::run(args, &console),
        Verb::Verify(args) => verify::run(args, &console),
        Verb::Report(args) => report::run(args, &console),
        Verb::SupportBundle(args) => support_bundle::run(args, &console),
        Verb::Completion(args) => completion::run(args, &console),
        Verb::Man(args) => man::run(args, &console),
    };
    outcome.unwrap_or_else(|failure| {
        console.complain(&failure);
        failure.exit()
    })
}

/// A verb either says how it went or why it could not go.
type Outcome = Result<Exit, Failure>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
