//! `shifter-site docs`: the reference of keys and rules.

use std::path::PathBuf;

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
};
use crate::diagnostic::nearest;
use crate::docs::page::{self, Page};

/// Print the reference of every key of a profile and every rule.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site docs                     what there is
  shifter-site docs gateway             the keys of [gateway]
  shifter-site docs rules --format md
  shifter-site docs --out docs/reference")]
pub(super) struct Args {
    /// A page: the name of a table, `profile` for the keys at the top, or `rules`.
    #[arg(value_name = "TOPIC", conflicts_with = "out")]
    topic: Option<String>,
    /// Write all pages into a directory, in Markdown; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The form of the page.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
}

/// A form of a page.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Form {
    /// Plain text.
    #[default]
    Text,
    /// Markdown.
    Md,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    if let Some(directory) = &args.out {
        std::fs::create_dir_all(directory).map_err(|source| Failure::File {
            verb: "make the directory",
            path: directory.clone(),
            source,
        })?;
        console.save(&directory.join("README.md"), &page::index())?;
        for Page { topic, markdown, .. } in page::pages() {
            console.save(&directory.join(format!("{topic}.md")), &markdown)?;
        }
        return Ok(Exit::Clean);
    }
    let markdown = match &args.topic {
        None => page::index(),
        Some(topic) => {
            let pages = page::pages();
            match pages.iter().find(|page| page.topic == *topic) {
                Some(page) => page.markdown.clone(),
                None => {
                    let near = nearest(topic, pages.iter().map(|page| page.topic.as_str()));
                    let near = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
                    let help = "`shifter-site docs` lists them, `shifter-site explain` knows single keys and rules";
                    console.note(&format!("shifter-site: there is no page `{topic}`{near}\nhelp: {help}\n"));
                    return Ok(Exit::Failed);
                }
            }
        }
    };
    console.say(&match args.format {
        Form::Text => page::plain(&markdown),
        Form::Md => markdown,
    })?;
    Ok(Exit::Clean)
}
