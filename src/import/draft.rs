//! A profile being written: keys with their values and comments, printed in the order a person would choose.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use toml::Value;

/// Tables in the order of the profile; what is not listed comes last.
const ORDER: [&str; 28] = [
    "site",
    "target",
    "scale",
    "paths",
    "images",
    "runtime",
    "etc",
    "kernel_modules",
    "env",
    "filesystem",
    "symlink",
    "hooks",
    "script",
    "gpu",
    "fabric",
    "module",
    "gateway",
    "platform",
    "registry",
    "storage",
    "identity",
    "wlm",
    "class",
    "policy",
    "install",
    "render",
    "lint",
    "extra",
];

/// A profile as text, key by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Lines above everything.
    header: Vec<String>,
    /// The keys of each table, in the order in which they were set. None is without.
    tables: BTreeMap<Vec<Step>, Vec<Entry>>,
}

#[derive(Clone, Debug)]
struct Entry {
    key: String,
    value: Value,
    /// Comments above it, without `#`.
    above: Vec<String>,
    /// The key of the imported file that it comes from.
    origin: String,
    /// Whether a comment behind it names that key.
    shown: bool,
}

/// Where a value was in the imported file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// Its key there.
    pub(crate) key: String,
    /// The site's comment above it.
    pub(crate) above: Vec<String>,
    /// Whether a comment names the key.
    pub(crate) shown: bool,
}

impl Origin {
    /// A key that a comment names.
    pub(crate) fn of(key: &str, above: Vec<String>) -> Self {
        Self { key: key.to_owned(), above, shown: true }
    }

    /// A key with many values, which no comment names each time.
    pub(crate) fn silent(key: &str) -> Self {
        Self { key: key.to_owned(), above: Vec::new(), shown: false }
    }
}

/// One step of the way to a table. Keys come before elements, and elements in their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Element(usize),
}

impl Draft {
    /// A comment line at the top.
    pub(crate) fn head(&mut self, line: impl Into<String>) {
        self.header.push(line.into());
    }

    /// Sets the key at `path`, in which [`element`] stands for an element of an array of tables. A key that is there
    /// keeps its comments.
    pub(crate) fn set(&mut self, path: &[&str], value: impl Into<Value>) {
        self.set_from(path, value, Origin::default());
    }

    /// The same, with what is known of where it was.
    pub(crate) fn set_from(&mut self, path: &[&str], value: impl Into<Value>, origin: Origin) {
        let Some((key, table)) = path.split_last() else { return };
        let table: Vec<Step> = table.iter().map(|part| Step::of(part)).collect();
        let value = value.into();
        let entries = self.tables.entry(table).or_default();
        match entries.iter_mut().find(|entry| entry.key == *key) {
            Some(entry) => entry.value = value,
            None => entries.push(Entry {
                key: (*key).to_owned(),
                value,
                above: origin.above,
                origin: origin.key,
                shown: origin.shown,
            }),
        }
    }

    /// Takes away all that comes from `key` of an imported file.
    pub(crate) fn remove_from(&mut self, key: &str) {
        self.retain(|_, entry| entry.origin != key);
    }

    /// Takes away the key at `path`, or all keys of the table there.
    pub(crate) fn remove(&mut self, path: &[&str]) {
        self.retain(|table, entry| !is_below(table, entry, path));
    }

    fn retain(&mut self, keeps: impl Fn(&[Step], &Entry) -> bool) {
        self.tables.retain(|table, entries| {
            entries.retain(|entry| keeps(table, entry));
            !entries.is_empty()
        });
    }

    /// Whether anything is written at `path` or below it.
    pub(crate) fn has(&self, path: &[&str]) -> bool {
        self.tables.iter().any(|(table, entries)| entries.iter().any(|entry| is_below(table, entry, path)))
    }

    /// How many elements the array of tables `name` has.
    pub(crate) fn elements(&self, name: &str) -> usize {
        let past_the_last = vec![Step::Key(name.to_owned()), Step::Element(usize::MAX)];
        match self.tables.range(..past_the_last).next_back().map(|(table, _)| table.as_slice()) {
            Some([Step::Key(table), Step::Element(n), ..]) if table == name => n + 1,
            _ => 0,
        }
    }

    /// The profile.
    pub(crate) fn print(&self) -> String {
        let mut page = String::new();
        for line in &self.header {
            comment(&mut page, line);
        }
        let mut tables: Vec<(&Vec<Step>, &Vec<Entry>)> = self.tables.iter().collect();
        tables.sort_by_cached_key(|(table, _)| sort_key(table));
        for (table, entries) in tables {
            print_table(&mut page, table, entries);
        }
        page
    }
}

/// Whether a key of a table is the one at `path`, or in the table there.
fn is_below(table: &[Step], entry: &Entry, path: &[&str]) -> bool {
    let own = table.iter().map(Step::text).chain([entry.key.clone()]);
    table.len() + 1 >= path.len() && own.zip(path).all(|(own, wanted)| own == *wanted)
}

fn print_table(page: &mut String, table: &[Step], entries: &[Entry]) {
    let keys: Vec<&str> = table.iter().filter_map(Step::key).map(String::as_str).collect();
    let name: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
    let name = name.join(".");
    if !table.is_empty() {
        if !page.is_empty() {
            page.push('\n');
        }
        let (open, close) = if matches!(table.last(), Some(Step::Element(_))) { ("[[", "]]") } else { ("[", "]") };
        let _ = writeln!(page, "{open}{name}{close}");
    }
    let wide = entries.iter().map(|entry| quoted(&entry.key).chars().count()).max().unwrap_or(0);
    for entry in entries {
        for line in &entry.above {
            comment(page, line);
        }
        let _ = write!(page, "{:wide$} = {}", quoted(&entry.key), entry.value);
        if entry.shown {
            let _ = write!(page, "  # {}", plain(&entry.origin));
        }
        page.push('\n');
    }
}

/// What marks a step of a path as an element: no key begins so.
const ELEMENT: char = '\u{1}';

/// The `n`-th element of an array of tables, as a step of a path.
pub(crate) fn element(n: usize) -> String {
    format!("{ELEMENT}{n}")
}

impl Step {
    fn of(part: &str) -> Self {
        let n = part.strip_prefix(ELEMENT).and_then(|n| n.parse().ok());
        n.map_or_else(|| Self::Key(part.to_owned()), Self::Element)
    }

    fn key(&self) -> Option<&String> {
        match self {
            Self::Key(key) => Some(key),
            Self::Element(_) => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Key(key) => key.clone(),
            Self::Element(n) => element(*n),
        }
    }
}

/// By table, its elements in their order, and a table before what lies in it.
fn sort_key(table: &[Step]) -> (usize, Vec<(String, usize)>) {
    let first = table.first().and_then(Step::key);
    let rank = first.map_or(0, |name| ORDER.iter().position(|known| known == name).map_or(ORDER.len(), |n| n + 1));
    let steps = table.iter().map(|step| match step {
        Step::Key(key) => (key.clone(), 0),
        Step::Element(n) => (String::new(), *n),
    });
    (rank, steps.collect())
}

/// A key as TOML writes it: bare where that is possible.
fn quoted(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(is_bare) { key.to_owned() } else { Value::from(key).to_string() }
}

/// A comment may hold no control character but a tab.
fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\t', "?")
}

fn comment(page: &mut String, text: &str) {
    let gap = if text.is_empty() || text.starts_with(':') { "" } else { " " };
    let _ = writeln!(page, "#{gap}{}", plain(text).trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_stand_in_the_order_of_the_profile() {
        let mut draft = Draft::default();
        draft.head(":schema x.json");
        draft.set(&["gateway", "database", "uri"], "mongodb://localhost/");
        draft.set_from(&["site", "name"], "cori", Origin::of("system", vec!["ours".into()]));
        draft.set(&["schema"], 1);
        draft.set(&["filesystem", &element(10), "source"], "/b");
        draft.set(&["filesystem", &element(2), "source"], "/a\"");
        draft.set(&["filesystem", &element(2), "options"], vec!["ro"]);
        draft.set(&["registry", "quay.io", "default"], true);
        insta::assert_snapshot!(draft.print(), @r##"
        #:schema x.json
        schema = 1

        [site]
        # ours
        name = "cori"  # system

        [[filesystem]]
        source  = '/a"'
        options = ["ro"]

        [[filesystem]]
        source = "/b"

        [gateway.database]
        uri = "mongodb://localhost/"

        [registry."quay.io"]
        default = true
        "##);
        assert_eq!(draft.elements("filesystem"), 11);
        assert!(draft.has(&["registry"]) && !draft.has(&["regis"]));
        draft.remove(&["filesystem"]);
        assert_eq!(draft.elements("filesystem"), 0);
    }

    #[test]
    fn nothing_in_a_comment_ends_it() {
        let mut draft = Draft::default();
        draft.set_from(&["site", "name"], "x", Origin::of("k\ney", vec!["a\rb\n[evil]".into()]));
        assert!(draft.print().parse::<toml::Table>().is_ok(), "{}", draft.print());
        assert!(!draft.print().contains("\n[evil]"));
    }
}
