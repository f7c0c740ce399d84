//! Which findings a run wants to hear of: `--select`, `--ignore` and `[lint]`.

use std::collections::BTreeMap;

use super::{Finding, Located};

/// Codes, names or prefixes of codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these, unless empty.
    pub select: Vec<String>,
    /// Not these.
    pub ignore: Vec<String>,
    /// Not these in files whose name fits the pattern.
    pub per_file: BTreeMap<String, Vec<String>>,
}

impl Selection {
    /// Whether findings of the rule with this code and name are wanted at all.
    #[must_use]
    pub fn wants(&self, code: &str, name: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|selector| answers(selector, code, name));
        (self.select.is_empty() || listed(&self.select)) && !listed(&self.ignore)
    }

    /// Whether this finding is wanted where it is.
    #[must_use]
    pub fn keeps(&self, located: &Located) -> bool {
        let Finding { code, name, .. } = located.finding;
        let file = located.anchor().map_or("", |place| place.source.name.as_str());
        self.wants(code, name)
            && !self
                .per_file
                .iter()
                .any(|(pattern, rules)| fits(pattern, file) && rules.iter().any(|rule| answers(rule, code, name)))
    }
}

/// Whether `selector` is the code, the name, the letters of the group, or those and the first digits.
#[must_use]
pub fn answers(selector: &str, code: &str, name: &str) -> bool {
    let group = code.trim_end_matches(|c: char| c.is_ascii_digit());
    selector == name || selector == "ALL" || selector.starts_with(group) && code.starts_with(selector)
}

/// Whether a path fits a pattern: `*` is anything but `/`, `**` anything, `?` one character. A
/// pattern without `/` is compared with the file name alone.
#[must_use]
pub fn fits(pattern: &str, path: &str) -> bool {
    let path = path.strip_prefix("./").unwrap_or(path);
    if pattern.contains('/') {
        glob(pattern.as_bytes(), path.as_bytes())
    } else {
        glob(pattern.as_bytes(), path.rsplit('/').next().unwrap_or(path).as_bytes())
    }
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', b'/', rest @ ..] => {
            glob(rest, text) || (0..text.len()).any(|n| text[n] == b'/' && glob(rest, &text[n + 1..]))
        }
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|n| glob(rest, &text[n..])),
        [b'*', rest @ ..] => {
            let end = text.iter().position(|byte| *byte == b'/').unwrap_or(text.len());
            (0..=end).any(|n| glob(rest, &text[n..]))
        }
        [b'?', rest @ ..] => text.first().is_some_and(|byte| *byte != b'/') && glob(rest, &text[1..]),
        [byte, rest @ ..] => text.first() == Some(byte) && glob(rest, &text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_with_the_group_or_within_the_number() {
        for selector in ["FS", "FS0", "FS016", "rec-drops-slave", "ALL"] {
            assert!(answers(selector, "FS016", "rec-drops-slave"), "{selector}");
        }
        for selector in ["F", "FS017", "rec", ""] {
            assert!(!answers(selector, "FS016", "rec-drops-slave"), "{selector}");
        }
    }

    #[test]
    fn patterns_without_a_slash_are_file_names() {
        assert!(fits("*.toml", "sites/a.toml"));
        assert!(fits("sites/*.toml", "./sites/a.toml"));
        assert!(!fits("sites/*.toml", "sites/old/a.toml"));
        assert!(fits("sites/**/a.toml", "sites/old/x/a.toml"));
        assert!(fits("sites/**/a.toml", "sites/a.toml"));
        assert!(!fits("a?.toml", "a.toml"));
    }

    #[test]
    fn ignore_wins_over_select() {
        let selection =
            Selection { select: vec!["FS".into()], ignore: vec!["FS016".into()], per_file: BTreeMap::new() };
        assert!(selection.wants("FS001", "path-charset"));
        assert!(!selection.wants("FS016", "rec-drops-slave"));
        assert!(!selection.wants("GW001", "x"));
    }
}
