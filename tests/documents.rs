//! The documents do what they say: every command in them is run, and what it prints is what they print.
//!
//! In a ```` ```console ```` block, a line after `$ ` is a command, run by `sh` in a directory of the document's own;
//! what follows is its output, errors included. A line `...` stands for any lines. In a block whose info string names a
//! file (```` ```toml site.toml ````), the text is put into that file first. `SHIFTER_UPDATE=1` writes what is printed.

#[path = "documents/book.rs"]
mod book;
#[path = "documents/ci.rs"]
mod ci;
#[path = "documents/machine.rs"]
mod machine;
#[path = "documents/page.rs"]
mod page;
#[path = "documents/shell.rs"]
mod shell;

use std::path::Path;

use page::{Block, Page};
use shell::Shell;

/// Runs a document from its first block to its last, in a directory of its own.
fn follow(file: &str) {
    follow_with(file, |page| {
        let shell = Shell::new();
        let mut printed = Vec::new();
        for block in &page.blocks {
            match block {
                Block::File { name, text } => shell.write(name, text),
                Block::Console(steps) => printed.extend(steps.iter().map(|step| shell.run(&step.command))),
                Block::Prose(_) => {}
            }
        }
        Some(printed)
    });
}

/// Holds what the commands of a document print against what it says they print.
fn follow_with(file: &str, run: impl FnOnce(&Page) -> Option<Vec<String>>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut page = Page::read(&path);
    let Some(all_printed) = run(&page) else { return };
    let steps: Vec<_> = page
        .blocks
        .iter_mut()
        .filter_map(|block| if let Block::Console(steps) = block { Some(steps) } else { None })
        .flatten()
        .collect();
    assert!(!steps.is_empty(), "{file} has no command");
    assert_eq!(steps.len(), all_printed.len(), "{file}: an output for each command");
    let mut wrong = Vec::new();
    for (step, printed) in steps.into_iter().zip(all_printed) {
        if !page::fits(&step.output, &printed) {
            wrong.push(format!("$ {}\n--- the document says\n{}--- it prints\n{printed}", step.command, step.output));
            step.output = printed;
        }
    }
    if !wrong.is_empty() && std::env::var_os("SHIFTER_UPDATE").is_some() {
        return std::fs::write(&path, page.text()).expect("written");
    }
    assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n"));
}

#[test]
fn the_tour_can_be_followed() {
    follow("docs/tour.md");
}

#[test]
fn the_users_page_can_be_followed() {
    follow_with("docs/using-shifter.md", machine::follow);
}

#[test]
fn what_is_said_of_capacity_is_so() {
    follow("docs/capacity.md");
}

#[test]
fn what_is_said_of_mpi_and_accelerators_is_so() {
    follow("docs/mpi-gpu.md");
}
