//! A text taken apart into tables with their comments, and put together in order.

use super::{
    order::{Rank, Ranks},
    value,
};
use crate::edit::syntax::{self, Kind, Statement, Text};

/// A table: its header and its keys. The first block has no header.
struct Block {
    rank: Rank,
    /// The lines above the header.
    above: Vec<String>,
    header: String,
    pairs: Vec<Pair>,
    /// Comments behind the last key.
    tail: Vec<String>,
}

/// One `key = value`.
struct Pair {
    rank: Rank,
    /// The lines above it; an empty one is a blank line.
    above: Vec<String>,
    key: String,
    /// As it would be in the column 0.
    value: String,
    behind: String,
}

/// The text, which is valid and has plain line ends, in the usual form.
pub(super) fn lay_out(text: &str) -> String {
    let read = syntax::read(text);
    let mut ranks = Ranks::new();
    // ORDER: names count in the order in which they are met, so the paths are ranked as they stand.
    let places: Vec<Rank> = read.statements.iter().map(|statement| ranks.of(&statement.path)).collect();
    let mut blocks =
        vec![Block { rank: Vec::new(), above: Vec::new(), header: String::new(), pairs: Vec::new(), tail: Vec::new() }];
    let mut top = Top::default();
    let mut at = 0;
    for (n, (statement, rank)) in read.statements.iter().zip(places).enumerate() {
        let start = read.line_start(statement.span.start);
        let mut above = lines(&text[at.min(start)..start]);
        if n == 0 {
            top = split_top(&mut above, statement.kind);
        }
        let behind = behind(&read, statement);
        at = read.line_end(statement.span.end);
        if statement.kind == Kind::Pair {
            let block = blocks.last_mut().unwrap_or_else(|| unreachable!("there is a first one"));
            block.pairs.push(pair(&read, statement, rank, above, behind));
        } else {
            let last = blocks.last_mut().unwrap_or_else(|| unreachable!("there is a first one"));
            last.tail = split_tail(&mut above);
            let names: Vec<String> =
                statement.keys.iter().filter_map(|(_, path)| path.last().map(str::to_owned)).collect();
            let name = value::key(&names);
            let header = if statement.kind == Kind::Table { format!("[{name}]") } else { format!("[[{name}]]") };
            let header = if behind.is_empty() { header } else { format!("{header} {behind}") };
            blocks.push(Block { rank, above, header, pairs: Vec::new(), tail: Vec::new() });
        }
    }
    let mut bottom = lines(&text[at.min(text.len())..]);
    bottom.push(String::new());
    if let Some(last) = blocks.last_mut().filter(|_| !read.statements.is_empty()) {
        last.tail = split_tail(&mut bottom);
    }
    let bottom = trimmed(bottom);
    blocks.sort_by(|a, b| a.rank.cmp(&b.rank));
    let mut parts: Vec<String> = Vec::new();
    let headed = blocks.iter().skip(1).map(Block::write);
    let root = blocks.first().map(Block::write).unwrap_or_default();
    // What begins the file stays directly above the keys at the top, as it was.
    if top.is_attached && !root.is_empty() {
        parts.push(format!("{}{root}", joined(&top.lines)));
    } else {
        parts.extend([joined(&trimmed(top.lines)), root]);
    }
    parts.extend(headed);
    parts.push(joined(&bottom));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn pair(read: &Text<'_>, statement: &Statement, rank: Rank, above: Vec<String>, behind: String) -> Pair {
    let names = &statement.path.segments()[statement.table.segments().len()..];
    let key = value::key(names);
    let column = key.chars().count() + 3;
    let value = statement.value.as_ref().map(|value| value::write(read.text, value, column)).unwrap_or_default();
    Pair { rank, above, key, value, behind }
}

/// The comment behind a statement.
fn behind(read: &Text<'_>, statement: &Statement) -> String {
    read.text[statement.span.end..read.line_end(statement.span.end)].trim().to_owned()
}

/// The lines of what stands between two statements, without blanks at their ends and with no two blank lines in a row.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        if !(line.is_empty() && lines.last().is_none_or(String::is_empty)) {
            lines.push(line.to_owned());
        } else if lines.is_empty() {
            lines.push(String::new());
        }
    }
    lines
}

/// The comment that begins a file; it does not move. What stands below its last blank line belongs to the first
/// statement, and so does all of it where that is a header.
fn split_top(above: &mut Vec<String>, kind: Kind) -> Top {
    let lines = trimmed_start(std::mem::take(above));
    match lines.iter().rposition(String::is_empty) {
        Some(blank) => {
            *above = lines[blank + 1..].to_vec();
            Top { lines: lines[..blank].to_vec(), is_attached: false }
        }
        None if kind == Kind::Pair => Top { is_attached: !lines.is_empty(), lines },
        None => {
            *above = lines;
            Top::default()
        }
    }
}

/// The comment that begins a file.
#[derive(Default)]
struct Top {
    lines: Vec<String>,
    /// Whether the first statement stands directly below it.
    is_attached: bool,
}

/// Comments that stand directly below the last key of a table, with a blank line behind them, belong to that table.
fn split_tail(above: &mut Vec<String>) -> Vec<String> {
    match above.iter().position(String::is_empty) {
        Some(blank) if blank > 0 => {
            let rest = above.split_off(blank);
            std::mem::replace(above, rest)
        }
        _ => Vec::new(),
    }
}

fn trimmed_start(mut lines: Vec<String>) -> Vec<String> {
    while lines.first().is_some_and(String::is_empty) {
        lines.remove(0);
    }
    lines
}

fn trimmed(lines: Vec<String>) -> Vec<String> {
    let mut lines = trimmed_start(lines);
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The comments above a statement. One that a blank line sets apart stays apart: it is about something else.
fn comments(above: &[String]) -> String {
    let written = joined(&trimmed(above.to_vec()));
    let is_apart = !written.is_empty() && above.last().is_some_and(String::is_empty);
    if is_apart { format!("{written}\n") } else { written }
}

impl Block {
    fn write(&self) -> String {
        let mut out = comments(&self.above);
        if !self.header.is_empty() {
            out.push_str(&self.header);
            out.push('\n');
        }
        let mut pairs: Vec<&Pair> = self.pairs.iter().collect();
        pairs.sort_by(|a, b| a.rank.cmp(&b.rank));
        for (n, group) in groups(&pairs).into_iter().enumerate() {
            // The `=` of keys without a blank line between them stand below one another.
            let width = group.iter().map(|pair| pair.key.chars().count()).max().unwrap_or(0);
            let written: Vec<String> =
                group.iter().map(|pair| format!("{:width$} = {}", pair.key, pair.value)).collect();
            for (m, pair) in group.iter().enumerate() {
                if m == 0 && n > 0 {
                    out.push('\n');
                }
                out.push_str(&comments(&pair.above));
                out.push_str(&written[m]);
                if !pair.behind.is_empty() {
                    let column = column_of_comments(&group, &written, m);
                    let blanks = column.saturating_sub(last_line(&written[m])) + 1;
                    out.push_str(&format!("{:blanks$}{}", "", pair.behind));
                }
                out.push('\n');
            }
        }
        out.push_str(&joined(&trimmed(self.tail.clone())));
        out
    }
}

/// Where the comment behind the pair `at` begins: comments behind lines that follow one another stand below one another.
fn column_of_comments(group: &[&Pair], written: &[String], at: usize) -> usize {
    let is_alone = |n: usize| group[n].behind.is_empty() || written[n].contains('\n');
    if is_alone(at) {
        return 0;
    }
    let begins = |n: usize| n == 0 || is_alone(n - 1) || !group[n].above.is_empty();
    let first = (0..=at).rev().find(|&n| begins(n)).unwrap_or(at);
    let end = (at + 1..group.len()).find(|&n| is_alone(n) || begins(n)).unwrap_or(group.len());
    (first..end).map(|n| last_line(&written[n])).max().unwrap_or(0)
}

/// How many characters the last line has.
fn last_line(text: &str) -> usize {
    text.rsplit('\n').next().unwrap_or_default().chars().count()
}

/// Runs of pairs without a blank line between them.
fn groups<'p>(pairs: &[&'p Pair]) -> Vec<Vec<&'p Pair>> {
    let mut groups: Vec<Vec<&Pair>> = Vec::new();
    for pair in pairs {
        let begins_one = pair.above.first().is_some_and(String::is_empty);
        match groups.last_mut() {
            Some(group) if !begins_one => group.push(pair),
            _ => groups.push(vec![pair]),
        }
    }
    groups
}
