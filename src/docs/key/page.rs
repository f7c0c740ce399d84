//! A key with what is known of it, as plain text and in Markdown.

use std::fmt::Write as _;

use super::Key;

/// A fact about a key: what it is about, and what it says.
pub(in crate::docs) type Fact = (&'static str, String);

/// The key as plain text, as `explain` and `docs` show it on a terminal.
pub(in crate::docs) fn text(key: &Key, facts: Vec<Fact>) -> String {
    let mut out = format!("{}\n  {}\n\n", key.path(), key.about);
    for (about, text) in facts {
        let _ = writeln!(out, "  {about:15} {}", text.replace('`', ""));
    }
    for (word, meaning) in &key.words {
        let _ = writeln!(out, "    {word:?}: {meaning}");
    }
    out
}

/// The key as a part of a page in Markdown, headed at level `depth`.
pub(in crate::docs) fn markdown(key: &Key, depth: usize, facts: Vec<Fact>) -> String {
    let mut out = format!("{} `{}`\n\n{}\n\n", "#".repeat(depth), key.path(), key.about);
    for (about, text) in facts {
        let text = if about == "example" { format!("`{text}`") } else { text };
        let _ = writeln!(out, "- {about}: {text}");
    }
    for (word, meaning) in &key.words {
        let _ = writeln!(out, "- `\"{word}\"`: {meaning}");
    }
    out.push('\n');
    out
}
