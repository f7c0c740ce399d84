//! `shifter-site generations`: what was applied here, and when.

use std::{fmt::Write as _, path::PathBuf};

use super::{
    Outcome,
    console::Console,
    exit::Exit,
    form::{self, Form},
    world,
};
use crate::install::{self, Cause, Generation, Store};

/// List the generations that are kept, oldest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site generations
  shifter-site generations --root /rr/current --format json")]
pub(super) struct Args {
    /// The directory that is the nodes' `/`.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// How to write it.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
}

/// A generation as it is listed.
#[derive(serde::Serialize)]
struct Row {
    number: u32,
    time: u64,
    date: String,
    cause: Cause,
    current: bool,
    source: String,
    class: Option<String>,
    target: Option<String>,
    config_id: Option<String>,
    files: usize,
    changed: usize,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let tree = world::tree(args.root.as_deref())?;
    let store = Store::open(&tree)?;
    let generations = store.as_ref().map(Store::generations).transpose()?.unwrap_or_default();
    let rows: Vec<Row> = generations.iter().map(|generation| row(generation, &generations)).collect();
    match args.format {
        Form::Json => console.say(&form::json(&rows))?,
        Form::Human => console.say(&table(&rows))?,
    }
    if let Some(store) = &store {
        world::say_unfinished(store, console)?;
    }
    Ok(Exit::Clean)
}

fn row(generation: &Generation, all: &[Generation]) -> Row {
    let newer = all.iter().any(|other| other.class == generation.class && other.number > generation.number);
    Row {
        number: generation.number,
        time: generation.time,
        date: install::show_time(generation.time),
        cause: generation.cause,
        current: !newer,
        source: generation.source.clone(),
        class: generation.class.clone(),
        target: generation.target.clone(),
        config_id: generation.config_id.clone(),
        files: generation.files.len(),
        changed: generation.before.len(),
    }
}

fn table(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "Nothing was applied here.\n".to_owned();
    }
    let cells = |row: &Row| {
        let back = match row.cause {
            Cause::Apply => String::new(),
            Cause::Rollback { to } => format!(" (back to {to})"),
        };
        let mark = if row.current { "*" } else { "" };
        [
            format!("{}{mark}", row.number),
            row.date.clone(),
            format!("{}{back}", row.source),
            row.class.clone().unwrap_or_else(|| "-".to_owned()),
            row.config_id.clone().unwrap_or_else(|| "-".to_owned()),
            format!("{} files, {} changed", row.files, row.changed),
        ]
    };
    let heads = ["generation", "applied", "profile", "class", "configuration", "what"].map(str::to_owned);
    let all: Vec<[String; 6]> = std::iter::once(heads).chain(rows.iter().map(cells)).collect();
    let widths: Vec<usize> = (0..6).map(|n| all.iter().map(|row| row[n].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &all {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
