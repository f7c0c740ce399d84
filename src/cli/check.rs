//! `shifter-site check`: everything that is wrong with profiles, in one run.

use std::{path::PathBuf, sync::Arc};

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    find,
    layers::LayerArgs,
    node::HostArgs,
};
use crate::{
    baseline::Baseline,
    check::{self, Strictness, tools::Tool},
    diagnostic::{Format, Safety},
    lint,
    profile::{
        Input, LoadOptions,
        section::{FailOn, Tier, scalar::Date},
    },
    repair::{self, Changed, Skipped},
    secret::Commands,
};

/// Check profiles: syntax, types, rules, for every node class.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site check bluewaters.toml
  shifter-site check --format sarif --output findings.sarif site-profiles/*.toml
  shifter-site check --select SEC,FS --fail-on warn site.toml
  git show HEAD:site.toml | shifter-site check - --stdin-filename site.toml
  shifter-site check --facts facts/ site.toml          # with what nodes really are: shifter-site facts
  shifter-site check --fix --diff site.toml            # what --fix would change
  shifter-site check --fix - <site.toml >fixed.toml
  shifter-site check --write-baseline known.json site.toml
  shifter-site check --baseline known.json site.toml   # only what is new

A finding is suppressed by `# shifter-site: ignore[CODE] reason` on its line or the line before.")]
pub(super) struct Args {
    /// The profiles; `-` is standard input. Default: --profile,
    /// $SHIFTER_SITE_PROFILE, shifter-site.toml, the only profile here.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The profile, by an option.
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    profile: Option<PathBuf>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Format,
    /// Write the report to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only these rules: codes, names or prefixes of codes.
    #[arg(long, value_delimiter = ',', value_parser = rules, value_name = "RULES")]
    select: Vec<String>,
    /// Not these rules.
    #[arg(long, value_delimiter = ',', value_parser = rules, value_name = "RULES")]
    ignore: Vec<String>,
    /// The least severity that makes the run fail.
    #[arg(long, value_parser = fail_on, value_name = "error|warn|info|never")]
    fail_on: Option<FailOn>,
    /// Which rules run; in `strict`, warnings fail.
    #[arg(long, value_parser = tier, value_name = "min|default|strict|security")]
    tier: Option<Tier>,
    /// The file name that standard input stands for.
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<PathBuf>,
    /// The day for rules about dates, as 2027-03-31; without it they say nothing.
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
    /// Look up every secret and judge its file, its value and where it would be rendered to.
    #[arg(long)]
    resolve: bool,
    /// With `--resolve`, run the commands that `{ command = [...] }` secrets name.
    #[arg(long, requires = "resolve")]
    allow_secret_commands: bool,
    /// Let other programs look at scripts and units: `sh`, `shellcheck`, `systemd-analyze`, or `auto` for those that
    /// are installed. What they say depends on this machine.
    #[arg(long, value_delimiter = ',', value_parser = tool_name, value_name = "TOOLS|auto|none")]
    tools: Vec<String>,
    /// Say nothing of the findings that this file knows; `--write-baseline` wrote it.
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    baseline: Option<PathBuf>,
    /// Write all findings to a file, so that a later run with `--baseline` says only what is new.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fix", "unsafe_fixes", "diff"])]
    write_baseline: Option<PathBuf>,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    fixing: FixArgs,
    #[command(flatten)]
    layers: LayerArgs,
}

/// What to do about findings that bring a fix.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Fixing")]
struct FixArgs {
    /// Carry out the fixes that keep what the profile means. The files named and those they extend change; the text of
    /// standard input goes to standard output, and the report to standard error.
    #[arg(long)]
    fix: bool,
    /// Carry out those that are a guess as well.
    #[arg(long)]
    unsafe_fixes: bool,
    /// Print what the fixes would change as a unified diff, and write nothing. The report goes to standard error.
    #[arg(long)]
    diff: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let commands = if args.allow_secret_commands { Commands::Allowed } else { Commands::Refused };
    let options: Vec<_> = inputs(args, console)?.into_iter().map(|input| args.layers.options(input)).collect();
    let strictness = Strictness {
        select: args.select.clone(),
        ignore: args.ignore.clone(),
        fail_on: args.fail_on,
        tier: args.tier,
        today: args.today,
        secrets: args.resolve.then_some(commands),
        facts: args.hosts.facts(&options, args.layers.class.as_deref())?,
        tools: tools(&args.tools, console)?,
        baseline: args.baseline.as_deref().map(Baseline::read).transpose()?.map(Arc::new),
    };
    if args.fixing.is_wanted() {
        return fix(args, &options, &strictness, console);
    }
    let verdicts = check::many(&options, args.layers.class.as_deref(), &strictness)?;
    let fails = verdicts.iter().any(|verdict| verdict.fails);
    let report = check::summary(verdicts);
    if let Some(path) = &args.write_baseline {
        let known = Baseline::of(report.findings());
        console.save(path, &known.write())?;
        console.say(&format!("`{}` knows {} findings\n", path.display(), known.len()))?;
        return Ok(Exit::Clean);
    }
    match &args.output {
        Some(path) => console.save(path, &args.format.write(&report, console.file_style()))?,
        None => console.say(&args.format.write(&report, console.style()))?,
    }
    Ok(if fails { Exit::Failed } else { Exit::Clean })
}

/// Fixes what can be fixed and says what is left.
fn fix(args: &Args, options: &[LoadOptions], strictness: &Strictness, console: &Console) -> Outcome {
    let allowed = if args.fixing.unsafe_fixes { Safety::Unsafe } else { Safety::Safe };
    let done = repair::repair(options, args.layers.class.as_deref(), strictness, allowed)?;
    let stdin = options.iter().find_map(|options| match &options.input {
        Input::Text { bytes, .. } => Some(bytes),
        Input::File(_) => None,
    });
    let mut shows_texts = true;
    if args.fixing.diff {
        console.say(&done.changed.iter().map(Changed::diff).collect::<String>())?;
    } else if let Some(bytes) = stdin {
        // What is no UTF-8 is never fixed, and goes out as it came in.
        match done.changed.first() {
            Some(changed) => console.say(&changed.after)?,
            None => console.pass_on(bytes)?,
        }
    } else {
        repair::save::save(&done.changed)?;
        shows_texts = false;
    }
    for Skipped { code, title, source, why } in &done.skipped {
        console.note(&format!("shifter-site: {code} is not fixed in `{source}` ({title}): {why}\n"));
    }
    match &args.output {
        Some(path) => console.save(path, &args.format.write(&done.report, console.file_style()))?,
        None if shows_texts => console.note(&args.format.write(&done.report, console.error_style())),
        None => console.say(&args.format.write(&done.report, console.style()))?,
    }
    Ok(if done.fails { Exit::Failed } else { Exit::Clean })
}

impl FixArgs {
    fn is_wanted(&self) -> bool {
        self.fix || self.unsafe_fixes || self.diff
    }
}

fn inputs(args: &Args, console: &Console) -> Result<Vec<Input>, Failure> {
    let dashes = args.files.iter().filter(|file| file.as_os_str() == "-").count();
    if dashes > 1 {
        return Err(Failure::Usage("standard input can be named only once".to_owned()));
    }
    if args.stdin_filename.is_some() && dashes == 0 {
        return Err(Failure::Usage("`--stdin-filename` needs `-` among the files".to_owned()));
    }
    if args.files.is_empty() {
        return Ok(vec![Input::File(find::named_or_usual(args.profile.as_ref())?)]);
    }
    let input = |file: &PathBuf| {
        if file.as_os_str() == "-" {
            Ok(Input::Text { path: args.stdin_filename.clone(), bytes: console.input()? })
        } else {
            Ok(Input::File(file.clone()))
        }
    };
    args.files.iter().map(input).collect()
}

/// The tools to run. One that was named and is not there is an error; `auto` says what it leaves out.
fn tools(words: &[String], console: &Console) -> Result<Vec<Tool>, Failure> {
    let is_auto = words.iter().any(|word| word == "auto");
    let named = |tool: &Tool| is_auto || words.iter().any(|word| word == tool.program());
    let (there, missing): (Vec<Tool>, Vec<Tool>) =
        Tool::ALL.into_iter().filter(named).partition(|tool| tool.is_installed());
    let missing: Vec<&str> = missing.into_iter().map(Tool::program).collect();
    match missing.as_slice() {
        [] => {}
        names if is_auto => console.note(&format!("shifter-site: not installed, so not asked: {}\n", names.join(", "))),
        names => return Err(Failure::Usage(format!("`--tools`: {} is not installed", names.join(", ")))),
    }
    Ok(there)
}

fn tool_name(word: &str) -> Result<String, String> {
    let known = Tool::ALL.iter().any(|tool| tool.program() == word) || matches!(word, "auto" | "none");
    if known { Ok(word.to_owned()) } else { Err("write sh, shellcheck, systemd-analyze, auto or none".to_owned()) }
}

/// What `--select` and `--ignore` take: a misspelt one would select nothing, and a check of nothing is clean.
pub(super) fn rules(selector: &str) -> Result<String, String> {
    if lint::is_selector(selector) {
        return Ok(selector.to_owned());
    }
    Err(match lint::nearest_rule(selector) {
        Some(near) => format!("there is no such rule; did you mean `{near}`?"),
        None => "there is no such rule: `shifter-site rules` lists them".to_owned(),
    })
}

pub(super) fn fail_on(word: &str) -> Result<FailOn, String> {
    match word {
        "error" => Ok(FailOn::Error),
        "warn" => Ok(FailOn::Warn),
        "info" => Ok(FailOn::Info),
        "never" => Ok(FailOn::Never),
        _ => Err("write error, warn, info or never".to_owned()),
    }
}

fn tier(word: &str) -> Result<Tier, String> {
    match word {
        "min" => Ok(Tier::Min),
        "default" => Ok(Tier::Default),
        "strict" => Ok(Tier::Strict),
        "security" => Ok(Tier::Security),
        _ => Err("write min, default, strict or security".to_owned()),
    }
}
