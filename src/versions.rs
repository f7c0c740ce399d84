//! What differs between two versions of a profile, class by class, in words.
//!
//! A version is a profile file, or the same file at a revision of the git repository it lies in ([`revision`]); its
//! layers and scripts are those of the same revision. Both are checked and rendered without secrets, and the rendered
//! files are compared in the words of their readers ([`crate::change`]).

mod form;
pub mod revision;
mod words;

use serde::Serialize;

pub use form::{gitlab, human, markdown};

use crate::change::{self, Change, Kind};
use crate::check::{self, Checked, Strictness};
use crate::profile::{LoadError, LoadOptions};
use crate::render::{self, Artifact, Inputs, Plan, Secrets};

/// One version of a profile, checked and rendered.
#[derive(Debug)]
pub struct Version {
    /// What people call it: a revision or a file.
    pub name: String,
    /// What was found in it.
    pub checked: Checked,
    plan: Option<Plan>,
}

/// What differs between two versions.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The older version.
    pub from: String,
    /// The newer version.
    pub to: String,
    /// The profile.
    pub profile: String,
    /// Every class of either version, and last the files that are for no class.
    pub classes: Vec<ClassDifference>,
}

/// What differs for the nodes of one class.
#[derive(Debug, Clone, Serialize)]
pub struct ClassDifference {
    /// The class; none for a profile without classes.
    pub class: Option<String>,
    /// How many nodes it has, where the profile names them.
    pub nodes: Option<usize>,
    /// What differs, in words; empty when nothing does.
    pub words: Vec<String>,
    /// What must be done for it to take effect, beside installing the files.
    pub needs: Vec<String>,
    /// Whether nothing that runs has to be restarted.
    pub no_restart: bool,
    /// The files that differ.
    pub files: Vec<FileDifference>,
}

/// What differs in one file.
#[derive(Debug, Clone, Serialize)]
pub struct FileDifference {
    /// Where it is read from.
    pub file: String,
    /// Who reads it.
    pub reader: String,
    /// What became of it: `new`, `gone` or `changed`.
    pub what: &'static str,
    /// The differences of a changed file.
    pub changes: Vec<Change>,
}

impl Version {
    /// Checks and renders the profile that `options` name.
    ///
    /// # Errors
    /// When the file cannot be read or an override has no meaning.
    pub fn load(name: &str, options: &LoadOptions, class: Option<&str>) -> Result<Self, LoadError> {
        let checked = check::check(options, class, &Strictness::default())?;
        let source = &checked.loaded.origins.sources()[0];
        // Headers name the profile: two names of one profile are no difference.
        let inputs = Inputs::gather(&checked.sites, "the profile", &source.directory(), Secrets::Placeholder).ok();
        let plan = inputs.and_then(|inputs| render::plan(&checked.sites, &inputs).ok());
        let plan = plan.filter(|_| !checked.has_errors() && !checked.sites.is_empty());
        Ok(Self { name: name.to_owned(), checked, plan })
    }

    /// Whether it means something: a version with errors is not compared.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.plan.is_some()
    }

    fn artifacts(&self, class: Option<&str>) -> Vec<&Artifact> {
        let all = self.plan.iter().flat_map(|plan| &plan.artifacts);
        all.filter(|artifact| artifact.class.as_deref() == class && artifact.path != "manifest.json").collect()
    }

    fn nodes(&self, class: &str) -> Option<usize> {
        let hosts = &self.checked.loaded.profile.class.get(class)?.hosts;
        Some(hosts.hosts().len()).filter(|count| *count > 0)
    }
}

/// What differs between two sound versions of `profile`.
#[must_use]
pub fn compare(profile: &str, from: &Version, to: &Version) -> Comparison {
    let mut names: Vec<Option<String>> = Vec::new();
    for artifact in [to, from].iter().flat_map(|version| version.plan.iter()).flat_map(|plan| &plan.artifacts) {
        if artifact.path != "manifest.json" && !names.contains(&artifact.class) {
            names.push(artifact.class.clone());
        }
    }
    names.sort();
    let classes = names.into_iter().map(|class| of_class(class, from, to)).collect();
    Comparison { from: from.name.clone(), to: to.name.clone(), profile: profile.to_owned(), classes }
}

impl Comparison {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.classes.iter().all(|class| class.files.is_empty())
    }
}

fn of_class(class: Option<String>, from: &Version, to: &Version) -> ClassDifference {
    let (old, new) = (from.artifacts(class.as_deref()), to.artifacts(class.as_deref()));
    let (mut files, mut needs, mut words) = (Vec::new(), Vec::new(), Vec::new());
    let mut no_restart = true;
    // A file is the same one when it is read from the same place by the same host.
    let place = |artifact: &Artifact| (artifact.install.clone(), artifact.host.clone());
    let gone = old.iter().filter(|file| !new.iter().any(|other| place(other) == place(file)));
    for (before, after) in new
        .iter()
        .map(|file| (old.iter().find(|other| place(other) == place(file)), Some(file)))
        .chain(gone.map(|file| (Some(file), None)))
    {
        let Some(artifact) = after.or(before) else { continue };
        let (what, changes) = match (before, after) {
            (Some(before), Some(after)) => ("changed", differences(before, after)),
            (None, _) => ("new", Vec::new()),
            (Some(_), None) => ("gone", Vec::new()),
        };
        if what == "changed" && changes.is_empty() {
            continue;
        }
        words.extend(words::of_file(artifact, what, &changes));
        if !artifact.reload.starts_with("nothing") {
            no_restart = false;
            if !needs.iter().any(|need| need == artifact.reload) {
                needs.push(artifact.reload.to_owned());
            }
        }
        files.push(FileDifference {
            file: artifact.install.clone()
                + &artifact.host.as_ref().map(|host| format!(" on {host}")).unwrap_or_default(),
            reader: artifact.consumer.to_owned(),
            what,
            changes,
        });
    }
    let nodes = class.as_ref().and_then(|class| to.nodes(class).or_else(|| from.nodes(class)));
    ClassDifference { class, nodes, words, needs, no_restart, files }
}

/// The differences that have a meaning. The identity of a configuration changes with everything else and says nothing.
fn differences(before: &Artifact, after: &Artifact) -> Vec<Change> {
    let mut changes = change::of(Kind::of(after), &before.bytes, &after.bytes);
    changes.retain(|change| change.key != "confId");
    let owned = |artifact: &Artifact| format!("{}:{} {}", artifact.owner, artifact.group, artifact.mode);
    if owned(before) != owned(after) {
        let what = change::What::Changed { from: owned(before), to: owned(after) };
        changes.push(Change { key: "owner and mode".to_owned(), what });
    }
    changes
}
