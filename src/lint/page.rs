//! A rule's doc comment, read as a page: sections, examples, and the text the command prints.

use std::fmt::Write as _;

use crate::lint::rule::Repair;
use crate::lint::{RETIRED, RULES, Rule, Targets};
use crate::profile::section::Tier;

/// The sections every page has, in order.
pub const SECTIONS: [&str; 4] = ["What it checks", "Why is this bad", "Bad", "Good"];

/// What a page may say of repairs: what one does, or why there is none although one could be thought of.
const REPAIR: [&str; 2] = ["Fix", "No fix"];

/// One fenced block of a page: ```` ```LANG NAME ````.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The first word behind the fence: `toml`, `sh`, `json`, `conf`; `dos` is a text with carriage returns.
    pub lang: String,
    /// What follows it. Nothing: the profile. `alone`: a profile that is not laid over the minimal one. `today-DATE`: the
    /// profile, checked on that day. `resolve`: the profile, checked with its secrets looked up; a file below `secrets/` has
    /// the mode 0600, or the one written behind its name. `facts.json`: facts, laid over the usual ones. `import/FILE`: a file of a directory
    /// that is imported. Any other: a file of that name beside the profile.
    pub name: String,
    /// The text between the fences.
    pub text: String,
}

/// The page without the blank that every doc line begins with.
#[must_use]
fn body(rule: &Rule) -> String {
    rule.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The first sentence block of the page: what is wrong, in a line.
#[must_use]
pub fn summary(rule: &Rule) -> String {
    let body = body(rule);
    let first: Vec<&str> = body.lines().take_while(|line| !line.is_empty()).collect();
    first.join(" ")
}

/// The text under the heading `title`, if the page has one.
#[must_use]
pub fn section(rule: &Rule, title: &str) -> Option<String> {
    let body = body(rule);
    let heading = format!("# {title}");
    let mut lines = body.lines().skip_while(|line| *line != heading);
    lines.next()?;
    let mut fenced = false;
    let text: Vec<&str> = lines
        .take_while(|line| {
            if line.starts_with("```") {
                fenced = !fenced;
            }
            fenced || !line.starts_with("# ")
        })
        .collect();
    Some(text.join("\n").trim().to_owned())
}

/// The examples under the heading `title`.
#[must_use]
pub fn examples(rule: &Rule, title: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let text = section(rule, title).unwrap_or_default();
    let mut open: Option<Example> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let (lang, name) = info.split_once(' ').unwrap_or((info, ""));
                open = Some(Example { lang: lang.to_owned(), name: name.trim().to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(example), None) => {
                example.text.push_str(line);
                example.text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// The tier that shows the rule.
fn tier(rule: &Rule) -> &'static str {
    if rule.tier == Tier::Strict { "strict" } else { "default" }
}

/// One line of facts about the rule.
fn facts(rule: &Rule) -> String {
    let mut line = format!("{}, {}; {}", rule.id.severity, rule.id.category, rule.impact.sentence());
    match rule.targets {
        Targets::All => {}
        Targets::Only(these) => {
            let _ = write!(line, "; only for {}", listed(these));
        }
        Targets::Except(these) => {
            let _ = write!(line, "; not for {}", listed(these));
        }
    }
    if !rule.needs.is_empty() {
        let places: Vec<&str> = rule.needs.iter().map(|fact| fact.place()).collect();
        let _ = write!(line, "; needs {}", places.join(", "));
    }
    match rule.fix {
        Repair::ByHand => {}
        Repair::Safe => line.push_str("; repaired by --fix"),
        Repair::Unsafe => line.push_str("; repaired by --unsafe-fixes"),
    }
    if rule.tier == Tier::Strict {
        line.push_str("; only in the tier strict");
    }
    line
}

fn listed(targets: &[crate::target::Target]) -> String {
    let words: Vec<String> = targets.iter().map(ToString::to_string).collect();
    words.join(", ")
}

/// The manual page as plain text.
#[must_use]
pub fn text(rule: &Rule) -> String {
    let mut out = format!("{} {}\n", rule.id.code, rule.id.name);
    let _ = writeln!(out, "{}\n", facts(rule));
    let _ = writeln!(out, "{}", summary(rule));
    for title in SECTIONS.into_iter().chain(REPAIR) {
        if let Some(text) = section(rule, title) {
            let _ = writeln!(out, "\n{title}");
            for line in text.lines() {
                let shown = match line.strip_prefix("```") {
                    None => Some(line.to_owned()),
                    Some(info) => caption(info).map(|said| format!("# {said}")),
                };
                if let Some(line) = shown {
                    let _ = writeln!(out, "{}", format!("    {line}").trim_end());
                }
            }
        }
    }
    let _ = writeln!(out, "\nSource\n    {}", rule.source);
    let _ = writeln!(
        out,
        "\nTo keep it as it is, write on the line or the line above\n    # shifter-site: ignore[{}] the reason",
        rule.id.code
    );
    out
}

/// What the fence of an example says of it: another file than the profile, or the day of the run.
fn caption(info: &str) -> Option<String> {
    match info.split_once(' ').map(|(_, name)| name.trim()) {
        None | Some("" | "alone") => None,
        Some(name) => {
            let day = name.strip_prefix("today-").map(|day| format!("checked with --today {day}"));
            let day = day.or_else(|| (name == "resolve").then(|| "checked with --resolve".to_owned()));
            Some(day.unwrap_or_else(|| name.to_owned()))
        }
    }
}

/// The manual page as Markdown, headed at level `depth`.
#[must_use]
pub fn markdown(rule: &Rule, depth: usize) -> String {
    let hashes = "#".repeat(depth);
    let mut out = format!("{hashes} {} `{}`\n\n", rule.id.code, rule.id.name);
    let _ = writeln!(out, "{}\n", summary(rule));
    let _ = writeln!(out, "*{}*\n", facts(rule));
    for title in SECTIONS.into_iter().chain(REPAIR) {
        if let Some(text) = section(rule, title) {
            let _ = writeln!(out, "**{title}**\n\n{}\n", captioned(&text));
        }
    }
    let _ = writeln!(out, "Source: {}.\n", rule.source);
    out
}

/// The text with what fences say of an example above it, where readers see it.
fn captioned(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("```").filter(|info| !info.is_empty()) {
        Some(info) => {
            let lang = info.split(' ').next().unwrap_or_default();
            match caption(info) {
                // JSON has no comments.
                Some(said) if lang == "json" => format!("`{said}`:\n```{lang}"),
                Some(said) => format!("```{lang}\n# {said}"),
                None => format!("```{lang}"),
            }
        }
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The whole reference, as kept in `schemas/rules.md`.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from("# Rules\n\n");
    let _ = writeln!(
        out,
        "{} rules. Every example below is run by the tests: the bad one gives its rule's finding and no other, \
         the good one gives none.\nThis file is generated from the rules' doc comments.\n",
        RULES.len()
    );
    out.push_str("| Code | Name | Severity | Tier | What is wrong |\n|---|---|---|---|---|\n");
    for rule in RULES {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            rule.id.code,
            rule.id.name,
            rule.id.severity,
            tier(rule),
            summary(rule).replace('|', "\\|")
        );
    }
    let mut group = "";
    for rule in RULES {
        if rule.group() != group {
            group = rule.group();
            let _ = writeln!(out, "\n## {group}: {}\n", crate::lint::group_title(group));
        }
        out.push_str(&markdown(rule, 3));
    }
    out.push_str("\n## Retired\n\nThese codes are not used again.\n\n| Code | Name | Why there is no such rule |\n|---|---|---|\n");
    for gone in RETIRED {
        let _ = writeln!(out, "| {} | {} | {} |", gone.code, gone.name, gone.reason);
    }
    out
}

/// The pages of the rules that `selector` names: a code, a name, or a group or code prefix,
/// for which a list is given instead. `None` if no rule answers.
#[must_use]
pub fn explain(selector: &str) -> Option<String> {
    if let Some(gone) = RETIRED.iter().find(|gone| gone.code == selector || gone.name == selector) {
        return Some(format!("{} {} is retired: {}\n", gone.code, gone.name, gone.reason));
    }
    let found = crate::lint::find(selector);
    match found.as_slice() {
        [] => None,
        [rule] => Some(text(rule)),
        many => Some(listing(many)),
    }
}

/// One line a rule: code, name, severity, tier and what is wrong.
#[must_use]
pub fn listing(rules: &[&Rule]) -> String {
    let wide = rules.iter().map(|rule| rule.id.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in rules {
        let _ = writeln!(
            out,
            "{:7} {:wide$} {:5} {:7} {}",
            rule.id.code,
            rule.id.name,
            rule.id.severity,
            tier(rule),
            summary(rule)
        );
    }
    out
}
