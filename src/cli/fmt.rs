//! `shifter-site fmt`: profiles in the usual form.

use std::path::{Path, PathBuf};

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    find,
};
use crate::{
    layout::{self, LayoutError},
    profile::file,
    repair::{Changed, save},
};

/// Bring profiles into the usual form: the schema's order of tables and keys, one way to write values.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site fmt site.toml
  shifter-site fmt --check site-profiles/*.toml       # exit 1 when one is in another form
  shifter-site fmt --diff site.toml
  shifter-site fmt - <site.toml

Comments stay with what they stand above or behind. What the profile means never changes.")]
pub(super) struct Args {
    /// The profiles; `-` is standard input, which goes to standard output. Default: --profile,
    /// $SHIFTER_SITE_PROFILE, shifter-site.toml, the only profile here.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The profile, by an option.
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    profile: Option<PathBuf>,
    /// Write nothing; name the files in another form, and exit with 1 when there is one.
    #[arg(long)]
    check: bool,
    /// Write nothing; print what would change as a unified diff.
    #[arg(long)]
    diff: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let files =
        if args.files.is_empty() { vec![find::named_or_usual(args.profile.as_ref())?] } else { args.files.clone() };
    if files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(Failure::Usage("standard input can be named only once".to_owned()));
    }
    let mut changed = Vec::new();
    let mut errors = Vec::new();
    for file in &files {
        match one(file, console)? {
            Ok(text) => changed.push(text),
            Err(error) => errors.push(format!("`{}`: {error}", file.display())),
        }
    }
    if !errors.is_empty() {
        return Err(Failure::of_all("nothing is changed", &errors, None));
    }
    let others: Vec<&Changed> = changed.iter().filter(|text| text.before != text.after).collect();
    if args.diff {
        console.say(&others.iter().map(|text| text.diff()).collect::<String>())?;
    } else if args.check {
        console
            .say(&others.iter().map(|text| format!("{} is not in the usual form\n", text.name)).collect::<String>())?;
    } else {
        let owned: Vec<Changed> = others.iter().map(|text| (*text).clone()).collect();
        save::save(&owned)?;
        for text in changed.iter().filter(|text| text.file.is_none()) {
            console.say(&text.after)?;
        }
    }
    Ok(if args.check && !others.is_empty() { Exit::Failed } else { Exit::Clean })
}

/// One text before and after.
fn one(path: &Path, console: &Console) -> Result<Result<Changed, LayoutError>, Failure> {
    let is_stdin = path.as_os_str() == "-";
    let bytes = if is_stdin {
        console.input()?
    } else {
        file::read(path).map_err(|source| Failure::File { verb: "read", path: path.to_owned(), source })?
    };
    // What is not UTF-8 is not TOML.
    let Ok(before) = String::from_utf8(bytes) else { return Ok(Err(LayoutError::NotToml)) };
    let name = if is_stdin { "<stdin>".to_owned() } else { path.display().to_string() };
    let place = if is_stdin { None } else { Some(crate::profile::buffers::one_name(path)) };
    Ok(layout::tidy(&before).map(|after| Changed { name, file: place, before, after }))
}
