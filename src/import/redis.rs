//! `redis.conf`: the two directives that a site of 16.08 or 17.04 changes (redis.conf, shipped comments).

use std::ops::Range;

/// One line: a directive and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    /// Its name, in lower case: Redis does not tell cases apart.
    pub(crate) name: String,
    /// Where the arguments stand.
    pub(crate) value: Range<usize>,
    /// The argument without quotes.
    pub(crate) text: String,
}

impl Directive {
    /// Whether the argument must not be seen.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.name.as_str(), "requirepass" | "masterauth" | "masteruser")
    }
}

/// The directives of a file, comments and empty lines aside.
pub(crate) fn directives(text: &str) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end();
        let front = line.len() - line.trim_start().len();
        if let Some((name, argument)) = line.trim_start().split_once([' ', '\t']).filter(|(n, _)| !n.starts_with('#')) {
            let skipped = argument.len() - argument.trim_start().len();
            let begin = start + front + name.len() + 1 + skipped;
            let value = begin..start + line.len();
            found.push(Directive { name: name.to_ascii_lowercase(), text: unquoted(argument.trim()), value });
        }
        start += whole.len();
    }
    found
}

/// As Redis splits arguments: `"..."` knows `\n \r \t \b \a \xHH` and `\C`, `'...'` knows `\'`.
fn unquoted(text: &str) -> String {
    if let Some(inner) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return inner.replace("\\'", "'");
    }
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return text.to_owned() };
    let mut plain = String::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some(c) => plain.push(c),
            None => {}
        }
    }
    plain
}

/// The last value of a directive, as Redis takes it.
pub(crate) fn value<'a>(directives: &'a [Directive], name: &str) -> Option<&'a Directive> {
    directives.iter().rev().find(|directive| directive.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_directive_counts() {
        let text = "dir /a\n# dir /no\n  DIR /b \nrequirepass \"p\\\"q\"\n";
        let all = directives(text);
        assert_eq!(value(&all, "dir").map(|d| (&text[d.value.clone()], d.text.as_str())), Some(("/b", "/b")));
        assert_eq!(value(&all, "requirepass").map(|d| d.text.as_str()), Some("p\"q"));
    }
}
