//! `shifter-site completion`: what a shell completes.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::{Cli, Outcome, console::Console, exit::Exit};

/// Print the completions of a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site completion bash > /usr/share/bash-completion/completions/shifter-site
  shifter-site completion zsh > \"${fpath[1]}/_shifter-site\"
  shifter-site completion fish > ~/.config/fish/completions/shifter-site.fish")]
pub(super) struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "shifter-site", &mut script);
    console.say(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Clean)
}
