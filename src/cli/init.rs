//! `shifter-site init`: a new profile.

use std::{
    io::{self, BufRead, IsTerminal},
    path::PathBuf,
};

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    whole::{self, Existing},
};
use crate::{
    check::{self, Strictness},
    facts::Facts,
    init::{self, InitError, Interview, Unanswered},
    profile::{self, Input, LoadOptions},
};

/// Write a new, annotated profile from a few answers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site init                                          asks
  shifter-site init --preset laptop --out -                  shows one
  shifter-site init --preset slurm-el --out new.toml </dev/null
  shifter-site facts | shifter-site init --facts - --answers rest.toml
  shifter-site init --answers heron.answers.toml --out heron.toml

A file of answers has one key for each question:
  preset = \"slurm-el\"
  name = \"heron\"
  nodes = 512
  file_systems = [\"/home:nfs4\", \"/scratch:lustre\", \"/apps:nfs4:ro\"]
  gateways = [\"head1\"]

Where nobody can be asked, --preset alone gives a whole profile: what nobody answered is marked ASSUMED in it. With
--answers, or without --preset, what has no answer is named and nothing is written.")]
pub(super) struct Args {
    /// What kind of machine it is: cray-xc, cray-xe, gpu, laptop or slurm-el.
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,
    /// Answers, in TOML; nothing is asked.
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// The facts of a node, as `shifter-site facts` prints them: usual answers come from it. `-` is standard input.
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// The new profile; `-` is standard output.
    #[arg(long, short, default_value = "shifter-site.toml", value_name = "FILE")]
    out: PathBuf,
    /// Replace the file if it is there.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let shown = args.out.as_os_str() == "-";
    if !shown && !args.force && args.out.symlink_metadata().is_ok() {
        return Err(Failure::Usage(format!("`{}` is there: name another with --out, or --force", args.out.display())));
    }
    let mut interview = Interview::default();
    if let Some(file) = &args.facts {
        let bytes = if file.as_os_str() == "-" { console.input()? } else { read(file)? };
        let text = String::from_utf8(bytes).map_err(|error| file_error(file, error.to_string()))?;
        interview.usual = init::suggestions(&Facts::parse(&text).map_err(|error| file_error(file, error.to_string()))?);
    }
    if let Some(file) = &args.answers {
        let text = String::from_utf8(read(file)?).map_err(|error| file_error(file, error.to_string()))?;
        interview.read(&file.display().to_string(), &text)?;
    }
    interview.given.extend(args.preset.iter().map(|preset| ("preset".to_owned(), preset.clone())));

    let asks = args.answers.is_none() && io::stdin().is_terminal() && io::stderr().is_terminal();
    let mut ask = |prompt: &str| {
        console.note(prompt);
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).ok().filter(|read| *read > 0).map(|_| line)
    };
    if args.preset.is_some() && args.answers.is_none() {
        interview.unanswered = Unanswered::Assumed;
    }
    let answers = interview.run(if asks { Some(&mut ask) } else { None })?;
    let text = init::profile(&answers).map_err(|error| Failure::Defect(error.to_string()))?;

    let input = Input::Text { path: (!shown).then(|| args.out.clone()), bytes: text.clone().into_bytes() };
    let checked = check::check(&LoadOptions { input, ..LoadOptions::file("") }, None, &Strictness::default())?;
    let fails = checked.fails();
    let report = check::report(&[checked]);
    if shown {
        console.say(&text)?;
    } else {
        let existing = if args.force { Existing::Replaced } else { Existing::Kept };
        whole::write(&args.out, text.as_bytes(), 0o644, existing)?;
        console.say(&format!("wrote {}; next: shifter-site check {0}\n", args.out.display()))?;
    }
    if !answers.assumed.is_empty() {
        let keys = answers.assumed.join(", ");
        console.note(&format!("shifter-site: nobody was asked: {keys} are marked ASSUMED, put in what is true\n"));
    }
    if !report.findings().is_empty() {
        console.note(&crate::diagnostic::Format::Human.write(&report, console.error_style()));
    }
    Ok(if fails { Exit::Failed } else { Exit::Clean })
}

fn read(file: &std::path::Path) -> Result<Vec<u8>, Failure> {
    profile::file::read(file).map_err(|source| Failure::File { verb: "read", path: file.to_owned(), source })
}

fn file_error(file: &std::path::Path, why: String) -> InitError {
    InitError::File { file: file.display().to_string(), why }
}
