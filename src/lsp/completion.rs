//! What can be typed at a place: keys, values, and names that the profile defines elsewhere.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionResponse, CompletionTextEdit, Documentation, MarkupContent,
    MarkupKind, Position, TextEdit, Uri,
};
use serde_json::Value;

use super::{
    cursor::{self, Cursor, What},
    definition::kind_of_name,
    keys::{Keys, Node},
    workspace::{Open, Workspace, sources},
};
use crate::{
    diagnostic::KeyPath,
    lint::RULES,
    profile::{document, item::Item, preset},
};

/// Everything that can stand at a position; the client picks by what is typed.
pub(super) fn completion(workspace: &Workspace, keys: &Keys, uri: &Uri, at: Position) -> Option<CompletionResponse> {
    let open = workspace.open.get(uri.as_str())?;
    let text = open.document.text();
    let cursor = cursor::at(text, open.document.offset(at));
    let place = Place { workspace, keys, uri, open, cursor };
    let items = match place.cursor.what {
        What::Comment => place.rules(),
        What::Key => place.keys(),
        What::Header => place.tables(false),
        What::ArrayHeader => place.tables(true),
        What::Value => place.values(),
    };
    Some(CompletionResponse::Array(items))
}

/// A place that is to be completed.
struct Place<'w> {
    workspace: &'w Workspace,
    keys: &'w Keys,
    uri: &'w Uri,
    open: &'w Open,
    cursor: Cursor,
}

impl Place<'_> {
    /// The keys of the table that are not written yet.
    fn keys(&self) -> Vec<CompletionItem> {
        let table = &self.cursor.table;
        let Some(node) = self.keys.node(table) else { return Vec::new() };
        let written = self.written(table);
        let mut items: Vec<CompletionItem> = Vec::new();
        for (name, child) in node.keys() {
            let is_this = self.cursor.typed == name;
            if written.iter().any(|known| known == name) && !is_this && !child.is_table() {
                continue;
            }
            items.push(self.key(name, &child, table));
        }
        if node.takes_names() {
            items.extend(self.names(table).iter().map(|name| self.name(&quoted_key(name))));
        }
        items
    }

    /// The tables that a header can name here.
    fn tables(&self, array: bool) -> Vec<CompletionItem> {
        let table = &self.cursor.table;
        let Some(node) = self.keys.node(table) else { return Vec::new() };
        let fits = |child: &Node<'_>| if array { child.is_array_of_tables() } else { child.is_table() };
        let holds = |child: &Node<'_>| child.keys().iter().any(|(_, below)| fits(below)) || child.takes_names();
        let named = node.keys().into_iter().filter(|(_, child)| fits(child) || child.is_table() && holds(child));
        let mut items: Vec<CompletionItem> = named.map(|(name, child)| self.key(name, &child, table)).collect();
        if node.takes_names() {
            items.extend(self.names(table).iter().map(|name| self.name(&quoted_key(name))));
        }
        items
    }

    /// The values that the key at the place can have.
    fn values(&self) -> Vec<CompletionItem> {
        let path = &self.cursor.table;
        let names: Vec<&str> =
            path.segments().iter().map(String::as_str).filter(|segment| segment.parse::<usize>().is_err()).collect();
        let texts: Vec<String> = match names.as_slice() {
            ["preset"] => preset::names().map(str::to_owned).collect(),
            ["extends" | "serves"] => self.files(),
            ["lint", "ignore"] | ["lint", "per_file_ignores", _] => return self.rules(),
            names => kind_of_name(names).map(|kind| self.names(&kind.into())).unwrap_or_default(),
        };
        if !texts.is_empty() {
            return texts.iter().map(|text| self.item(&quoted(text), CompletionItemKind::REFERENCE, None)).collect();
        }
        let Some(node) = self.keys.node(path) else { return Vec::new() };
        let item = |(value, about): (&Value, Option<&str>)| {
            let text = match value {
                Value::String(text) => quoted(text),
                value => value.to_string(),
            };
            self.item(&text, CompletionItemKind::ENUM_MEMBER, about)
        };
        node.values().into_iter().map(item).collect()
    }

    /// The rules, for a suppression or `[lint]`.
    fn rules(&self) -> Vec<CompletionItem> {
        if self.cursor.what == What::Comment && !self.cursor.typed.contains("shifter-site:") {
            return Vec::new();
        }
        let rule = |rule: &&crate::lint::Rule| {
            let text = if self.cursor.what == What::Comment { rule.id.code.to_owned() } else { quoted(rule.id.code) };
            let mut item = self.item(&text, CompletionItemKind::CONSTANT, Some(&crate::lint::summary(rule)));
            item.detail = Some(rule.id.name.to_owned());
            if self.cursor.what == What::Comment {
                // Only the word in the comment is replaced, and the client knows which that is.
                item.text_edit = None;
            }
            item
        };
        RULES.iter().map(rule).collect()
    }

    /// The TOML files beside the document, and below.
    fn files(&self) -> Vec<String> {
        let Some(path) = &self.open.path else { return Vec::new() };
        let Some(directory) = path.parent() else { return Vec::new() };
        let mut files: Vec<String> = Vec::new();
        for entry in directory.read_dir().into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".toml") && entry.path() != *path {
                files.push(name);
            }
        }
        files.sort();
        files
    }

    /// The names that the profile, with all its layers, gives to entries of the table `path`; of a class's
    /// overrides those of the table that they override.
    fn names(&self, path: &KeyPath) -> Vec<String> {
        let plain: KeyPath = match path.segments() {
            [class, _, set, rest @ ..] if class == "class" && set == "set" && !rest.is_empty() => rest.to_vec().into(),
            _ => path.clone(),
        };
        let mut names: Vec<String> = Vec::new();
        let mut add = |root: &Item| {
            let keys = root.get(&plain).and_then(Item::as_table).into_iter().flat_map(|table| table.keys());
            for key in keys {
                if !names.contains(key) && *key != self.cursor.typed {
                    names.push(key.clone());
                }
            }
        };
        for checked in self.workspace.profiles_with(self.uri.as_str()) {
            add(checked.loaded.origins.root());
            for source in sources(checked) {
                add(&document::read(source, 0).root);
            }
        }
        names.sort();
        names
    }

    /// The keys of `table` in this text.
    fn written(&self, table: &KeyPath) -> Vec<String> {
        let source = crate::diagnostic::source::Source::new(
            "",
            crate::diagnostic::source::SourceKind::Preset,
            self.open.document.text(),
        );
        let root = document::read(&source, 0).root;
        root.get(table).and_then(Item::as_table).into_iter().flat_map(|table| table.keys().cloned()).collect()
    }

    fn key(&self, name: &str, node: &Node<'_>, table: &KeyPath) -> CompletionItem {
        let kind = if node.is_table() { CompletionItemKind::MODULE } else { CompletionItemKind::PROPERTY };
        let mut item = self.item(name, kind, None);
        item.documentation = Some(markdown(node.page(&table.clone().key(name))));
        item.detail = Some(node.kind());
        item
    }

    fn name(&self, name: &str) -> CompletionItem {
        self.item(name, CompletionItemKind::REFERENCE, None)
    }

    /// An item that replaces the word at the place, quotes and all.
    fn item(&self, text: &str, kind: CompletionItemKind, about: Option<&str>) -> CompletionItem {
        let edit = TextEdit { range: self.open.document.range(self.cursor.span.clone()), new_text: text.to_owned() };
        CompletionItem {
            label: text.trim_matches('"').to_owned(),
            kind: Some(kind),
            documentation: about.map(|about| markdown(about.to_owned())),
            // What is compared with what is typed begins with the quote that is replaced too.
            filter_text: Some(text.to_owned()),
            text_edit: Some(CompletionTextEdit::Edit(edit)),
            ..CompletionItem::default()
        }
    }
}

fn markdown(value: String) -> Documentation {
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
}

/// A string as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A key as TOML writes it.
fn quoted_key(name: &str) -> String {
    KeyPath::from([name]).to_string()
}
