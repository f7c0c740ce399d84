//! What a rule looks at: the profile as one node class sees it, and what is known besides.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::diagnostic::KeyPath;
use crate::facts::{Facts, Named, by_class};
use crate::lint::{Fact, Rule, Tier};
use crate::profile::section::scalar::Date;
use crate::profile::section::{ClassSection, Kind};
use crate::profile::{Loaded, Profile, written};
use crate::secret::Known;
use crate::target::Target;

/// Everything a run looks at. Nothing here is read from the host, a clock or the environment.
pub struct Context<'a> {
    /// The profile without any class.
    pub common: &'a Loaded,
    /// The profile as each declared class sees it, by class name.
    pub classes: &'a BTreeMap<String, Loaded>,
    /// Whose findings are wanted.
    pub tier: Tier,
    /// The day of the run, if the caller tells it.
    pub today: Option<Date>,
    /// What the references to secrets refer to, if the caller looked.
    pub secrets: Option<&'a Known>,
    /// What nodes really are, if the caller tells it.
    pub facts: &'a [Facts],
}

/// The profile as one class sees it; without a class, what every node has in common.
pub struct View<'a> {
    /// What the view is taken of.
    pub context: &'a Context<'a>,
    /// The class, or nothing for the profile itself.
    pub class: Option<&'a str>,
    /// The profile with the class's overrides.
    pub profile: &'a Profile,
    /// The installed software, if the profile says.
    pub target: Option<Target>,
    /// Whether containers run on the nodes of the class, once a rule has asked.
    pub(crate) has_containers: OnceCell<bool>,
    /// The paths that the profile names for these nodes, found when a rule first asks.
    pub(super) named: OnceCell<Vec<Named>>,
    /// The nodes of the class that facts are known of; without classes, all of them.
    pub(super) hosts: Vec<&'a Facts>,
}

impl<'a> Context<'a> {
    /// Whether `path` was written in some layer rather than left to its default.
    pub(crate) fn is_written(&self, path: &KeyPath) -> bool {
        self.common.origins.root().get(path).is_some()
    }

    /// The common view first, then one for each class.
    #[must_use]
    pub fn views(&'a self) -> Vec<View<'a>> {
        let hosts = by_class(self.facts, &self.common.profile);
        let common = std::iter::once((None, &self.common.profile));
        let classes = self.classes.iter().map(|(name, loaded)| (Some(name.as_str()), &loaded.profile));
        common
            .chain(classes)
            .map(|(class, profile)| View {
                context: self,
                class,
                profile,
                target: profile.target.as_ref().and_then(|target| target.shifter).map(Target::from),
                has_containers: OnceCell::new(),
                named: OnceCell::new(),
                hosts: if class.is_some() || self.classes.is_empty() {
                    hosts.get(&class).cloned().unwrap_or_default()
                } else {
                    Vec::new()
                },
            })
            .collect()
    }
}

impl<'a> View<'a> {
    /// What the profile does not tell and `rule` needs to know.
    #[must_use]
    pub fn missing(&self, rule: &Rule) -> Vec<Fact> {
        rule.needs.iter().copied().filter(|fact| !self.knows(*fact)).collect()
    }

    fn knows(&self, fact: Fact) -> bool {
        match fact {
            Fact::Scale => self.profile.scale.as_ref().is_some_and(|scale| scale.nodes_per_job.is_some()),
            Fact::Storage => !self.profile.storage.is_empty(),
            Fact::Identity => self.profile.identity.is_some(),
            Fact::Today => self.context.today.is_some(),
            Fact::Host => !self.context.facts.is_empty(),
        }
    }

    /// Whether the value at `path` was written, for this class or for all, and not left to its default.
    #[must_use]
    pub fn is_written(&self, path: impl Into<KeyPath>) -> bool {
        self.context.is_written(&self.place(path.into()))
    }

    /// Where `path` of this view was written: in the class's overrides, or at the top.
    #[must_use]
    pub fn place(&self, path: KeyPath) -> KeyPath {
        let Some(class) = self.class else { return path };
        let overridden = KeyPath::from(["class", class, "set"]).join(&path);
        if self.context.is_written(&overridden) { overridden } else { path }
    }

    /// The path by which the profile without classes knows what this view has at `path`. A key that nobody wrote goes
    /// where the table around it is written.
    #[must_use]
    pub(crate) fn written_at(&self, path: &KeyPath) -> KeyPath {
        let Some(own) = self.class.and_then(|class| self.context.classes.get(class)) else { return path.clone() };
        let (item, depth) = own.origins.root().nearest(path);
        if depth == 0 {
            return path.clone();
        }
        match written::find(self.context.common.origins.root(), item) {
            Some(home) => home.join(&KeyPath::from(path.segments()[depth..].to_vec())),
            None => path.clone(),
        }
    }

    /// Whether the profile is that of a system with nodes, and not of a gateway of its own.
    #[must_use]
    pub fn describes_nodes(&self) -> bool {
        self.profile.kind != Some(Kind::Gateway)
    }

    /// Whether the installed software is this repository's.
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.target == Some(Target::Native)
    }

    /// Whether an entry for `classes` is there in this view. Entries without classes are everywhere; what only
    /// some classes have is not common to all nodes.
    #[must_use]
    pub fn has_class(&self, classes: &[String]) -> bool {
        classes.is_empty() || self.class.is_some_and(|class| classes.iter().any(|one| self.belongs_to(class, one)))
    }

    /// Whether `class` is `other` or begins with its facts.
    pub(crate) fn belongs_to(&self, class: &str, other: &str) -> bool {
        let mut open = vec![class];
        let mut seen: Vec<&str> = Vec::new();
        while let Some(name) = open.pop() {
            if name == other {
                return true;
            }
            if !seen.contains(&name) {
                seen.push(name);
                let section: Option<&ClassSection> = self.context.common.profile.class.get(name);
                open.extend(section.into_iter().flat_map(|section| section.from.iter().map(String::as_str)));
            }
        }
        false
    }
}
