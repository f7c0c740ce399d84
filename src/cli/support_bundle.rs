//! `shifter-site support-bundle`: what a supporter needs to see of a node, in one archive.

use std::path::PathBuf;

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    whole::{self, Existing},
};
use crate::bundle::{self, Request};

/// Put configuration, versions, generations and the last log lines of this node into one archive, without secrets.
///
/// Passwords in addresses and values whose names call them secret are covered; what still holds a secret of this node is
/// left out. Look into the archive before you send it all the same: host names, users and paths are in it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site support-bundle
  shifter-site support-bundle --root /images/compute --output compute.tar.gz")]
pub(super) struct Args {
    /// The directory that is the node's `/`.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The node's class. Default: what `verify` finds.
    #[arg(long, value_name = "NAME")]
    class: Option<String>,
    /// The configuration directory, as seen on the node.
    #[arg(long, value_name = "DIR", default_value = "/etc/shifter")]
    config: String,
    /// The archive to write; it must not be there yet.
    #[arg(long, short, value_name = "FILE", default_value = "shifter-support.tar.gz")]
    output: PathBuf,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    // What is not there is listed in the archive; an archive of a mistyped root would hold nothing else.
    if let Some(root) = &args.root {
        root.read_dir().map_err(|source| Failure::File { verb: "read", path: root.clone(), source })?;
    }
    let config = args.config.trim_end_matches('/').to_owned();
    let request = Request { root: args.root.clone(), class: args.class.clone(), config };
    let entries = bundle::gather(&request);
    let failed = |source| Failure::File { verb: "write", path: args.output.clone(), source };
    let archive = bundle::pack("shifter-support", &entries).map_err(failed)?;
    // For its owner alone.
    whole::write(&args.output, &archive, 0o600, Existing::Kept)?;
    let mut text = format!("{}:\n", args.output.display());
    for entry in &entries {
        text.push_str(&format!("  {} ({} bytes)\n", entry.name, entry.bytes.len()));
    }
    console.say(&text)?;
    Ok(Exit::Clean)
}
