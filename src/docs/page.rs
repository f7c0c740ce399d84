//! The pages of the reference: one for the keys at the top, one for each table, one for the rules.

use std::fmt::Write as _;

use super::entry::{self, first_sentence};
use super::key::{KEYS, Key};
use crate::lint::{self, RULES};

/// A page of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What it is called: the name of a table, `profile` for the keys at the top, `rules`.
    pub topic: String,
    /// What it is about, in a line.
    pub about: String,
    /// The page in Markdown.
    pub markdown: String,
}

/// The name of the page of keys that are in no table.
const TOP: &str = "profile";

/// Every page, in the order of the profile; the list of rules comes last.
#[must_use]
pub fn pages() -> Vec<Page> {
    let top = KEYS.iter().filter(|key| key.segments.len() == 1);
    let (tables, values): (Vec<&Key>, Vec<&Key>) = top.partition(|key| key.is_table || key.is_map);
    let mut pages = vec![Page {
        topic: TOP.to_owned(),
        about: "The keys at the top of a profile.".to_owned(),
        markdown: page("The top of a profile", "Keys that stand before the first table.", &values),
    }];
    for table in tables {
        let name = &table.segments[0];
        let keys: Vec<&Key> = KEYS.iter().filter(|key| key.segments.len() > 1 && key.segments[0] == *name).collect();
        let title = match keys.first().and_then(|key| key.segments.get(1)).map(String::as_str) {
            Some(super::key::ELEMENT) => format!("`[[{name}]]`"),
            Some(super::key::NAME) => format!("`[{name}.NAME]`"),
            _ => format!("`[{name}]`"),
        };
        let keys: Vec<&Key> = keys.into_iter().filter(|key| !key.is_table).collect();
        pages.push(Page {
            topic: name.clone(),
            about: table.about.clone(),
            markdown: page(&title, &table.about, &keys),
        });
    }
    pages.push(Page { topic: "rules".to_owned(), about: "Every rule of `check`.".to_owned(), markdown: rules() });
    pages
}

const GENERATED: &str = "<!-- Made from the types and rules of shifter-site: run `cargo xtask generate`. -->\n\n";

fn page(title: &str, about: &str, keys: &[&Key]) -> String {
    let mut out = format!("{GENERATED}# {title}\n\n{about}\n\n| Key | What it is for |\n|---|---|\n");
    for key in keys {
        let path = key.path();
        let anchor: String = path.chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
        let _ = writeln!(
            out,
            "| [`{path}`](#{}) | {} |",
            anchor.to_lowercase(),
            first_sentence(&key.about).replace('|', "\\|")
        );
    }
    out.push('\n');
    keys.iter().for_each(|key| out.push_str(&entry::markdown(key, 2)));
    format!("{}\n", out.trim_end())
}

/// Every rule in a line; the pages of the rules are in `schemas/rules.md`.
fn rules() -> String {
    let mut out = format!(
        "{GENERATED}# Rules\n\n{} rules. `shifter-site explain CODE` prints the page of one, with examples; \
         [schemas/rules.md](../../schemas/rules.md) has them all.\n",
        RULES.len()
    );
    let mut group = "";
    for rule in RULES {
        if rule.group() != group {
            group = rule.group();
            let _ = write!(
                out,
                "\n## {group}: {}\n\n| Code | Name | Severity | What is wrong |\n|---|---|---|---|\n",
                lint::group_title(group)
            );
        }
        let (id, about) = (&rule.id, lint::summary(rule).replace('|', "\\|"));
        let _ = writeln!(out, "| {} | {} | {} | {about} |", id.code, id.name, id.severity);
    }
    out
}

/// The first page: what there is.
#[must_use]
pub fn index() -> String {
    let mut out = format!(
        "{GENERATED}# Reference\n\nEvery key of a profile and every rule. `shifter-site docs TOPIC` prints a page, \
         `shifter-site explain KEY` one key.\n\n| Page | What it is about |\n|---|---|\n"
    );
    for page in pages() {
        let _ = writeln!(out, "| [{0}]({0}.md) | {1} |", page.topic, first_sentence(&page.about));
    }
    out
}

/// A page in Markdown as plain text for a terminal: headings and lists stay, marks of tables and links go.
#[must_use]
pub fn plain(markdown: &str) -> String {
    let mut out = String::new();
    for line in markdown.lines().filter(|line| !line.starts_with("<!--") && !line.starts_with("|---")) {
        let heading = line.trim_start_matches('#');
        let line = match line.strip_prefix('|') {
            Some(row) => {
                let cells: Vec<String> =
                    row.trim_end_matches('|').split(" | ").map(|cell| unmarked(cell.trim())).collect();
                let (last, first) = cells.split_last().map_or(("", &[][..]), |(last, first)| (last.as_str(), first));
                let first: String = first.iter().map(|cell| format!("{cell:34} ")).collect();
                format!("  {first}{last}")
            }
            None if line.starts_with("# ") => underlined(&unmarked(heading.trim())),
            None if heading.len() < line.len() => unmarked(heading.trim()),
            None => unmarked(line),
        };
        let _ = writeln!(out, "{}", line.trim_end());
    }
    format!("{}\n", out.trim())
}

/// Text without backquotes and the targets of links.
fn unmarked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        out.push_str(before);
        match link.split_once("](").and_then(|(name, after)| Some((name, after.split_once(')')?.1))) {
            Some((name, after)) if !name.contains('[') => {
                out.push_str(name);
                rest = after;
            }
            _ => {
                out.push('[');
                rest = link;
            }
        }
    }
    out.push_str(rest);
    out.replace('`', "")
}

/// A title with a line below it, which stands out without colours.
fn underlined(title: &str) -> String {
    format!("{title}\n{}", "=".repeat(title.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_readable_without_marks() {
        let page = "<!-- x -->\n\n# `[a]`\n\nText of [a page](b.md).\n\n| K | V |\n|---|---|\n| [`a.b`](#ab) | c |\n";
        let expected = "[a]\n===\n\nText of a page.\n\n  K                                  V\n  a.b                                c\n";
        assert_eq!(plain(page), expected);
    }

    #[test]
    fn every_table_and_every_key_is_on_one_page() {
        let pages = pages();
        for key in KEYS.iter().filter(|key| !key.is_table) {
            let heading = format!("## `{}`\n", key.path());
            let count = pages.iter().filter(|page| page.markdown.contains(&heading)).count();
            assert_eq!(count, 1, "{}", key.path());
        }
        assert!(pages.iter().any(|page| page.topic == "gateway" && page.markdown.contains("# `[gateway]`")));
        assert!(pages.iter().any(|page| page.topic == "filesystem" && page.markdown.contains("# `[[filesystem]]`")));
    }
}
