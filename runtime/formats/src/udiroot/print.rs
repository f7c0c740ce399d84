//! Writing `udiRoot.conf`: the same configuration gives the same bytes.

use std::fmt::Write as _;

use super::value::Table;
use super::{Conf, ModuleConf, ModuleName};
use crate::Target;

/// A value that the target's grammar cannot hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unprintable {
    /// The whole key, such as `siteEnv` or `module_mpich_siteFs`.
    pub key: String,
    /// The value, or the element of a list.
    pub value: String,
    /// Why it cannot be written.
    pub why: &'static str,
}

impl std::fmt::Display for Unprintable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot write {:?} to `{}`: {}", self.value, self.key, self.why)
    }
}

impl std::error::Error for Unprintable {}

impl Conf {
    /// The file for a target, below the lines of `header` as comments.
    ///
    /// Keys that the target does not know are left out ([`Conf::unknown_to`] names them). A value that its
    /// grammar cannot hold is left out too, with a comment in its place; it can never become another key.
    /// [`Conf::try_print`] refuses instead.
    #[must_use]
    pub fn print(&self, target: Target, header: &str) -> String {
        self.write_out(target, header).0
    }

    /// The file for a target, or all values that its grammar cannot hold.
    ///
    /// # Errors
    /// Values with line breaks, elements with blanks, paths that the target would change, names it does not know.
    pub fn try_print(&self, target: Target, header: &str) -> Result<String, Vec<Unprintable>> {
        let (text, left_out) = self.write_out(target, header);
        if left_out.is_empty() { Ok(text) } else { Err(left_out) }
    }

    /// The keys that are set here and that the target does not know, even when patched.
    #[must_use]
    pub fn unknown_to(&self, target: Target) -> Vec<String> {
        self.lines(target).into_iter().filter(|line| line.is_set() && !line.is_known).map(|line| line.key).collect()
    }

    fn write_out(&self, target: Target, header: &str) -> (String, Vec<Unprintable>) {
        let mut page = String::new();
        let mut left_out = Vec::new();
        for line in header.lines() {
            comment(&mut page, line);
        }
        for line in self.lines(target) {
            if !line.is_known {
                continue;
            }
            for (value, why) in line.left_out {
                comment(&mut page, &format!("Not written to {}: {value:?}: {why}", line.key));
                left_out.push(Unprintable { key: line.key.clone(), value, why });
            }
            if let Some(text) = line.text {
                writeln!(page, "{}={text}", line.key).expect("a String takes all text");
            }
        }
        (page, left_out)
    }

    fn lines(&self, target: Target) -> Vec<OutLine> {
        let mut lines: Vec<OutLine> = Table::write(self, target)
            .into_iter()
            .map(|(spec, written)| OutLine {
                key: spec.name.to_owned(),
                is_known: spec.is_known_when_patched(target),
                text: written.text,
                left_out: written.left_out,
            })
            .collect();
        for (name, module) in &self.modules {
            lines.extend(module_lines(name, module, target));
        }
        lines
    }
}

struct OutLine {
    key: String,
    is_known: bool,
    text: Option<String>,
    left_out: Vec<(String, &'static str)>,
}

impl OutLine {
    fn is_set(&self) -> bool {
        self.text.is_some() || !self.left_out.is_empty()
    }
}

fn module_lines(name: &ModuleName, module: &ModuleConf, target: Target) -> Vec<OutLine> {
    let has_versions = target.is_native();
    let mut lines: Vec<OutLine> = Table::write(module, target)
        .into_iter()
        .map(|(spec, written)| OutLine {
            key: format!("module_{}_{}", printable(&name.to_string()), spec.name),
            is_known: spec.is_known_to(target) && (name.version.is_none() || has_versions),
            text: written.text,
            left_out: written.left_out,
        })
        .collect();
    // A module without any line of its own still exists: it can be named. So its first key says what holds anyway.
    if !lines.iter().any(|line| line.is_set() && line.is_known)
        && let Some(line) = lines.first_mut()
    {
        line.text = Some("1".to_owned());
    }
    if !is_readable(name, target) {
        for line in &mut lines {
            let text = line.text.take();
            line.left_out.extend(text.map(|text| (text, "the target would not read the module's name")));
        }
    }
    lines
}

/// Whether the target reads the name from a key.
fn is_readable(name: &ModuleName, target: Target) -> bool {
    if target.is_native() {
        return ModuleName::parse(&name.to_string()).as_ref() == Ok(name);
    }
    let ends_key = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '_' | '=');
    !name.name.is_empty() && !name.name.contains(ends_key)
}

/// The text without what would end a line.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "?")
}

/// A comment begins in the first column and ends with its line; one that ends with `\` continues nothing, as the
/// whole line is dropped.
fn comment(page: &mut String, text: &str) {
    let text = printable(text);
    let gap = if text.is_empty() { "" } else { " " };
    writeln!(page, "#{gap}{text}").expect("a String takes all text");
}
