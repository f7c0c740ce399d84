//! A Markdown document as prose, files and commands; written back, it is the same text.

use std::path::Path;

/// A document.
pub(crate) struct Page {
    pub(crate) blocks: Vec<Block>,
}

/// A part of a document.
pub(crate) enum Block {
    /// Text, and code that is not run.
    Prose(String),
    /// A file that the reader makes.
    File { name: String, text: String },
    /// Commands and what they print.
    Console(Vec<Step>),
}

/// A command and what it prints, each line of the latter with its end.
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) output: String,
}

impl Page {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (mut blocks, mut lines) = (Vec::new(), text.split_inclusive('\n'));
        let mut prose = String::new();
        while let Some(line) = lines.next() {
            let info = line.trim_end().strip_prefix("```");
            let language = info.and_then(|info| info.split(' ').next()).unwrap_or_default();
            let name = info.and_then(|info| info.split_once(' ')).map(|(_, name)| name.to_owned());
            prose.push_str(line);
            if language.is_empty() {
                continue;
            }
            let body: String = lines.by_ref().take_while(|line| line.trim_end() != "```").collect();
            match name {
                Some(name) => {
                    blocks.push(Block::Prose(std::mem::take(&mut prose)));
                    blocks.push(Block::File { name, text: body });
                }
                None if language == "console" => {
                    blocks.push(Block::Prose(std::mem::take(&mut prose)));
                    blocks.push(Block::Console(steps(&body)));
                }
                None => prose.push_str(&body),
            }
            prose.push_str("```\n");
        }
        blocks.push(Block::Prose(prose));
        Self { blocks }
    }

    pub(crate) fn text(&self) -> String {
        let part = |block: &Block| match block {
            Block::Prose(text) | Block::File { text, .. } => text.clone(),
            Block::Console(steps) => steps.iter().map(|step| format!("$ {}\n{}", step.command, step.output)).collect(),
        };
        self.blocks.iter().map(part).collect()
    }
}

fn steps(body: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in body.split_inclusive('\n') {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => {
                steps.push(Step { command: command.trim_end().to_owned(), output: String::new() });
            }
            (None, Some(step)) => step.output.push_str(line),
            (None, None) => panic!("a console block begins with a command, not with {line:?}"),
        }
    }
    steps
}

/// Whether `printed` is what `said` says. A line `...` stands for any number of lines; in a line, for anything.
pub(crate) fn fits(said: &str, printed: &str) -> bool {
    fn lines_fit(said: &[&str], printed: &[&str]) -> bool {
        match said.split_first() {
            None => printed.is_empty(),
            Some((&"...", said)) => (0..=printed.len()).any(|skipped| lines_fit(said, &printed[skipped..])),
            Some((line, said)) => {
                printed.first().is_some_and(|first| line_fits(line, first)) && lines_fit(said, &printed[1..])
            }
        }
    }
    lines_fit(&said.lines().collect::<Vec<_>>(), &printed.lines().map(str::trim_end).collect::<Vec<_>>())
}

fn line_fits(said: &str, printed: &str) -> bool {
    match said.split_once("...") {
        None => said.trim_end() == printed,
        Some((before, after)) => printed.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| line_fits(after, &rest[at..]))
        }),
    }
}

#[test]
fn three_dots_stand_for_anything_and_nothing_else_does() {
    assert!(fits("a\nb\n", "a\nb\n"));
    assert!(fits("a\n...\nd\n", "a\nb\nc\nd\n"));
    assert!(fits("...\n", ""));
    assert!(fits("at ... o'clock, ...\n", "at 5 o'clock, tea\n"));
    assert!(!fits("at ... o'clock\n", "at 5 o'clock, tea\n"));
    assert!(!fits("a\n", "a\nb\n"));
    assert!(!fits("a\n...\nd\n", "a\nb\nc\n"));
    assert!(!fits("", "a\n"));
}
