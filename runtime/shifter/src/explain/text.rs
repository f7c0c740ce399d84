//! The page for people: one column for what, one for the value, and below it what lost.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::environment::{FromFile, Story};
use super::page::{Page, Part, Value};

pub(super) fn text(page: &Page, lost: &[&str]) -> String {
    let mut text = Text(String::new());
    page.parts.iter().for_each(|part| text.part(part));
    text.environment(page);
    if !lost.is_empty() {
        text.line("rights   a user namespace of your own; this shifter is not setuid root");
        lost.iter().for_each(|lost| text.below(&format!("lost: {lost}")));
    }
    text.0
}

struct Text(String);

impl Text {
    fn part(&mut self, part: &Part) {
        self.line(&format!("{:<9}{}", part.what, harmless(&shown(&part.value))));
        self.below(&format!("source: {}", part.from));
        part.facts.iter().for_each(|(name, fact)| self.below(&format!("{name} {fact}")));
        part.notes.iter().for_each(|note| self.below(note));
        part.losers.iter().for_each(|loser| self.below(&format!("not {}: {}", loser.place, loser.text)));
    }

    /// A line as it is.
    fn line(&mut self, text: &str) {
        self.0.push_str(text.trim_end());
        self.0.push('\n');
    }

    /// A line that belongs to the part before it.
    fn below(&mut self, text: &str) {
        self.line(&format!("{:<9}  {}", "", harmless(text)));
    }

    /// One line for a variable that one source sets; below the others, what each source did, those that count last.
    fn environment(&mut self, page: &Page) {
        let told = &page.environment;
        self.line("environment");
        match &told.file {
            None => {}
            Some(FromFile { path, error: None }) => {
                self.line(&format!("  --env-file {}: as it is here, outside of the container", harmless(path)));
            }
            Some(FromFile { path, error: Some(error) }) => {
                let (path, error) = (harmless(path), harmless(error));
                self.line(&format!("  --env-file {path} is read in the container; here it is not: {error}"));
                self.line("  its variables replace those of the image and are replaced by --env, modules and the site");
            }
        }
        let author = |story: &Story| story.events.last().map_or(0, |event| event.author.len());
        let width = told.present.iter().map(author).max().unwrap_or(0);
        for story in &told.present {
            let author = story.events.last().map_or("", |event| &event.author);
            let value = story.value.as_deref().unwrap_or_default();
            self.line(&format!("  {author:<width$} {}={}", harmless(&story.name), harmless(value)));
            if story.events.len() > 1 {
                self.history(story, width);
            }
        }
        let (plain, changed): (Vec<_>, Vec<_>) = told.absent.iter().partition(|story| story.events.len() == 1);
        if !told.absent.is_empty() {
            self.line("not in the container");
        }
        for story in changed {
            self.line(&format!("  {:<width$} {}", "", harmless(&story.name)));
            self.history(story, width);
        }
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for story in plain {
            by_reason.entry(&story.events[0].what).or_default().push(harmless(&story.name));
        }
        for (reason, names) in by_reason {
            self.line(&format!("  {reason}: {}", names.join(" ")));
        }
    }

    /// In order; a line that counts for nothing begins with a dash.
    fn history(&mut self, story: &Story, width: usize) {
        for event in &story.events {
            let mark = if event.counts { ' ' } else { '-' };
            self.line(&format!("    {mark} {:<width$} {}", event.author, harmless(&event.what)));
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::List(items, _) if items.is_empty() => "none".to_owned(),
        Value::List(items, separator) => items.join(separator),
        Value::Words(words) => super::in_brackets(words),
        Value::One(text) | Value::Refused(text) => text.clone(),
    }
}

/// Without what a terminal would obey: an image's variables are text from strangers.
fn harmless(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        if character.is_control()
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            write!(shown, "{}", character.escape_default()).expect("a String takes all text");
        } else {
            shown.push(character);
        }
    }
    shown
}
