//! `shifter-site verify`: whether this node has the files that were rendered for it.

use std::path::PathBuf;

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
};
use crate::verify::{self, NodeReport, Request, State, VerifyError};

/// Hold the installed files of this node against the manifest that came with them.
///
/// Needs no profile, no secret, no network and no privilege. Exits 0 when all is as the manifest says, 2 when something
/// differs, 1 when nobody can say.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site verify
  shifter-site verify --root /images/compute --class compute
  shifter-site verify --format prometheus --output /var/lib/node_exporter/shifter.prom
  pdsh -w 'nid[00001-03072]' -N shifter-site verify --format json > nodes.json; shifter-site report nodes.json
  # nhc.conf: * || check_cmd_output -t 5 -m '/^OK/' -e 'shifter-site verify --format nhc'")]
pub(super) struct Args {
    /// The directory that is the node's `/`: an image, a shared root.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Another manifest than the installed /etc/shifter/manifest.json.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The node's class. Default: what `class` beside the manifest says, or the manifest's host list.
    #[arg(long, value_name = "NAME")]
    class: Option<String>,
    /// The node's name. Default: the host's.
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// Read the directories that are installed by version too, instead of looking whether they are there.
    #[arg(long)]
    trees: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
    /// Write to a file, whole or not at all, instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A form of output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people.
    #[default]
    Human,
    /// For `shifter-site report`.
    Json,
    /// For the textfile collector of Prometheus' node exporter.
    Prometheus,
    /// For Node Health Check: one line that begins with OK or ERROR.
    Nhc,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let request = Request {
        root: args.root.clone(),
        manifest: args.manifest.clone(),
        class: args.class.clone(),
        node: args.node.clone(),
        trees: args.trees,
    };
    let report = match verify::verify(&request) {
        Ok(report) => report,
        Err(error @ VerifyError::UnknownClass { .. }) if request.class.is_some() => {
            return Err(Failure::Usage(error.to_string()));
        }
        Err(error) => verify::failed(&request, &error),
    };
    let text = match args.format {
        Form::Human => verify::human(&report),
        Form::Json => json(&report),
        Form::Prometheus => verify::prometheus(&report),
        Form::Nhc => verify::nhc(&report),
    };
    match &args.output {
        // At once: the collector must not read half of one.
        Some(path) => console.save(path, &text)?,
        None => console.say(&text)?,
    }
    Ok(exit(report.state))
}

/// One line, so that the output of many nodes is one document after another.
fn json(report: &NodeReport) -> String {
    let mut text = serde_json::to_string(report).expect("texts, numbers and lists are JSON");
    text.push('\n');
    text
}

pub(super) fn exit(state: State) -> Exit {
    match state {
        State::Same => Exit::Clean,
        State::Differs => Exit::Differs,
        State::Failed => Exit::Failed,
    }
}
