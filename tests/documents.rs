//! The documents do what they say: every command in them is run, and what it prints is what they print.
//!
//! In a ```` ```console ```` block, a line after `$ ` is a command, run by `sh` in a directory of the document's own;
//! what follows is its output, errors included. A line `...` stands for any lines. In a block whose info string names a
//! file (```` ```toml site.toml ````), the text is put into that file first. `SHIFTER_UPDATE=1` writes what is printed.

#[path = "documents/ci.rs"]
mod ci;
#[path = "documents/page.rs"]
mod page;
#[path = "documents/shell.rs"]
mod shell;

use std::path::Path;

use page::{Block, Page};
use shell::Shell;

/// Runs a document from its first block to its last.
fn follow(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut page = Page::read(&path);
    let shell = Shell::new();
    let (mut wrong, mut commands) = (Vec::new(), 0);
    for block in &mut page.blocks {
        match block {
            Block::File { name, text } => shell.write(name, text),
            Block::Console(steps) => {
                for step in steps {
                    commands += 1;
                    let printed = shell.run(&step.command);
                    if !page::fits(&step.output, &printed) {
                        wrong.push(format!(
                            "$ {}\n--- the document says\n{}--- it prints\n{printed}",
                            step.command, step.output
                        ));
                        step.output = printed;
                    }
                }
            }
            Block::Prose(_) => {}
        }
    }
    assert!(commands > 0, "{file} has no command");
    if !wrong.is_empty() && std::env::var_os("SHIFTER_UPDATE").is_some() {
        return std::fs::write(&path, page.text()).expect("written");
    }
    assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n"));
}

#[test]
fn the_tour_can_be_followed() {
    follow("docs/tour.md");
}
