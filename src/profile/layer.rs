//! Which texts make a profile, lowest first:
//!
//! 1. the presets named by any layer (`preset = "cray-xc"`);
//! 2. the layers named by `extends`, a path or a list of paths, depth first; a file that is reached
//!    twice counts where it was reached first;
//! 3. the file itself;
//! 4. environment variables `SHIFTER_SITE__GATEWAY__TIMEOUT=20s`, only when asked for;
//! 5. `--set gateway.timeout=20s`.
//!
//! The overrides of a class ([`class`](super::class)) lie between 3 and 4. What nobody sets gets
//! its default later, when a `Site` is made of the profile.
//!
//! A relative path counts from the directory of the layer that holds it. [`relocate`](super::relocate)
//! rewrites those of other directories, so that whoever reads the profile needs one directory only.
//!
//! Layers may not include one another in a circle, and a base that is not there is a finding at
//! the line that names it. Only regular files of at most 16 MiB are read ([`file`](super::file)).

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use super::{
    buffers::Buffers,
    document,
    item::{Item, Place},
    overrides::{self, BadOverride},
    preset,
    relocate::relocate,
    scripts::{self, Scripts},
    twin::Twin,
};
use crate::diagnostic::{
    Finding, KeyPath, Label, nearest,
    source::{Source, SourceKind},
    structural,
};

/// How many layers may extend one another in a row. No site has half as many, and each is read by recursion.
const DEEPEST: usize = 32;

/// Where the top layer comes from.
#[derive(Debug, Clone)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// A text already read, as from standard input, with the path it stands for.
    Text {
        /// The file name to use in findings; relative paths count from its directory.
        path: Option<PathBuf>,
        /// The text, in UTF-8 if it is right.
        bytes: Vec<u8>,
    },
}

/// Why no profile could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An override on the command line or in the environment has no meaning.
    #[error(transparent)]
    Override(#[from] BadOverride),
    /// A class was asked for that the profile has not.
    #[error(transparent)]
    Class(#[from] NoClass),
}

/// A class that a profile has not, although somebody asked for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{profile}` has no class `{class}`{}", known_instead(class, known))]
pub struct NoClass {
    /// The profile.
    pub profile: String,
    /// The class.
    pub class: String,
    /// Those it has.
    pub known: Vec<String>,
}

/// The classes of a profile, as the end of a sentence about one that it has not.
fn known_instead(class: &str, known: &[String]) -> String {
    match (nearest(class, known.iter().map(String::as_str)), known) {
        (_, []) => ", nor any other".to_owned(),
        (Some(near), _) => format!("; did you mean `{near}`? It has {}", known.join(", ")),
        (None, _) => format!(": it has {}", known.join(", ")),
    }
}

/// One layer: the index of its source and its tree.
#[derive(Debug)]
pub struct Layer {
    /// Index into the sources.
    pub source: usize,
    /// The tree as written.
    pub root: Item,
}

/// All layers of one profile, lowest first.
#[derive(Debug)]
pub struct Layers {
    /// Every text read; the first is the profile's own file.
    pub sources: Vec<Arc<Source>>,
    /// Presets, bases and the file, lowest first.
    pub files: Vec<Layer>,
    /// Environment variables and options, lowest first.
    pub overrides: Vec<Layer>,
    /// The scripts that some layer names.
    pub scripts: Arc<Scripts>,
    /// The profile that this one is meant to equal.
    pub twin: Option<Twin>,
    /// What is wrong with the texts and with how they name one another.
    pub findings: Vec<Finding>,
    /// What is wrong with each layer on its own, once somebody has looked.
    pub(super) alone: OnceLock<Vec<Finding>>,
}

/// Reads the file, its bases and presets, and the overrides; `buffers` stand for files.
///
/// # Errors
/// When the file itself cannot be read or an override cannot be understood.
pub fn collect(
    input: &Input,
    environment: &[(String, String)],
    set: &[String],
    buffers: &Buffers,
) -> Result<Layers, LoadError> {
    let mut stack = Stack { buffers, layers: Layers::empty(), presets: Vec::new(), open: Vec::new(), done: Vec::new() };
    match input {
        Input::File(path) => {
            let bytes = buffers.read(path).map_err(|source| LoadError::Read { path: path.clone(), source })?;
            let canonical = buffers.canonical(path).unwrap_or_else(|_| path.clone());
            stack.file(path, canonical, bytes);
        }
        Input::Text { path, bytes } => {
            let name = path.as_ref().map_or("<stdin>".to_owned(), |path| path.display().to_string());
            let canonical = path.as_ref().and_then(|path| path.canonicalize().ok()).unwrap_or_default();
            stack.bytes(name, SourceKind::Stdin(path.clone()), canonical, bytes.clone());
        }
    }
    let Stack { mut layers, presets, .. } = stack;
    layers.files.splice(0..0, presets);
    for source in overrides::environment(environment)?.into_iter().chain(overrides::set(set)?) {
        let layer = layers.parse(source);
        layers.overrides.push(layer);
    }
    layers.scripts = scripts::read(&mut layers, buffers).into();
    Ok(layers)
}

impl Layers {
    fn empty() -> Self {
        Self {
            sources: Vec::new(),
            files: Vec::new(),
            overrides: Vec::new(),
            scripts: Arc::default(),
            twin: None,
            findings: Vec::new(),
            alone: OnceLock::new(),
        }
    }

    /// Takes a source in and reads it.
    fn parse(&mut self, mut source: Source) -> Layer {
        let index = self.sources.len();
        let document = document::read(&source, index);
        for secret in document.secrets {
            source.cover(secret.span);
        }
        self.sources.push(Arc::new(source));
        self.findings.extend(document.findings);
        Layer { source: index, root: document.root }
    }
}

/// The files that are being read, to find circles.
struct Stack<'b> {
    buffers: &'b Buffers,
    layers: Layers,
    presets: Vec<Layer>,
    open: Vec<(PathBuf, String)>,
    done: Vec<PathBuf>,
}

impl Stack<'_> {
    fn file(&mut self, path: &Path, canonical: PathBuf, bytes: Vec<u8>) {
        self.bytes(path.display().to_string(), SourceKind::File(path.to_owned()), canonical, bytes);
    }

    fn bytes(&mut self, name: String, kind: SourceKind, canonical: PathBuf, bytes: Vec<u8>) {
        match String::from_utf8(bytes) {
            Ok(text) => self.text(Source::new(name, kind, text), canonical),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
                let index = self.layers.sources.len();
                self.layers.sources.push(Arc::new(Source::new(name, kind, text)));
                let finding = Finding::new(&structural::TOML_SYNTAX, format!("not UTF-8 from byte {good} on"))
                    .label(Label::primary(KeyPath::root(), "valid text ends here").pinned(index, Some(good..good)))
                    .help("save the file as UTF-8");
                self.layers.findings.push(finding);
                self.layers.files.push(Layer { source: index, root: Item::empty(index) });
                self.done.push(canonical);
            }
        }
    }

    fn text(&mut self, source: Source, canonical: PathBuf) {
        let (name, directory) = (source.name.clone(), source.directory());
        let mut layer = self.layers.parse(source);
        relocate(&mut layer.root, &directory, &self.layers.sources[0].directory());
        self.open.push((canonical.clone(), name));
        self.presets(&layer);
        if let Some(extends) = layer.root.child("extends") {
            for (base, item) in extends.strings() {
                self.base(&directory.join(base), &item.place);
            }
        }
        self.open.pop();
        self.done.push(canonical);
        self.layers.files.push(layer);
    }

    fn base(&mut self, path: &Path, named_at: &Place) {
        let fail = |message: String, text: &str| {
            Finding::new(&structural::EXTENDS_CYCLE, message)
                .label(Label::primary("extends", text).pinned(named_at.source, Some(named_at.value.clone())))
        };
        let read = self.buffers.canonical(path).and_then(|canonical| {
            let known = self.done.contains(&canonical) || self.open.iter().any(|(open, _)| *open == canonical);
            Ok((if known { Vec::new() } else { self.buffers.read(path)? }, canonical))
        });
        match read {
            Err(error) => {
                let finding =
                    fail(format!("cannot read the base layer `{}`: {error}", path.display()), "no such layer")
                        .help("paths in `extends` count from the directory of the file that names them");
                self.layers.findings.push(finding);
            }
            Ok((_, canonical)) if self.done.contains(&canonical) => {}
            Ok(_) if self.open.len() >= DEEPEST => {
                let finding = fail(format!("layers extend one another more than {DEEPEST} deep"), "one too many")
                    .help("name layers side by side: `extends = [\"a.toml\", \"b.toml\"]`");
                self.layers.findings.push(finding);
            }
            Ok((bytes, canonical)) => match self.open.iter().position(|(open, _)| *open == canonical) {
                Some(first) => {
                    let mut round: Vec<&str> = self.open[first..].iter().map(|(_, name)| name.as_str()).collect();
                    round.push(round[0]);
                    let message = format!("layers extend one another in a circle: {}", round.join(" -> "));
                    let finding = fail(message, "closes the circle").help("take one `extends` away");
                    self.layers.findings.push(finding);
                }
                None => self.file(path, canonical, bytes),
            },
        }
    }

    fn presets(&mut self, layer: &Layer) {
        let Some(item) = layer.root.child("preset") else { return };
        for (name, item) in item.strings() {
            let shown = format!("preset {name}");
            match preset::text(name) {
                Some(_) if self.layers.sources.iter().any(|source| source.name == shown) => {}
                Some(text) => {
                    let parsed = self.layers.parse(Source::new(shown, SourceKind::Preset, text));
                    self.presets.push(parsed);
                }
                None => {
                    let near = nearest(name, preset::names());
                    let text = near.map_or("no such preset".to_owned(), |near| format!("did you mean {near:?}?"));
                    let finding = Finding::new(&structural::EXTENDS_CYCLE, format!("there is no preset {name:?}"))
                        .label(Label::primary("preset", text).pinned(item.place.source, Some(item.place.value.clone())))
                        .help(format!("presets: {}", preset::names().collect::<Vec<_>>().join(", ")));
                    self.layers.findings.push(finding);
                }
            }
        }
    }
}
