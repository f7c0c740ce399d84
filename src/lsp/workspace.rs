//! What is open, and what is known of it: every open profile looked at as `check` does.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use lsp_types::Uri;
use toml::de::DeTable;

use super::{
    document::{Document, Encoding},
    place,
};
use crate::{
    check::{self, Checked, Strictness},
    diagnostic::source::{Source, SourceKind},
    profile::{Buffers, Input, LoadError, LoadOptions, buffers::one_name},
};

/// One open document.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) document: Document,
    /// Its file, if it has one.
    pub(super) path: Option<PathBuf>,
    /// Whether it has ever looked like a profile; half-typed texts do not.
    is_profile: bool,
}

/// What is open, by the client's name of it, and what was found.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    pub(super) encoding: Encoding,
    pub(super) open: BTreeMap<String, Open>,
    buffers: Buffers,
    checked: BTreeMap<String, Result<Checked, LoadError>>,
    is_stale: bool,
    is_news: bool,
}

impl Workspace {
    pub(super) fn open(&mut self, uri: &Uri, text: String, version: i32) {
        let path = place::path(uri).map(|path| one_name(&path));
        let document = Document::new(text, Some(version), self.encoding);
        let open = Open { is_profile: looks_like_a_profile(document.text(), path.as_deref()), document, path };
        self.open.insert(uri.as_str().to_owned(), open);
        self.changed(uri);
    }

    /// Takes in a change of the document `uri`.
    pub(super) fn changed(&mut self, uri: &Uri) {
        if let Some(open) = self.open.get_mut(uri.as_str()) {
            open.is_profile |= looks_like_a_profile(open.document.text(), open.path.as_deref());
            if let Some(path) = &open.path {
                self.buffers.set(path, open.document.text());
            }
        }
        self.is_stale = true;
    }

    pub(super) fn close(&mut self, uri: &Uri) {
        if let Some(path) = self.open.remove(uri.as_str()).and_then(|open| open.path) {
            self.buffers.forget(&path);
        }
        self.is_stale = true;
    }

    /// A file has changed on the disk.
    pub(super) fn saved(&mut self) {
        self.is_stale = true;
    }

    /// Whether there is something that nobody has been told yet.
    pub(super) fn has_news(&mut self) -> bool {
        self.look();
        std::mem::take(&mut self.is_news)
    }

    /// Looks at every open profile again if anything has changed.
    pub(super) fn look(&mut self) {
        if !std::mem::take(&mut self.is_stale) {
            return;
        }
        self.is_news = true;
        self.checked.clear();
        let profiles = self.open.iter().filter(|(_, open)| open.is_profile);
        for (uri, open) in profiles {
            let checked = check::check_with(&options(open), None, &Strictness::default(), &self.buffers);
            self.checked.insert(uri.clone(), checked);
        }
        // A layer of another open profile is judged as part of that: on its own it may lack anything.
        let layers: Vec<PathBuf> = self
            .checked
            .values()
            .flatten()
            .flat_map(|checked| sources(checked).skip(1).filter_map(|source| file(source)))
            .collect();
        self.checked.retain(|uri, _| {
            let path = self.open.get(uri).and_then(|open| open.path.as_ref());
            path.is_none_or(|path| !layers.contains(path))
        });
    }

    /// Every profile that was looked at, by its document.
    pub(super) fn profiles(&self) -> impl Iterator<Item = (&str, &Result<Checked, LoadError>)> {
        self.checked.iter().map(|(uri, checked)| (uri.as_str(), checked))
    }

    /// The profiles that `uri` is part of: itself, or those that extend it.
    pub(super) fn profiles_with<'w>(&'w self, uri: &'w str) -> impl Iterator<Item = &'w Checked> {
        let path = self.open.get(uri).and_then(|open| open.path.as_deref());
        self.checked.iter().filter_map(move |(root, checked)| {
            let checked = checked.as_ref().ok()?;
            let holds =
                root == uri || path.is_some_and(|path| sources(checked).any(|one| file(one).as_deref() == Some(path)));
            holds.then_some(checked)
        })
    }

    /// Whether a document is a profile or a layer of one.
    pub(super) fn is_known(&self, uri: &str) -> bool {
        self.open.get(uri).is_some_and(|open| open.is_profile) || self.profiles_with(uri).next().is_some()
    }

    /// A profile of `text` in the place of the document `uri`, looked at without being remembered.
    pub(super) fn check_as(&self, uri: &str, text: &str) -> Option<Checked> {
        let open = self.open.get(uri)?;
        let mut buffers = self.buffers.clone();
        let options = match &open.path {
            Some(path) => {
                buffers.set(path, text);
                options(open)
            }
            None => LoadOptions { input: Input::Text { path: None, bytes: text.into() }, ..options(open) },
        };
        check::check_with(&options, None, &Strictness::default(), &buffers).ok()
    }

    /// The client's name of a text, if a client can open it.
    pub(super) fn uri_of(&self, source: &Source) -> Option<Uri> {
        match &source.kind {
            SourceKind::Stdin(None) => {
                // A document without a file: the one with this text.
                let (uri, _) =
                    self.open.iter().find(|(_, open)| open.path.is_none() && open.document.text() == source.text())?;
                uri.parse().ok()
            }
            _ => {
                let path = file(source)?;
                match self.open.iter().find(|(_, open)| open.path.as_ref() == Some(&path)) {
                    Some((uri, _)) => uri.parse().ok(),
                    None => place::uri(&path),
                }
            }
        }
    }

    /// A part of a text as the client names it.
    pub(super) fn location(&self, source: &Source, span: std::ops::Range<usize>) -> Option<lsp_types::Location> {
        let document = Document::new(source.text().to_owned(), None, self.encoding);
        Some(lsp_types::Location { uri: self.uri_of(source)?, range: document.range(source.clamp(span)) })
    }
}

/// All texts of a profile and of those that it serves; the first is its own.
pub(super) fn sources(checked: &Checked) -> impl Iterator<Item = &Arc<Source>> {
    let own = checked.loaded.origins.sources().iter();
    own.chain(checked.loaded.served.iter().flat_map(|served| served.origins.sources()))
}

/// The file of a text under its one name.
pub(super) fn file(source: &Source) -> Option<PathBuf> {
    match &source.kind {
        SourceKind::File(path) | SourceKind::Script(path) | SourceKind::Stdin(Some(path)) => Some(one_name(path)),
        _ => None,
    }
}

/// What to load for an open document. A file below the working directory has the name that the same run of
/// `check` would give it, so that patterns of `per_file_ignores` mean the same.
fn options(open: &Open) -> LoadOptions {
    let Some(path) = &open.path else {
        let input = Input::Text { path: None, bytes: open.document.text().into() };
        return LoadOptions { input, ..LoadOptions::file("") };
    };
    let here = std::env::current_dir().ok();
    LoadOptions::file(here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path))
}

/// Whether a TOML file is a profile: it says so by `schema`, by what it is made of, by its name, or for editors.
fn looks_like_a_profile(text: &str, path: Option<&Path>) -> bool {
    if path.and_then(Path::file_name).is_some_and(|name| name == "shifter-site.toml") {
        return true;
    }
    let says =
        |line: &str| line.trim_start().strip_prefix("#:schema").is_some_and(|rest| rest.contains("site-profile"));
    if text.lines().take(20).any(says) {
        return true;
    }
    let (table, _) = DeTable::parse_recoverable(text);
    ["schema", "extends", "preset"].iter().any(|key| table.get_ref().contains_key(*key))
}
