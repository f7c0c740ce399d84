//! The one other way to read a value of the wrong type: `timeout = 300` can only mean `"300s"`.

use figment::{
    error::{Actual, Kind},
    value::{Num, Tag, Value},
};
use serde::de::DeserializeOwned;

use super::decode;
use crate::diagnostic::{Edit, Finding, Fix, KeyPath};

/// Adds the safe fix to `finding`, which is about `path` of `whole`, when exactly one reading decodes.
#[must_use]
pub(super) fn with_other_reading<T: DeserializeOwned>(
    finding: Finding,
    whole: &Value,
    path: &KeyPath,
    kind: &Kind,
) -> Finding {
    let Kind::InvalidType(actual, _) = kind else { return finding };
    let (plain, others) = readings(actual);
    let decodes = |reading: &toml::Value| {
        let mut value = whole.clone();
        replace(&mut value, path, reading) && decode::all::<T>(value).errors.iter().all(|(at, _)| !at.starts_with(path))
    };
    let reading = plain.filter(decodes).or_else(|| {
        let mut fit = others.into_iter().filter(decodes);
        fit.next().filter(|_| fit.next().is_none())
    });
    match (reading, path.last()) {
        (Some(reading), Some(key)) => {
            let help = match key.parse::<usize>() {
                Ok(_) => format!("write `{reading}`"),
                Err(_) => format!("write `{key} = {reading}`"),
            };
            finding.help(help).fix(Fix::safe(format!("write {reading}"), vec![Edit::set(path, reading)]))
        }
        _ => finding,
    }
}

/// The same value as another type, and what else it could be meant to be.
fn readings(actual: &Actual) -> (Option<toml::Value>, Vec<toml::Value>) {
    let number = |digits: String| {
        let mode = format!("{digits:0>4}");
        let seconds = format!("{digits}s");
        (Some(digits.into()), vec![mode.into(), seconds.into()])
    };
    match actual {
        Actual::Signed(n) => number(n.to_string()),
        Actual::Unsigned(n) => number(n.to_string()),
        Actual::Bool(truth) => (Some(truth.to_string().into()), Vec::new()),
        Actual::Str(text) => {
            let number = text.parse::<i64>().ok().map(toml::Value::from);
            let truth = text.parse::<bool>().ok().map(toml::Value::from);
            (number.or(truth), vec![toml::Value::Array(vec![text.clone().into()])])
        }
        _ => (None, Vec::new()),
    }
}

/// Puts `reading` in the place of what is at `path`.
fn replace(value: &mut Value, path: &KeyPath, reading: &toml::Value) -> bool {
    let mut at = value;
    for segment in path.segments() {
        let next = match at {
            Value::Dict(_, entries) => entries.get_mut(segment),
            Value::Array(_, elements) => segment.parse::<usize>().ok().and_then(|n| elements.get_mut(n)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return false,
        }
    }
    *at = to_value(reading);
    true
}

fn to_value(reading: &toml::Value) -> Value {
    let tag = Tag::Default;
    match reading {
        toml::Value::Integer(number) => Value::Num(tag, Num::I64(*number)),
        toml::Value::Boolean(truth) => Value::Bool(tag, *truth),
        toml::Value::Array(elements) => Value::Array(tag, elements.iter().map(to_value).collect()),
        toml::Value::String(text) => Value::String(tag, text.clone()),
        other => Value::String(tag, other.to_string()),
    }
}
