//! `shifter-site doctor`: what is wrong with a node as it is.

use std::path::PathBuf;
use std::time::Duration;

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    node::{NodeArgs, describe},
};
use crate::{
    check::{self, Strictness},
    diagnostic::Format,
    doctor::{
        self, image,
        installed::{self, InstalledError},
        modules::{self, Candidate},
    },
    facts::{self, Wanted},
    profile::{self, Buffers, LoadOptions, Profile, section::FailOn},
};

/// Look at this node: is everything there that a profile, or the installed configuration, counts on?
///
/// Kernel, loop devices, file systems, owners and modes, tools, munge, the gateway, Slurm. The findings are those of
/// `check --facts`, with facts found on the spot.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site doctor                                      what /etc/shifter says, on this node
  shifter-site doctor --profile site.toml --class compute
  shifter-site doctor --root /images/compute               the files of a node image
  shifter-site doctor --image ubuntu:24.04                 an image in the image directory: its MPI, and what will work
  shifter-site doctor --image /srv/tree                    the same of a tree
  shifter-site doctor --format json --fail-on warn")]
pub(super) struct Args {
    /// The profile. Without one, what is installed in the directory of --config says what is wanted.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The profile, by an option.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    profile: Option<PathBuf>,
    /// Where the configuration is installed.
    #[arg(long, value_name = "DIR", default_value = "/etc/shifter", conflicts_with_all = ["file", "profile"])]
    config: String,
    #[command(flatten)]
    node: NodeArgs,
    /// Do not ask the gateway's endpoints whether they answer.
    #[arg(long)]
    no_probe: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Format,
    /// Write the report to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only these rules: codes, names or prefixes of codes.
    #[arg(long, value_delimiter = ',', value_parser = super::check::rules, value_name = "RULES")]
    select: Vec<String>,
    /// Not these rules.
    #[arg(long, value_delimiter = ',', value_parser = super::check::rules, value_name = "RULES")]
    ignore: Vec<String>,
    /// The least severity that makes the run fail.
    #[arg(long, value_parser = super::check::fail_on, value_name = "error|warn|info|never")]
    fail_on: Option<FailOn>,
    /// Report on images instead: an identity or its beginning, a tag, TYPE:TAG, or the path of a tree or file; `all` for
    /// all in the image directory. Of those that are named it is said which MPI they have, and which module will work.
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
}

impl Args {
    fn profile(&self) -> Option<&PathBuf> {
        self.file.as_ref().or(self.profile.as_ref())
    }
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let (options, buffers) = wanted(args, console)?;
    let loaded = profile::load_with::<Profile>(&options, &buffers)?;
    let class = args.node.class_of(&loaded)?;
    if class.is_none() && !loaded.profile.class.is_empty() {
        let names: Vec<&str> = loaded.profile.class.keys().map(String::as_str).collect();
        let names = names.join(", ");
        return Err(Failure::Usage(format!(
            "this node is in no class of the profile: add `--class` with one of {names}"
        )));
    }
    let file = args.profile().cloned().unwrap_or_default();
    let described = describe(&loaded, class.as_deref(), &file);
    if let Some(wanted) = &args.image {
        let node = described?.site.node;
        let (path, modules) = node.map(|node| (node.images.path, node.modules)).unwrap_or_default();
        let limit = Duration::from_secs(args.node.timeout);
        let modules = modules::candidates(&loaded.profile, &modules, &args.node.root, limit);
        return report_images(args, &path, wanted, &modules, console);
    }
    // A profile that means nothing has findings that say why.
    let wanted = args.node.wanted(described.ok(), Duration::from_secs(args.node.timeout));
    let found = facts::gather(&Wanted { class: class.clone(), probe_gateway: !args.no_probe, ..wanted })?;
    for (what, why) in &found.unknown {
        console.note(&format!("shifter-site: not known of {}: {what} ({why})\n", found.host));
    }
    let strictness = Strictness {
        select: args.select.clone(),
        ignore: args.ignore.clone(),
        fail_on: args.fail_on,
        ..Strictness::default()
    };
    let verdict = doctor::examine(&options, &buffers, class.as_deref(), found, strictness)?;
    let fails = verdict.fails;
    let report = check::summary([verdict]);
    match &args.output {
        Some(path) => console.save(path, &args.format.write(&report, console.file_style()))?,
        None => console.say(&args.format.write(&report, console.style()))?,
    }
    Ok(if fails { Exit::Failed } else { Exit::Clean })
}

/// The profile, or what stands for one and for its files.
fn wanted(args: &Args, console: &Console) -> Result<(LoadOptions, Buffers), Failure> {
    if let Some(file) = args.profile() {
        return Ok((LoadOptions::file(file), Buffers::none()));
    }
    let limit = Duration::from_secs(args.node.timeout);
    facts::identify(&args.node.root, limit)?;
    let found = installed::read(&args.node.root, &args.config, limit).map_err(|error| match error {
        InstalledError::Read { file, source } => Failure::File { verb: "read", path: file.into(), source },
        other => Failure::Several(other.to_string()),
    })?;
    console.note(&format!("shifter-site: {} say what is wanted\n", found.files.join(" and ")));
    Ok((found.options, found.buffers))
}

fn report_images(args: &Args, directory: &str, wanted: &str, modules: &[Candidate], console: &Console) -> Outcome {
    let wanted = if wanted == "all" { "" } else { wanted };
    let limit = Duration::from_secs(args.node.timeout);
    let failed = |image::ImageError::Read { path, source }| Failure::File { verb: "read", path, source };
    let mut images = if wanted.starts_with('/') {
        vec![image::at(&args.node.root.join(wanted.trim_start_matches('/'))).map_err(failed)?]
    } else {
        image::look(&args.node.root, directory, wanted, limit).map_err(failed)?
    };
    if !wanted.is_empty() {
        image::look_into(&args.node.root, &mut images, modules, limit).map_err(failed)?;
    }
    if images.is_empty() && !wanted.is_empty() {
        return Err(Failure::Several(format!(
            "no image in `{}` is called `{wanted}`",
            args.node.root.join(directory.trim_start_matches('/')).display()
        )));
    }
    let text = match args.format {
        Format::Json => {
            let value = serde_json::to_value(&images).map_err(|error| Failure::Defect(error.to_string()))?;
            shifter_gateway_types::pretty::print(&value)
        }
        Format::Human | Format::Concise => image::text(&images),
        _ => return Err(Failure::Usage("images are reported as `human` or `json`".to_owned())),
    };
    match &args.output {
        Some(path) => console.save(path, &text)?,
        None => console.say(&text)?,
    }
    let is_sound = images.iter().all(|image| image.problems.is_empty());
    Ok(if is_sound { Exit::Clean } else { Exit::Failed })
}
