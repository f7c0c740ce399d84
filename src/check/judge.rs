//! Where findings come from: loading, meaning, rules. Each is said once, whichever class shows it first.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
};

use super::Strictness;
use super::collision;
use super::tools::{self, Tool};
use crate::{
    diagnostic::{Finding, KeyPath, Located, structural},
    lint,
    profile::{
        Loaded, class,
        section::{Kind, Profile, Tier},
    },
    render::{self, Inputs, RenderError, Secrets},
    secret::{self, Commands, Known},
    site::Site,
};

/// What was found so far, each thing once.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// What was found, in the order of its finding.
    pub(super) findings: Vec<Located>,
    known: HashSet<Identity>,
}

/// Code, message, and the name and bytes of the text: what makes two findings the same ([`Located::repeats`]).
type Identity = (&'static str, String, Option<(String, Range<usize>)>);

impl Gathered {
    /// Adds a finding that nobody has made yet; one that only a class shows says so.
    fn add(&mut self, mut located: Located, class: Option<&str>) {
        let place = located.anchor().map(|place| (place.source.name.clone(), place.span.clone()));
        if self.known.insert((located.finding.code, located.finding.message.clone(), place)) {
            located.finding.notes.extend(class.map(|name| format!("for class `{name}`")));
            self.findings.push(located);
        }
    }
}

/// What loading found, for the profile and for each class.
pub(super) fn of_loading(loaded: &Loaded, classes: &BTreeMap<String, Loaded>) -> Gathered {
    let mut findings = Gathered::default();
    for finding in &loaded.findings {
        findings.add(loaded.origins.locate(finding), None);
    }
    for (name, view) in classes {
        for finding in &view.findings {
            findings.add(view.origins.locate(finding), Some(name));
        }
    }
    findings
}

/// What each class means; what stands in the way is a finding.
pub(super) fn of_meaning(loaded: &Loaded, classes: &BTreeMap<String, Loaded>, findings: &mut Gathered) -> Vec<Site> {
    let mut sites = Vec::new();
    let mut take = |view: &Loaded, class: Option<&str>, meaning: Result<Site, Vec<Finding>>| match meaning {
        Ok(site) => sites.push(site),
        Err(found) => {
            for finding in found.iter().filter(|finding| !is_phantom(loaded, finding)) {
                findings.add(view.origins.locate(finding), class);
            }
        }
    };
    if loaded.profile.kind == Some(Kind::Gateway) {
        let served: Vec<Profile> = loaded.served.iter().map(|one| one.profile.clone()).collect();
        take(loaded, None, Site::resolve_gateway(&loaded.profile, &served));
    } else if classes.is_empty() {
        take(loaded, None, Site::resolve(&loaded.profile, None));
    }
    // A class that nobody declared means nothing, and one with another name than a directory can have must not be
    // rendered even with `--force`. Loading has said so.
    let means_something = |name: &String| loaded.profile.class.contains_key(name) && class::is_a_name(name);
    for (name, view) in classes.iter().filter(|(name, _)| means_something(name)) {
        take(view, Some(name), Site::resolve(&view.profile, Some(name)));
    }
    sites
}

/// What the references to secrets of the profile and its classes refer to.
pub(super) fn look_up(loaded: &Loaded, classes: &BTreeMap<String, Loaded>, commands: Commands) -> Known {
    let directory = loaded.origins.directory_of(&KeyPath::root());
    let all = std::iter::once(loaded).chain(classes.values());
    Known::of(all.flat_map(|loaded| secret::places(&loaded.profile)), &directory, commands)
}

/// What would be rendered: every file can be made and read back by the program it is for. Secrets are
/// not read; a fixed token stands for each.
pub(super) fn of_rendering(
    loaded: &Loaded,
    sites: &[Site],
    known: Option<&Known>,
    tools: &[Tool],
    findings: &mut Gathered,
) {
    let mut add_text = |text: String, path: KeyPath| {
        let finding = Finding::new(&structural::WRONG_TYPE, text).at(path, "this cannot be rendered");
        findings.add(loaded.origins.locate(&finding), None);
    };
    let directory = loaded.origins.directory_of(&KeyPath::root());
    let inputs = match Inputs::gather(sites, &loaded.origins.sources()[0].name, &directory, Secrets::Placeholder) {
        Ok(inputs) => inputs,
        Err(errors) => return errors.iter().for_each(|error| add_text(error.to_string(), "hooks".into())),
    };
    match render::plan(sites, &inputs) {
        Ok(plan) => {
            for artifact in &plan.artifacts {
                if let Err(error) = render::read_back(artifact, &artifact.bytes) {
                    add_text(error.to_string(), KeyPath::root());
                }
            }
            match tools::look(tools, &plan, loaded, exposure_limit(loaded)) {
                Ok(said) => said.iter().for_each(|finding| findings.add(loaded.origins.locate(finding), None)),
                Err(error) => {
                    let finding =
                        Finding::new(&lint::SCRIPT_NOT_POSIX.id, format!("the tools could not look: {error}"));
                    findings.add(loaded.origins.locate(&finding.at(KeyPath::root(), "")), None);
                }
            }
            for finding in collision::between_classes(&plan, loaded) {
                findings.add(loaded.origins.locate(&finding), None);
            }
            for error in known.map(|known| render::secrets_shown(&plan, known)).unwrap_or_default() {
                let RenderError::SecretShown { name, .. } = &error else { continue };
                let place = secret::places(&loaded.profile).into_iter().find(|place| place.reference.name() == name);
                let key = place.map_or_else(KeyPath::root, |place| place.key);
                let finding = Finding::new(&lint::SECRET_IN_PUBLIC_ARTIFACT.id, error.to_string())
                    .at(key, "this secret")
                    .help("take it out of there: the file is readable by everybody");
                findings.add(loaded.origins.locate(&finding), None);
            }
        }
        Err(errors) => {
            for error in errors {
                let path = match &error {
                    RenderError::BadValue { key, .. } => KeyPath::from(key.as_str()),
                    _ => KeyPath::root(),
                };
                add_text(error.to_string(), path);
            }
        }
    }
}

/// What the rules say of the profile and of each class.
pub(super) fn of_rules(
    loaded: &Loaded,
    classes: &BTreeMap<String, Loaded>,
    tier: Tier,
    strictness: &Strictness,
    secrets: Option<&Known>,
    findings: &mut Gathered,
) {
    let Strictness { today, facts, .. } = strictness;
    let found = lint::run(&lint::Context { common: loaded, classes, tier, today: *today, secrets, facts });
    for finding in found.iter().filter(|finding| !is_phantom(loaded, finding)) {
        findings.add(loaded.origins.locate(finding), None);
    }
}

/// Whether a finding may come from what could not be read.
fn is_phantom(loaded: &Loaded, finding: &Finding) -> bool {
    finding.labels.iter().any(|label| loaded.loss.touches(&label.path))
}

/// How exposed a service may be, by `[lint.thresholds]`; 7.0 is where systemd's "medium" ends.
fn exposure_limit(loaded: &Loaded) -> f64 {
    let id = &lint::UNIT_EXPOSURE.id;
    let own = loaded.profile.lint.as_ref().map(|lint| &lint.thresholds);
    own.and_then(|own| own.get(id.code).or_else(|| own.get(id.name))).copied().unwrap_or(7.0)
}
