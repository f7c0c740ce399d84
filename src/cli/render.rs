//! `shifter-site render`: every file the site needs, in one directory.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    find,
    layers::LayerArgs,
};
use crate::{
    check::{self, Checked, Strictness},
    profile::Input,
    render::{self, Artifact, GatherError, Inputs, NotOwned, Plan, Secrets, WriteError},
};

/// Render every file of a site into a directory.
///
/// The files of the class `[render] class` (usually `compute`) lie directly in it, those of other classes below
/// CLASS/. Nothing is written while the profile has errors.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site render --out /dsl/etc/shifter
  shifter-site render cori.toml --class login --out /tmp/login
  shifter-site render cori.toml --tree --class compute --out /images
  shifter-site render bluewaters.toml --secrets placeholder --stdout udiRoot.conf")]
pub(super) struct Args {
    #[command(flatten)]
    profile: find::ProfileArgs,
    /// The directory to write to; made if it is not there.
    #[arg(long, value_name = "DIR", required_unless_present = "stdout")]
    out: Option<PathBuf>,
    /// Write one file to standard output instead; one with secrets only with `--secrets placeholder`.
    #[arg(long, value_name = "NAME", conflicts_with = "out")]
    stdout: Option<String>,
    /// Write install roots for image builds, `DIR/CLASS/ROOT/etc/shifter/...`, each with a manifest of its own.
    #[arg(long, requires = "out")]
    tree: bool,
    /// Whether secrets are read, or a token stands for each, which no gateway accepts.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    secrets: How,
    /// Run the commands that `{ command = [...] }` secrets name.
    #[arg(long)]
    allow_secret_commands: bool,
    /// Render although the profile has errors, as far as that goes.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    layers: LayerArgs,
}

/// What stands in a file where a secret belongs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum How {
    /// The secret.
    #[default]
    Resolve,
    /// `@SECRET:name@`.
    Placeholder,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let file = args.profile.path()?;
    let options = args.layers.options(Input::File(file.clone()));
    let checked = check::check(&options, args.layers.class.as_deref(), &Strictness::default())?;
    if checked.has_errors() {
        let report = check::report(std::slice::from_ref(&checked));
        console.note(&crate::diagnostic::human::write(&report, console.error_style()));
        if !args.force || checked.sites.is_empty() {
            console.note("shifter-site: nothing is rendered from a profile with errors\n");
            return Ok(Exit::Failed);
        }
    }
    let inputs = inputs(&checked, &file, args)?;
    let made = if args.tree { render::plan_trees } else { render::plan };
    let plan = made(&checked.sites, &inputs)
        .map_err(|errors| Failure::of_all("the target's files cannot hold the profile", &errors, None))?;
    if let Some(name) = &args.stdout {
        return show(&plan, name, args.secrets, console);
    }
    let directory = args.out.as_deref().unwrap_or(Path::new("."));
    if args.tree {
        // ORDER: what udiRoot.conf names must be there before it is.
        render::write_trees(&checked.sites, &inputs, directory).map_err(|error| Failure::Several(error.to_string()))?;
    }
    let report = render::write(&plan, directory)?;
    console.say(&table(&plan, directory))?;
    console.note(&left_to_do(&report));
    Ok(Exit::Clean)
}

/// Which owners are still to be set, and what sets them.
fn left_to_do(report: &render::Report) -> String {
    let mut text = String::new();
    if report.not_owned.iter().any(|(_, owner)| owner.missing.is_none()) {
        text.push_str(
            "shifter-site: the files are yours, because only root can give them away: \
             set the owners of the table where you install them\n",
        );
    }
    for (path, NotOwned { owner, missing }) in &report.not_owned {
        if let Some(missing) = missing {
            let path = path.display();
            let _ = writeln!(
                text,
                "shifter-site: there is no {missing} here: run `chown {owner} {path}` once there is one, \
                 or on the host that you install it on"
            );
        }
    }
    text
}

/// What the plan needs from outside. What goes to standard output holds no secret, so none is read for it.
fn inputs(checked: &Checked, file: &Path, args: &Args) -> Result<Inputs, Failure> {
    let how = match (args.secrets, args.allow_secret_commands) {
        (How::Placeholder, _) => Secrets::Placeholder,
        _ if args.stdout.is_some() => Secrets::Placeholder,
        (How::Resolve, false) => Secrets::Resolve,
        (How::Resolve, true) => Secrets::ResolveWithCommands,
    };
    let directory = file.parent().unwrap_or(Path::new(""));
    let failed = |errors: Vec<GatherError>| {
        let of_secrets = errors.iter().any(GatherError::is_of_a_secret);
        let help = of_secrets.then_some("`--secrets placeholder` renders without secrets, for tests and reviews");
        Failure::of_all("the profile refers to what cannot be had", &errors, help)
    };
    let mut inputs = Inputs::gather(&checked.sites, &file.display().to_string(), directory, how).map_err(failed)?;
    if how == Secrets::Placeholder {
        inputs.read_trees().map_err(failed)?;
    }
    Ok(inputs)
}

fn show(plan: &Plan, name: &str, secrets: How, console: &Console) -> Outcome {
    let Some(artifact) = plan.get(name) else {
        let names: Vec<&str> = plan.artifacts.iter().map(|artifact| artifact.path.as_str()).collect();
        return Err(Failure::Usage(format!("no file `{name}` is rendered: there are {}", names.join(", "))));
    };
    if artifact.secret && secrets == How::Resolve {
        return Err(Failure::Usage(format!(
            "`{name}` holds secrets, which are never printed: write it with `--out`, or add `--secrets placeholder`"
        )));
    }
    console.say(&String::from_utf8_lossy(&artifact.bytes))?;
    Ok(Exit::Clean)
}

/// Which file is read from where: the last thing `render` says.
fn table(plan: &Plan, directory: &Path) -> String {
    let class = |artifact: &Artifact| artifact.class.clone().unwrap_or_default();
    let rows: Vec<[String; 4]> = plan
        .artifacts
        .iter()
        .map(|artifact| {
            let owner = format!("{}:{} {}", artifact.owner, artifact.group, artifact.mode);
            let host = artifact.host.as_ref().map(|host| format!(" on {host}")).unwrap_or_default();
            let place = if artifact.install.is_empty() { "-".to_owned() } else { artifact.install.clone() + &host };
            [directory.join(&artifact.path).display().to_string(), class(artifact), owner, place]
        })
        .collect();
    let heads = ["rendered file", "class", "owner and mode", "read from"].map(str::to_owned);
    let many = plan.artifacts.iter().map(class).collect::<BTreeSet<_>>().len() > 1;
    let mut text = String::new();
    let wide = |n: usize| rows.iter().chain([&heads]).map(|row| row[n].chars().count()).max().unwrap_or(0);
    let widths = [wide(0), wide(1), wide(2)];
    for row in std::iter::once(&heads).chain(&rows) {
        let _ = write!(text, "{:1$}  ", row[0], widths[0]);
        if many {
            let _ = write!(text, "{:1$}  ", row[1], widths[1]);
        }
        let _ = writeln!(text, "{:1$}  {2}", row[2], widths[2], row[3]);
    }
    text
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Io { action, path, source } => Self::File { verb: action, path, source },
            error @ WriteError::ReadBack { .. } => Self::Defect(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_that_are_still_to_be_set_come_with_the_command_that_does_it() {
        let owned = |path: &str, missing: Option<&str>| {
            let owner = NotOwned { owner: "root:shifter".to_owned(), missing: missing.map(str::to_owned) };
            (PathBuf::from(path), owner)
        };
        let of = |not_owned| left_to_do(&render::Report { not_owned, ..render::Report::default() });
        assert_eq!(of(vec![]), "");
        insta::assert_snapshot!(of(vec![owned("out/imagemanager.json", Some("group `shifter`"))]), @"shifter-site: there is no group `shifter` here: run `chown root:shifter out/imagemanager.json` once there is one, or on the host that you install it on");
        let many = of(vec![owned("out/udiRoot.conf", None), owned("out/imagemanager.json", None)]);
        insta::assert_snapshot!(many, @"shifter-site: the files are yours, because only root can give them away: set the owners of the table where you install them");
    }
}
