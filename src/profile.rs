//! From files to a profile, with the place of every value kept.
//!
//! [`load`] reads the layers ([`layer`]), folds them into one tree by one table of rules
//! ([`merge`]) and decodes the tree ([`decode`]). Nothing stops at the first mistake: what is wrong
//! comes out as findings beside whatever did decode. [`origin`] knows for every key path of the
//! result which text set it and where.

pub mod buffers;
pub mod class;
pub mod decode;
pub mod document;
mod elsewhere;
pub mod file;
pub mod history;
pub mod inspect;
pub mod item;
pub mod layer;
pub mod loss;
pub mod merge;
pub mod origin;
pub mod overrides;
pub mod preset;
pub mod problem;
mod reading;
mod relocate;
pub mod requires;
pub mod scripts;
pub mod section;
mod syntax;
mod twin;
mod way;
pub(crate) mod written;

use std::{path::Path, sync::Arc};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use validator::Validate;

pub use self::{
    buffers::Buffers,
    layer::{Input, LoadError, NoClass},
    loss::Loss,
    origin::Origins,
    scripts::{ScriptFile, Scripts},
    section::Profile,
    twin::Twin,
};
use self::{
    item::Item,
    layer::Layers,
    merge::{Note, Upper},
};
use crate::diagnostic::{Aim, Finding, structural};

/// What to load and what to lay over it.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// The top layer.
    pub input: Input,
    /// The node class whose overrides apply.
    pub class: Option<String>,
    /// Environment variables that may override keys; none unless the user asked for it.
    pub environment: Vec<(String, String)>,
    /// `key=value` options, in order.
    pub set: Vec<String>,
}

impl LoadOptions {
    /// A file alone.
    #[must_use]
    pub fn file(path: impl AsRef<Path>) -> Self {
        let input = Input::File(path.as_ref().to_owned());
        Self { input, class: None, environment: Vec::new(), set: Vec::new() }
    }

    /// A text alone, under the name `path`.
    #[must_use]
    pub fn text(path: impl AsRef<Path>, text: impl Into<Vec<u8>>) -> Self {
        let input = Input::Text { path: Some(path.as_ref().to_owned()), bytes: text.into() };
        Self { input, class: None, environment: Vec::new(), set: Vec::new() }
    }
}

/// A profile as far as it could be read, and everything that is known of it.
#[derive(Debug, Clone)]
pub struct Loaded<T = Profile> {
    /// The profile without what did not decode.
    pub profile: T,
    /// What is missing from `profile` that somebody wrote.
    pub loss: Loss,
    /// Where each value comes from.
    pub origins: Origins,
    /// Everything wrong that loading itself can see.
    pub findings: Vec<Finding>,
    /// The scripts it names, by the path written in it.
    pub scripts: Arc<Scripts>,
    /// The class whose overrides are in effect.
    pub class: Option<String>,
    /// The profiles named by `serves`, when this is the profile of a gateway.
    pub served: Vec<Loaded<T>>,
    layers: Arc<Layers>,
}

/// What a profile type must be able to do.
pub trait Model: DeserializeOwned + Default + JsonSchema + Validate {}
impl<T: DeserializeOwned + Default + JsonSchema + Validate> Model for T {}

/// Loads a profile with all its layers.
///
/// # Errors
/// When the file cannot be read or an override has no meaning; all else is a finding.
pub fn load<T: Model>(options: &LoadOptions) -> Result<Loaded<T>, LoadError> {
    load_with(options, &Buffers::none())
}

/// [`load`], with texts that stand for files.
///
/// # Errors
/// As [`load`].
pub fn load_with<T: Model>(options: &LoadOptions, buffers: &Buffers) -> Result<Loaded<T>, LoadError> {
    let mut layers = layer::collect(&options.input, &options.environment, &options.set, buffers)?;
    layers.twin = twin::read::<T>(&mut layers, buffers);
    let mut loaded: Loaded<T> = view(Arc::new(layers), options.class.as_deref());
    serve(&mut loaded, buffers);
    Ok(loaded)
}

impl<T: Model> Loaded<T> {
    /// Refuses a class that the profile has not. Where the profile cannot be read whole, what is wrong with it comes first.
    ///
    /// # Errors
    /// When it has no such class.
    pub fn has_class(&self, class: &str) -> Result<(), NoClass> {
        let known = self.classes();
        if known.iter().any(|name| name == class) || !self.loss.is_none() {
            return Ok(());
        }
        Err(NoClass { profile: self.origins.sources()[0].name.clone(), class: class.to_owned(), known })
    }

    /// The same layers seen by a node of class `name`.
    #[must_use]
    pub fn for_class(&self, name: &str) -> Self {
        view(Arc::clone(&self.layers), Some(name))
    }

    /// The profile that this one is meant to equal, if it names one.
    #[must_use]
    pub fn twin(&self) -> Option<&Twin> {
        self.layers.twin.as_ref()
    }

    /// The names of the classes, in alphabetical order.
    #[must_use]
    pub fn classes(&self) -> Vec<String> {
        class::names(self.origins.root())
    }
}

fn view<T: Model>(layers: Arc<Layers>, class: Option<&str>) -> Loaded<T> {
    let mut root = Item::empty(0);
    let mut findings = layers.findings.clone();
    for layer in &layers.files {
        let notes = merge::over(&mut root, &layer.root, Upper::File);
        findings.extend(inspect::merging(&notes, &layers));
    }
    findings.extend(class::check(&root));
    if let Some(name) = class {
        let (notes, problems) = class::apply(&mut root, name);
        findings.extend(problems);
        findings.extend(inspect::merging(&idle(notes), &layers));
    }
    for layer in &layers.overrides {
        let notes = merge::over(&mut root, &layer.root, Upper::Override);
        findings.extend(inspect::merging(&idle(notes), &layers));
    }
    let inspected = inspect::inspect(&root, &layers);
    findings.extend(inspected.findings);
    Loaded {
        profile: inspected.profile,
        loss: inspected.loss,
        origins: Origins::new(root, Arc::clone(&layers)),
        findings,
        scripts: Arc::clone(&layers.scripts),
        class: class.map(str::to_owned),
        served: Vec::new(),
        layers,
    }
}

/// The notes about operations without effect: that an override replaces a list is what it is for.
fn idle(notes: Vec<Note>) -> Vec<Note> {
    notes.into_iter().filter(|note| matches!(note, Note::WithoutEffect { .. })).collect()
}

/// Loads the profiles that a gateway serves. Those serve nobody themselves.
fn serve<T: Model>(loaded: &mut Loaded<T>, buffers: &Buffers) {
    let root = loaded.origins.root();
    let gateway = root.child("kind").and_then(Item::as_str) == Some("gateway");
    let Some(serves) = root.child("serves").filter(|_| gateway) else { return };
    let (mut served, mut findings) = (Vec::new(), Vec::new());
    for (n, (file, item)) in serves.strings().into_iter().enumerate() {
        let path = if serves.as_str().is_some() {
            "serves".into()
        } else {
            crate::diagnostic::KeyPath::from("serves").index(n)
        };
        let place = |text: &str| problem::placed(&path, Aim::Value, text, root);
        let directory = loaded.origins.sources().get(item.place.source).map(|source| source.directory());
        let file = directory.unwrap_or_default().join(file);
        match layer::collect(&Input::File(file.clone()), &[], &[], buffers) {
            Ok(layers) => {
                let profile: Loaded<T> = view(Arc::new(layers), None);
                if profile.origins.root().child("kind").and_then(Item::as_str) == Some("gateway") {
                    let finding = Finding::new(
                        &structural::EXTENDS_CYCLE,
                        format!("`{}` is the profile of a gateway and cannot be served by another", file.display()),
                    );
                    findings.push(finding.label(place("a gateway serves clusters")));
                } else {
                    served.push(profile);
                }
            }
            Err(error) => {
                let finding = Finding::new(&structural::EXTENDS_CYCLE, error.to_string())
                    .label(place("no such profile"))
                    .help("paths in `serves` count from the directory of the file that names them");
                findings.push(finding);
            }
        }
    }
    if !findings.is_empty() {
        // What is said of the others would count them from the wrong place, and one that is not there has a say too.
        loaded.loss = Loss::of_all();
    }
    loaded.served = served;
    loaded.findings.extend(findings);
}
