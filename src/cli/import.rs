//! `shifter-site import`: the files of a running site as a profile.

use std::path::{Path, PathBuf};

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
};
use crate::{
    diagnostic::{Format, Report, Safety, Scope, Style},
    import::{self, Choice, Destination, ImportError, Imported, Options, Prefer, WriteError},
    target::Target,
};

/// Make a profile of the files of a running site.
///
/// Reads udiRoot.conf, imagemanager.json, the premount and postmount scripts, plugstack.conf, roots.conf, redis.conf and
/// the scripts around jobs, each as its program reads it, and writes a profile. Then it renders that profile in memory,
/// reads the result the same way and compares. Passwords go to files of their own. The imported files are not changed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exits with 0 when the programs of the target accept the files and the profile renders the same; \
otherwise the profile is written all the same, with 1.

Examples:
  shifter-site import /etc/shifter --out cluster.toml
  shifter-site import /dsl --out bluewaters.toml --prefer udiroot
  shifter-site import udiRoot.conf imagemanager.json --target 18.03 --format json
  shifter-site import old/ --out site.toml --fix --fixed-dir repaired/"
)]
pub(super) struct Args {
    /// The files, or directories of them. A directory with an `etc` is taken for the root of a machine.
    #[arg(value_name = "DIR|FILE", required = true)]
    paths: Vec<PathBuf>,
    /// The installed release, or `auto` for the oldest whose keys cover the files.
    #[arg(long, value_name = "VERSION", default_value = "auto")]
    target: String,
    /// Where to write the profile; secrets and scripts go beside it. Without it the profile is only shown: on standard output, and what
    /// is said of it on standard error.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The directory of secrets, seen from that of the profile.
    #[arg(long, value_name = "DIR", default_value = "secrets")]
    secrets_dir: PathBuf,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
    /// Fail also when something of the files is not in the profile.
    #[arg(long)]
    strict: bool,
    /// Render the profile again and compare: this is what happens anyway.
    #[arg(long, overrides_with = "no_verify")]
    verify: bool,
    /// Do not fail when the profile renders something else.
    #[arg(long)]
    no_verify: bool,
    /// Whose word counts where two files do not agree on one fact.
    #[arg(long, value_enum, default_value_t, value_name = "FILE")]
    prefer: Whose,
    /// Let the runtime make the mounts of the premount script, with nosuid and nodev.
    #[arg(long)]
    modernise: bool,
    /// Take owners and modes of the files for those on the machine.
    #[arg(long)]
    owners: bool,
    /// Show each repair of the imported files, and write repaired copies.
    #[arg(long, requires = "fixed_dir")]
    fix: bool,
    /// Repair also what has more than one reading: a guess.
    #[arg(long, requires = "fix")]
    unsafe_fixes: bool,
    /// The directory of repaired copies.
    #[arg(long, value_name = "DIR", requires = "fix")]
    fixed_dir: Option<PathBuf>,
    /// The form of the report: human, concise, json, sarif, github, gitlab or junit.
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORM")]
    format: Format,
}

/// Whose word counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Whose {
    /// That of udiRoot.conf.
    #[default]
    Udiroot,
    /// That of imagemanager.json.
    Imagemanager,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let choice = match args.target.as_str() {
        "auto" => Choice::Auto,
        text => Choice::Fixed(text.parse::<Target>().map_err(|error| Failure::Usage(error.to_string()))?),
    };
    let files = import::read(&args.paths, args.owners).map_err(|(path, source)| Failure::File {
        verb: "read",
        path,
        source,
    })?;
    let options = Options {
        target: choice,
        prefer: if args.prefer == Whose::Imagemanager { Prefer::ImageManager } else { Prefer::UdiRoot },
        modernise: args.modernise,
        secrets: args.secrets_dir.display().to_string(),
        repairs: if args.unsafe_fixes { Safety::Unsafe } else { Safety::Safe },
    };
    let imported = import::import(&files, &options)?;
    let to = Destination {
        profile: args.out.clone(),
        secrets: args.secrets_dir.clone(),
        fixed: args.fixed_dir.clone(),
        replace: args.force,
    };
    let written = import::write(&imported, &to)?;
    if args.out.is_none() && args.format == Format::Human {
        // The profile alone, so that it can be sent to a file; what is said of it goes beside.
        console.note(&said(args, &imported, &written, console.error_style()));
        console.say(&shown_profiles(&imported))?;
    } else {
        console.say(&said(args, &imported, &written, console.style()))?;
    }
    let is_lossy = args.strict && !imported.lost.is_empty();
    let is_true = imported.holds() || args.no_verify;
    Ok(if imported.accepted && is_true && !is_lossy { Exit::Clean } else { Exit::Failed })
}

fn said(args: &Args, imported: &Imported, written: &[PathBuf], style: Style) -> String {
    let scope =
        Scope { profiles: imported.profiles.len(), targets: vec![imported.target.to_string()], ..Scope::default() };
    let report = Report::new(imported.findings.clone(), 0, scope);
    if args.format == Format::Json {
        return imported.json(&Format::Json.write(&report, style));
    }
    let findings = if report.findings().is_empty() { String::new() } else { args.format.write(&report, style) };
    if args.format != Format::Human {
        return args.format.write(&report, style);
    }
    let mut text = findings;
    if args.fix {
        text.push_str(&imported.repairs());
    }
    text.push_str(&imported.text());
    for path in written {
        text.push_str(&format!("written: {}\n", shown(path)));
    }
    text
}

/// The profiles below each other, each but the main one below a line with its name. What looks like a secret is covered:
/// only files written with `--out` hold what the imported ones hold.
fn shown_profiles(imported: &Imported) -> String {
    let mut text = String::new();
    for (name, profile) in &imported.profiles {
        if !name.is_empty() {
            text.push_str(&format!("# ----- {name}\n"));
        }
        text.push_str(&crate::repair::shown(profile));
    }
    text
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Io { path, source } => Self::File { verb: "write", path, source },
            error @ (WriteError::Exists { .. } | WriteError::Twice { .. }) => Self::Several(error.to_string()),
        }
    }
}
