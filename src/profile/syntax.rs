//! Syntax errors as findings: one for each mistake, not one for each token after it.

use std::ops::Range;

use super::document::{names_a_secret, uri_password};
use crate::diagnostic::{Finding, KeyPath, Label, source::Source, structural};

/// At most this many errors of one text are looked at: what is no TOML at all has one for each byte.
const MOST: usize = 1000;

/// What the parser says about one place, on one line.
struct Said {
    span: Range<usize>,
    line: usize,
    text: String,
}

/// The parser's errors without those that only follow from an earlier one.
#[must_use]
pub(super) fn findings(source: &Source, index: usize, errors: &[toml::de::Error]) -> Vec<Finding> {
    let mut first: Vec<&toml::de::Error> = errors.iter().collect();
    first.sort_by_key(|error| error.span().map_or(usize::MAX, |span| span.start));
    let said = first.into_iter().take(MOST).map(|error| read(source, error)).collect();
    mistakes(said).into_iter().map(|error| finding(error, index)).collect()
}

fn read(source: &Source, error: &toml::de::Error) -> Said {
    let end = source.text().len();
    let span = source.clamp(error.span().unwrap_or(end..end));
    let words: Vec<&str> = error.message().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = if words.is_empty() { "this cannot be read".to_owned() } else { words.join("; ") };
    Said { line: source.line_of(span.start), span, text: text.trim_end_matches('.').to_owned() }
}

/// The first error of each line; and where an array or inline table is not closed, so that all that
/// follows is read as part of it, one error at the place where that begins.
fn mistakes(said: Vec<Said>) -> Vec<Said> {
    let inside = |error: &Said| error.text.contains("array") || error.text.contains("inline table");
    let lines_inside: Vec<usize> = said.iter().filter(|error| inside(error)).map(|error| error.line).collect();
    let mut kept: Vec<Said> = Vec::new();
    let mut open: Option<usize> = None;
    for error in said {
        if lines_inside.contains(&error.line) {
            match open {
                None => {
                    open = Some(kept.len());
                    kept.push(error);
                }
                Some(first) if error.text.starts_with("unclosed") => {
                    kept[first].text = error.text;
                    open = None;
                }
                Some(_) => {}
            }
        } else {
            open = None;
            if kept.last().is_none_or(|last| last.line != error.line) {
                kept.push(error);
            }
        }
    }
    kept
}

fn finding(error: Said, index: usize) -> Finding {
    let unclosed = error.text.starts_with("unclosed");
    let label = if unclosed { "this is read as part of what is still open" } else { error.text.as_str() };
    let help = if unclosed {
        "close the bracket, brace or quote before this line"
    } else if error.text.starts_with("duplicate key") {
        "a key or table can stand only once: take one of them out, or put both into one table"
    } else {
        "strings need quotes, keys and values an `=` between them, brackets and quotes a partner"
    };
    Finding::new(&structural::TOML_SYNTAX, format!("not valid TOML: {}", error.text))
        .label(Label::primary(KeyPath::root(), label).pinned(index, Some(error.span)))
        .help(help)
}

/// What looks like the value of a secret in a text that cannot be parsed.
pub(super) fn secret_lines(text: &str) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let mut pairs = content.match_indices('=').map(|(equals, _)| (&content[..equals], &content[equals + 1..]));
        let inline = pairs.find(|(key, value)| {
            let name = key.rsplit(['.', '{', ',']).next().unwrap_or(key).trim().trim_matches(['"', '\'']);
            names_a_secret(name) && !value.trim_start().starts_with('{')
        });
        if let Some((key, value)) = inline {
            let blanks = value.len() - value.trim_start().len();
            secrets.push(at + key.len() + 1 + blanks..at + content.len());
        } else if let Some(password) = uri_password(content)
            && let Some(start) = content.find(password)
        {
            secrets.push(at + start..at + start + password.len());
        }
        at += line.len();
    }
    secrets.retain(|span| !span.is_empty());
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::source::SourceKind;

    fn messages(text: &str) -> Vec<String> {
        let source = Source::new("a.toml", SourceKind::Preset, text);
        let (_, errors) = toml::de::DeTable::parse_recoverable(text);
        let line = |finding: &Finding| {
            let span = finding.labels[0].pin.as_ref().and_then(|pin| pin.span.clone()).expect("a place");
            format!("{}: {}", source.line_of(span.start), finding.message)
        };
        findings(&source, 0, &errors).iter().map(line).collect()
    }

    #[test]
    fn mistakes_on_several_lines_are_all_said_once() {
        let messages = messages("a = \n[x]\nb = 'q\nc = 1\nc = 2\nd == 3\n");
        let lines: Vec<&str> = messages.iter().filter_map(|m| m.split(':').next()).collect();
        assert_eq!(lines, ["1", "3", "5", "6"], "{messages:?}");
    }

    #[test]
    fn an_open_array_is_one_mistake() {
        let messages = messages("a = [1,\n[install.\"x\"]\nmode = 640\nb = \"c\"\n");
        assert_eq!(messages, ["2: not valid TOML: unclosed array, expected `]`"]);
    }

    #[test]
    fn secrets_of_an_unreadable_text_are_found_by_their_looks() {
        let text = "[\npassword = \"hunter2\nauth = { token = 'abc\nuri = \"redis://:pw@host/\nok = { file = 'x' }\n";
        let found: Vec<&str> = secret_lines(text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, ["\"hunter2", "'abc", "pw"]);
    }
}
