//! Reading a profile with all its defaults, and collecting what is missing.

use super::{Class, Site, class};
use crate::diagnostic::structural::{MISSING_REQUIRED, UNKNOWN_CLASS};
use crate::diagnostic::{Category, Finding, KeyPath, RuleId, Severity};
use crate::profile::section::scalar::AbsPath;
use crate::profile::section::{Kind, Profile};
use crate::target::Target;
use std::collections::BTreeMap;

/// A path that does not begin at the root. The rule of the same code says more.
const RELATIVE_PATH: RuleId =
    RuleId { code: "SITE008", name: "relative-path", severity: Severity::Error, category: Category::Correctness };
/// A name that cannot go into URLs and file names. The rule of the same code says more.
const SYSTEM_NAME: RuleId =
    RuleId { code: "SITE007", name: "system-name-charset", severity: Severity::Error, category: Category::Correctness };

/// A profile being resolved, and what was found wrong so far.
pub(super) struct Resolver<'a> {
    pub(super) profile: &'a Profile,
    pub(super) target: Target,
    findings: Vec<Finding>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(profile: &'a Profile) -> Self {
        let written = profile.target.as_ref().and_then(|t| t.shifter);
        let mut resolver = Self { profile, target: written.map_or(Target::Native, Target::from), findings: Vec::new() };
        if written.is_none() {
            resolver.missing("target.shifter", "shifter = \"18.03\"");
        }
        resolver
    }

    /// The site, when nothing was wrong.
    pub(super) fn finish(self, site: Site) -> Result<Site, Vec<Finding>> {
        if self.findings.is_empty() { Ok(site) } else { Err(self.findings) }
    }

    pub(super) fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Say that the key at `path` must be written, as in `example`.
    pub(super) fn missing(&mut self, path: impl Into<KeyPath>, example: &str) {
        let path = path.into();
        let finding = Finding::new(&MISSING_REQUIRED, format!("`{path}` is missing"))
            .help(format!("write it, as in `{example}`"));
        let parent = path.parent().unwrap_or_default();
        self.findings.push(finding.at_key(parent, "here"));
    }

    /// A path that must be absolute. An empty one has rules of its own.
    pub(super) fn absolute(&mut self, path: impl Into<KeyPath>, written: &AbsPath) -> String {
        if !written.is_absolute() && !written.as_str().is_empty() {
            let path = path.into();
            let message = format!("`{path}` is `{written}`, which is not an absolute path");
            self.findings.push(Finding::new(&RELATIVE_PATH, message).at(path, "not absolute"));
        }
        written.normal()
    }

    /// Directories that are installed by version.
    pub(super) fn trees(&mut self) -> BTreeMap<String, String> {
        let written = self.profile.install.iter().flat_map(|install| &install.tree);
        let mut trees = BTreeMap::new();
        for (path, tree) in written {
            let at = KeyPath::from(["install", "tree", path.as_str()]);
            match path.parse::<AbsPath>() {
                Ok(path) => drop(trees.insert(self.absolute(at, &path), tree.from.clone())),
                Err(why) => self.findings.push(Finding::new(&RELATIVE_PATH, why).at(at, "not absolute")),
            }
        }
        trees
    }

    /// A path that may be left out.
    pub(super) fn path(&mut self, path: &str, written: Option<&AbsPath>) -> Option<String> {
        written.map(|written| self.absolute(path, written))
    }

    /// A path with a default.
    pub(super) fn path_or(&mut self, path: &str, written: Option<&AbsPath>, default: &str) -> String {
        self.path(path, written).unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn name(&mut self) -> String {
        let written = self.profile.site.as_ref().and_then(|site| site.name.as_ref());
        match written {
            Some(name) => {
                if !name.is_valid_system() {
                    let message = format!("`{name}` cannot be the name of a system");
                    let finding = Finding::new(&SYSTEM_NAME, message).at("site.name", "used in URLs and file names");
                    self.report(finding.help("write lower case letters, digits, `.`, `_` and `-`"));
                }
                name.as_str().to_owned()
            }
            None if self.profile.kind == Some(Kind::Gateway) => "gateway".to_owned(),
            None => {
                self.missing("site.name", "name = \"cluster\"");
                String::new()
            }
        }
    }

    pub(super) fn os(&self) -> &'a str {
        self.profile.target.as_ref().and_then(|t| t.os.as_deref()).unwrap_or("linux")
    }

    pub(super) fn patches(&self) -> Vec<String> {
        self.profile.target.as_ref().map(|t| t.patches.clone()).unwrap_or_default()
    }

    pub(super) fn root(&mut self) -> String {
        let written = self.profile.target.as_ref().and_then(|t| t.root.as_ref());
        match self.path("target.root", written) {
            Some(root) if root != "/" => root,
            _ => String::new(),
        }
    }

    pub(super) fn config(&mut self) -> String {
        let written = self.profile.paths.as_ref().and_then(|p| p.config.as_ref());
        self.path_or("paths.config", written, "/etc/shifter")
    }

    pub(super) fn prefix(&mut self) -> String {
        let written = self.profile.paths.as_ref().and_then(|p| p.prefix.as_ref());
        self.path_or("paths.prefix", written, "/usr")
    }

    pub(super) fn class(&mut self, asked: Option<&str>) -> Option<Class> {
        let primary = class::primary_class(self.profile);
        let name = asked.map(str::to_owned).or_else(|| primary.clone())?;
        if self.profile.class.contains_key(&name) {
            return Some(Class::new(self.profile, &name, primary.as_deref() == Some(&name)));
        }
        let known: Vec<&str> = self.profile.class.keys().map(String::as_str).collect();
        let finding = Finding::new(&UNKNOWN_CLASS, format!("the class `{name}` is not declared"))
            .at_key("class", "the declared classes")
            .help(format!("declared are: {}", known.join(", ")));
        self.findings.push(finding);
        None
    }
}
