//! `shifter-site schema`: JSON Schemas of what is read and written.

use std::path::PathBuf;

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
};
use crate::schema::{self, Schema};

/// Print a JSON Schema: of the profile, of rendered files, of the program's own output.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which one.
    #[arg(long, default_value = "profile", value_name = "NAME")]
    name: String,
    /// Print the names of all schemas.
    #[arg(long, conflicts_with_all = ["name", "write"])]
    list: bool,
    /// Write all of them into a directory; made if it is not there.
    #[arg(long, conflicts_with = "name", value_name = "DIR")]
    write: Option<PathBuf>,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    if args.list {
        let line = |schema: &Schema| format!("{:12} {:26} {}\n", schema.name, schema.file, schema.about);
        console.say(&schema::ALL.iter().map(line).collect::<String>())?;
    } else if let Some(directory) = &args.write {
        std::fs::create_dir_all(directory).map_err(|source| Failure::File {
            verb: "make the directory",
            path: directory.clone(),
            source,
        })?;
        for schema in schema::ALL {
            console.save(&directory.join(schema.file), &schema.text())?;
        }
    } else {
        let names = || schema::ALL.iter().map(|schema| schema.name).collect::<Vec<_>>().join(", ");
        let found = schema::find(&args.name)
            .ok_or_else(|| Failure::Usage(format!("there is no schema `{}`: there are {}", args.name, names())))?;
        console.say(&found.text())?;
    }
    Ok(Exit::Clean)
}
