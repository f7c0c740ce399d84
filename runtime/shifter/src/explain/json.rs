//! The page for programs: one JSON document (RFC 8259), every key always there.

use shifter_formats::{json_list, json_object, json_string};

use super::environment::{Event, FromFile, Story};
use super::page::{Page, Part, Value};

pub(super) fn json(page: &Page, lost: &[&str]) -> String {
    let parts = page.parts.iter().map(|part| (part.what, self::part(part)));
    let told = &page.environment;
    let rest = [
        ("env_file", told.file.as_ref().map_or_else(null, file)),
        ("environment", list(&told.present, story)),
        ("not_in_the_container", list(&told.absent, story)),
        ("lost", list(lost, |text| json_string(text))),
    ];
    json_object(&parts.chain(rest).collect::<Vec<_>>()) + "\n"
}

fn part(part: &Part) -> String {
    let value = match &part.value {
        Value::One(text) => json_string(text),
        Value::List(items, _) | Value::Words(items) => json_list(items),
        Value::Refused(_) => null(),
    };
    let refused = if let Value::Refused(why) = &part.value { json_string(why) } else { null() };
    let facts = part.facts.iter().map(|(name, fact)| (*name, json_string(fact)));
    let losers = list(&part.losers, |loser| {
        json_object(&[("source", json_string(&loser.place)), ("value", json_string(&loser.text))])
    });
    let head = [("value", value), ("source", json_string(&part.from)), ("refused", refused)];
    let tail = [("notes", json_list(&part.notes)), ("overruled", losers)];
    json_object(&head.into_iter().chain(facts).chain(tail).collect::<Vec<_>>())
}

fn file(file: &FromFile) -> String {
    let error = file.error.as_deref().map_or_else(null, json_string);
    json_object(&[("path", json_string(&file.path)), ("error", error)])
}

fn story(story: &Story) -> String {
    json_object(&[
        ("name", json_string(&story.name)),
        ("value", story.value.as_deref().map_or_else(null, json_string)),
        ("source", story.events.last().map_or_else(null, |event| json_string(&event.author))),
        ("history", list(&story.events, event)),
    ])
}

fn event(event: &Event) -> String {
    json_object(&[
        ("source", json_string(&event.author)),
        ("did", json_string(&event.what)),
        ("counts", event.counts.to_string()),
    ])
}

fn list<T>(items: &[T], print: impl FnMut(&T) -> String) -> String {
    format!("[{}]", items.iter().map(print).collect::<Vec<_>>().join(","))
}

fn null() -> String {
    "null".to_owned()
}
