//! The environment, variable by variable: whose value it is, and whose was replaced.

use std::collections::BTreeMap;
use std::ffi::OsString;

use shifter_formats::env::{self, EnvOp};

use super::page::{Page, harmless};
use crate::launch::Launch;
use crate::launch::environment::{Author, Change, Deed, changes};
use crate::request::Environment;

/// What happened to one variable.
struct Event<'a> {
    author: Author<'a>,
    what: String,
    /// Whether it makes what was there before irrelevant.
    replaces: bool,
}

/// One line for a variable that one source sets; below the others, what each source did, those that count last.
pub(super) fn explain(launch: &Launch<'_>, page: &mut Page) {
    let changes = changes(launch, &Environment::new());
    let mut environment = Environment::new();
    let mut events: BTreeMap<OsString, Vec<Event<'_>>> = BTreeMap::new();
    for change in &changes {
        for (name, event) in happenings(change, &environment) {
            events.entry(name).or_default().push(event);
        }
        change.apply(&mut environment);
    }
    page.line("environment");
    if let Some(path) = &launch.options.env_file {
        let path = harmless(&path.display().to_string());
        page.line(&format!("  --env-file {path} is read in the container, so its variables are not shown;"));
        page.line("  they replace those of the image and are replaced by --env, modules and the site");
    }
    let (present, absent): (Vec<_>, Vec<_>) =
        events.iter().partition(|(name, _)| env::get(&environment, name).is_some());
    let author = |events: &[Event<'_>]| events.last().map_or(String::new(), |event| event.author.to_string());
    let width = present.iter().map(|(_, events)| author(events).len()).max().unwrap_or(0);
    for (name, events) in present {
        let value = env::get(&environment, name).unwrap_or_default();
        page.line(&format!("  {:<width$} {}={}", author(events), shown(name), harmless(&value.display().to_string())));
        if events.len() > 1 {
            history(events, width, page);
        }
    }
    let is_plain = |events: &[Event<'_>]| events.len() == 1;
    let (plain, told): (Vec<_>, Vec<_>) = absent.into_iter().partition(|(_, events)| is_plain(events));
    if !told.is_empty() || !plain.is_empty() {
        page.line("not in the container");
    }
    for (name, events) in told {
        page.line(&format!("  {:<width$} {}", "", shown(name)));
        history(events, width, page);
    }
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, events) in plain {
        by_reason.entry(&events[0].what).or_default().push(shown(name));
    }
    for (reason, names) in by_reason {
        page.line(&format!("  {reason}: {}", names.join(" ")));
    }
}

fn shown(name: &OsString) -> String {
    harmless(&name.display().to_string())
}

/// In order; a line that counts for nothing begins with a dash.
fn history(events: &[Event<'_>], width: usize, page: &mut Page) {
    let first_that_counts = events.iter().rposition(|event| event.replaces).unwrap_or(0);
    for (nth, event) in events.iter().enumerate() {
        let mark = if nth < first_that_counts { '-' } else { ' ' };
        page.line(&format!("    {mark} {:<width$} {}", event.author.to_string(), harmless(&event.what)));
    }
}

/// What a change means for each variable it is about.
fn happenings<'a>(change: &Change<'a>, environment: &Environment) -> Vec<(OsString, Event<'a>)> {
    let event = |what, replaces| Event { author: change.author, what, replaces };
    match &change.deed {
        Deed::Set(name, value) => vec![(name.clone(), event(format!("set {}", value.display()), true))],
        Deed::LeftOut(name, _, why) => vec![(name.clone(), event(format!("left out: {why}"), true))],
        Deed::Site(EnvOp::Set(to)) => vec![((&to.name).into(), event(format!("set {}", to.value), true))],
        Deed::Site(EnvOp::Append(more)) => vec![((&more.name).into(), event(format!("append {}", more.value), false))],
        Deed::Site(EnvOp::Prepend(more)) => {
            vec![((&more.name).into(), event(format!("prepend {}", more.value), false))]
        }
        Deed::Site(EnvOp::Unset(pattern)) => environment
            .iter()
            .filter(|(name, _)| pattern.matches(name))
            .map(|(name, _)| (name.clone(), event(format!("unset {pattern}"), true)))
            .collect(),
    }
}
