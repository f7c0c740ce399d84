//! Sets of hosts in Slurm's syntax: `"nid[3073-4096],login[01-04]"`, one string or a list of them.

mod fold;

pub use fold::fold;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// How many hosts one list may name. Slurm's own limit for an expression is 64 K names.
const MOST_HOSTS: u64 = 1 << 20;

/// Host names with ranges, and commas between them. How far ranges reach, a pattern cannot say.
const PATTERN: &str = concat!(
    r"^\s*([A-Za-z0-9._-]|\[[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*\])+",
    r"(\s*,\s*([A-Za-z0-9._-]|\[[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*\])+)*\s*$"
);

const EXPECTING: &str = "host names such as \"login01\", \"nid[0001-0128]\" or a list of them";

/// Hosts, as written and in order. Ranges are checked here and expanded by [`Hostlist::hosts`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hostlist(Vec<String>);

impl Hostlist {
    /// Is no host named?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The expressions as written.
    #[must_use]
    pub fn expressions(&self) -> &[String] {
        &self.0
    }

    /// Every host, in the order written, ranges expanded, leading zeros kept.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        self.0.iter().flat_map(|text| expand(text).unwrap_or_default()).collect()
    }

    /// How many hosts are named.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hosts().len()
    }

    fn push(&mut self, text: &str) -> Result<(), String> {
        for expression in split_outside_brackets(text)? {
            expand(expression)?;
            self.0.push(expression.to_owned());
        }
        Ok(())
    }
}

impl std::str::FromStr for Hostlist {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut list = Self::default();
        list.push(text)?;
        Ok(list)
    }
}

/// Split at the commas that are not inside `[...]`.
fn split_outside_brackets(text: &str) -> Result<Vec<&str>, String> {
    let (mut depth, mut start, mut parts) = (0_u8, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '[' if depth == 0 => depth = 1,
            ']' if depth == 1 => depth = 0,
            '[' | ']' => return Err(format!("`{text}` has an unmatched bracket")),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if depth != 0 {
        return Err(format!("`{text}` has an unmatched bracket"));
    }
    parts.push(&text[start..]);
    Ok(parts)
}

/// One expression to its hosts: `r[1-2]n[1,3]` is the product of its ranges.
fn expand(expression: &str) -> Result<Vec<String>, String> {
    let bad = |why: &str| format!("`{expression}` {why}");
    let mut hosts = vec![String::new()];
    let mut rest = expression;
    while !rest.is_empty() {
        let (plain, after) = rest.split_once('[').unwrap_or((rest, ""));
        if !plain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) {
            return Err(bad("is not a host name"));
        }
        for host in &mut hosts {
            host.push_str(plain);
        }
        if plain.len() == rest.len() {
            break;
        }
        let (ranges, after) = after.split_once(']').ok_or_else(|| bad("has an unmatched bracket"))?;
        let mut numbers = Vec::new();
        for range in ranges.split(',') {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
            let (true, true, Ok(low), Ok(high)) = (digits(from), digits(to), from.parse::<u64>(), to.parse::<u64>())
            else {
                return Err(bad("has a range that is not numbers"));
            };
            if low > high || (high - low).saturating_mul(hosts.len() as u64) >= MOST_HOSTS {
                return Err(bad("has a range that runs backwards or names too many hosts"));
            }
            numbers.extend((low..=high).map(|n| format!("{n:0width$}", width = from.len())));
        }
        if (numbers.len() as u64).saturating_mul(hosts.len() as u64) > MOST_HOSTS {
            return Err(bad("names too many hosts"));
        }
        hosts = hosts.iter().flat_map(|host| numbers.iter().map(move |n| format!("{host}{n}"))).collect();
        rest = after;
    }
    if hosts.iter().any(String::is_empty) { Err(bad("names no host")) } else { Ok(hosts) }
}

impl<'de> Deserialize<'de> for Hostlist {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrList;
        impl<'de> Visitor<'de> for TextOrList {
            type Value = Hostlist;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTING)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Hostlist, E> {
                text.parse().map_err(|why| E::custom(format_args!("{why}, expected {EXPECTING}")))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Hostlist, A::Error> {
                let mut list = Hostlist::default();
                while let Some(item) = items.next_element::<String>()? {
                    list.push(&item).map_err(|why| de::Error::custom(format_args!("{why}, expected {EXPECTING}")))?;
                }
                Ok(list)
            }
        }
        deserializer.deserialize_any(TextOrList)
    }
}

impl JsonSchema for Hostlist {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hostlist".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let text = json_schema!({ "type": "string", "pattern": PATTERN });
        json_schema!({
            "description": "hosts in Slurm's syntax",
            "anyOf": [text, { "type": "array", "items": text }],
            "examples": ["nid[0001-0128]", "login01,login02"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Vec<String> {
        text.parse::<Hostlist>().unwrap().hosts()
    }

    #[test]
    fn ranges_keep_their_zeros_and_multiply() {
        assert_eq!(hosts("nid[008-011],login1"), ["nid008", "nid009", "nid010", "nid011", "login1"]);
        assert_eq!(hosts("r[1-2]n[1,3].x"), ["r1n1.x", "r1n3.x", "r2n1.x", "r2n3.x"]);
        assert_eq!("nid[3073-4096]".parse::<Hostlist>().unwrap().len(), 1024);
    }

    #[test]
    fn malformed_lists_are_refused() {
        for text in ["", "n[1", "n1]", "n[2-1]", "n[a-b]", "a b", "n[1-9999999]", "n[1-99999]m[1-99999]", "a,,b", "n[]"]
        {
            assert!(text.parse::<Hostlist>().is_err(), "{text}");
        }
    }
}
