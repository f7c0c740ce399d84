//! An answer as text for a terminal.

use std::fmt::Write as _;

use super::{Answer, Rendered, Said};

/// The answers, one below the other; those of a table in short.
#[must_use]
pub fn text(answers: &[Answer]) -> String {
    match answers {
        [one] => whole(one),
        many => table(many),
    }
}

fn whole(answer: &Answer) -> String {
    let mut out = String::new();
    let class = answer.class.as_ref().map(|class| format!("   (class {class})")).unwrap_or_default();
    let _ = match &answer.shown {
        Some(value) => writeln!(out, "{} = {value}{class}", answer.key),
        None => writeln!(out, "{} is not set{class}", answer.key),
    };
    let _ = writeln!(out, "  {}\n", answer.about);
    let place = |said: &Said| {
        let class = said.class.as_ref().map(|class| format!(" (class {class})")).unwrap_or_default();
        format!("{}{class}", said.place)
    };
    let wide = answer.layers.iter().map(|said| place(said).chars().count()).max().unwrap_or(0);
    if !answer.layers.is_empty() {
        out.push_str("  layers, lowest first\n");
    }
    for said in &answer.layers {
        let sign = match said.does {
            "add" => "+ ",
            "remove" => "- ",
            _ => "",
        };
        let fate = if said.in_effect { "" } else { "   overridden" };
        let _ = writeln!(out, "    {:wide$}  {sign}{}{fate}", place(said), said.value);
    }
    if let Some(default) = &answer.default {
        let _ = writeln!(out, "  default\n    {default}");
    }
    match answer.rendered.as_slice() {
        [] => {
            let _ = writeln!(out, "  rendered\n    nowhere ({})", answer.status);
        }
        many => {
            out.push_str("  rendered\n");
            for one in many {
                let _ = writeln!(out, "    {}", line(one));
            }
        }
    }
    if !answer.rules.is_empty() {
        let rules: Vec<String> = answer.rules.iter().map(|rule| format!("{} {}", rule.code, rule.name)).collect();
        let _ = writeln!(out, "  rules\n    {}", rules.join(", "));
    }
    out
}

fn line(one: &Rendered) -> String {
    let class = one.class.as_ref().map(|class| format!("   (class {class})")).unwrap_or_default();
    match (&one.setting, &one.value) {
        (Some(setting), Some(value)) => format!("{}: {setting}={value}{class}", one.file),
        (Some(setting), None) => format!("{}: {setting} is left out{class}", one.file),
        (None, _) => format!("{}{class}", one.file),
    }
}

/// One line for each value: what it is, and the layer that says so.
fn table(answers: &[Answer]) -> String {
    let rows: Vec<(String, String)> = answers
        .iter()
        .map(|answer| {
            let value = format!("{} = {}", answer.key, answer.shown.as_deref().unwrap_or_default());
            let places: Vec<&str> =
                answer.layers.iter().filter(|said| said.in_effect).map(|said| said.place.as_str()).collect();
            (value, places.join(", "))
        })
        .collect();
    let wide = rows.iter().map(|(value, _)| value.chars().count().min(72)).max().unwrap_or(0);
    rows.iter().map(|(value, place)| format!("{value:wide$}  {place}\n")).collect()
}
