//! `shifter-site lsp`: a language server for editors.

use std::io;

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
};
use crate::lsp::{self, Ended};

/// Serve an editor: findings as you type, completion, repairs, on standard input and output.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "An editor starts this by itself. It looks at profiles as `check` does, with what is not saved yet;
it reads no secret and runs no command.

Helix, in ~/.config/helix/languages.toml:
  [language-server.shifter-site]
  command = \"shifter-site\"
  args = [\"lsp\"]
  [[language]]
  name = \"toml\"
  language-servers = [\"shifter-site\"]

Neovim 0.11 or later, in init.lua:
  vim.lsp.config('shifter_site', { cmd = { 'shifter-site', 'lsp' }, filetypes = { 'toml' },
    root_markers = { 'shifter-site.toml', '.git' } })
  vim.lsp.enable('shifter_site')

VS Code, with an extension that runs any language server (such as \"Generic LSP Client\"):
  command `shifter-site`, arguments `lsp`, language `toml`

A file is taken for a profile when it is called shifter-site.toml, says `schema`, `extends` or `preset`,
or begins with `#:schema .../site-profile.schema.json`."
)]
pub(super) struct Args {}

pub(super) fn run(_: &Args, _: &Console) -> Outcome {
    match lsp::serve(io::stdin(), io::stdout().lock()) {
        Ok(Ended::AsAsked) => Ok(Exit::Clean),
        // Language Server Protocol 3.17, `exit`: 1 where `shutdown` did not come before.
        Ok(Ended::Abruptly) => Ok(Exit::Failed),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Failed),
        Err(source) => Err(Failure::Stream { verb: "serve", stream: "input", source }),
    }
}
