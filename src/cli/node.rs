//! Options of verbs that look at a node, and files with facts of nodes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::exit::Failure;
use crate::facts::{self, Described, Facts, GatherError, Wanted};
use crate::profile::{self, Input, LoadError, LoadOptions, Loaded, Profile, section::Kind};
use crate::site::Site;

/// Which node is looked at, and how.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct NodeArgs {
    /// The node class. Default: what /etc/shifter/class says, else the class whose hosts name this node.
    #[arg(long, value_name = "NAME")]
    pub(super) class: Option<String>,
    /// Look at the files below a directory that is the root of a node, and at nothing of this machine.
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub(super) root: PathBuf,
    /// Seconds that each thing may take to answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(super) timeout: u64,
}

/// What nodes really are, for rules about hosts.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Hosts")]
pub(super) struct HostArgs {
    /// What `shifter-site facts` found: a file, or a directory of `.json` files. Each node is taken for one of its class,
    /// which the facts name or `class.NAME.hosts`. Without it no rule about hosts says anything.
    #[arg(long, value_name = "FILE|DIR")]
    facts: Vec<PathBuf>,
    /// Look below a directory that is the root of a node, and at nothing of this machine; `/` is this machine itself.
    #[arg(long, value_name = "DIR", conflicts_with = "facts")]
    root: Option<PathBuf>,
}

impl HostArgs {
    /// The facts of files, or those found below the root for one profile.
    pub(super) fn facts(&self, options: &[LoadOptions], class: Option<&str>) -> Result<Vec<Facts>, Failure> {
        let Some(root) = &self.root else { return read_facts(&self.facts) };
        let [options] = options else {
            return Err(Failure::Usage("`--root` looks for one profile: name one".to_owned()));
        };
        let node = NodeArgs { class: class.map(str::to_owned), root: root.clone(), timeout: 5 };
        let loaded = profile::load::<Profile>(options)?;
        let file = match &options.input {
            Input::File(file) => file.clone(),
            Input::Text { path, .. } => path.clone().unwrap_or_default(),
        };
        let class = node.class_of(&loaded)?;
        if class.is_none() && !loaded.profile.class.is_empty() {
            let names: Vec<&str> = loaded.profile.class.keys().map(String::as_str).collect();
            let names = names.join(", ");
            return Err(Failure::Usage(format!(
                "`{}` is a node of which class? add `--class` with one of {names}",
                root.display()
            )));
        }
        // A profile that means nothing has findings of its own, and there is nothing to look at.
        let described = describe(&loaded, class.as_deref(), &file).ok();
        let wanted = Wanted { class, ..node.wanted(described, Duration::from_secs(node.timeout)) };
        Ok(vec![facts::gather(&wanted)?])
    }
}

impl NodeArgs {
    /// What to find, below the root.
    pub(super) fn wanted(&self, profile: Option<Described>, deadline: Duration) -> Wanted {
        let class =
            self.class.clone().or_else(|| profile.as_ref()?.site.class.as_ref().map(|class| class.name.clone()));
        Wanted { root: self.root.clone(), class, profile, deadline, probe_gateway: false }
    }

    /// The profile as the node's class sees it, and what it means.
    pub(super) fn describe(&self, file: &Path) -> Result<Described, Failure> {
        let loaded = profile::load::<Profile>(&LoadOptions::file(file))?;
        describe(&loaded, self.class_of(&loaded)?.as_deref(), file)
    }

    /// The class of the node, where it can be told.
    pub(super) fn class_of(&self, loaded: &Loaded) -> Result<Option<String>, Failure> {
        if let Some(class) = &self.class {
            loaded.has_class(class).map_err(LoadError::from)?;
            return Ok(Some(class.clone()));
        }
        let node = facts::identify(&self.root, Duration::from_secs(self.timeout))?;
        let class = node.class_in(&loaded.profile).map(str::to_owned);
        Ok(class)
    }
}

/// The profile as a class sees it, and what it means.
pub(super) fn describe(loaded: &Loaded, class: Option<&str>, file: &Path) -> Result<Described, Failure> {
    let of_class = class.map(|name| loaded.for_class(name));
    let profile = of_class.as_ref().map_or(&loaded.profile, |loaded| &loaded.profile).clone();
    let site = if profile.kind == Some(Kind::Gateway) {
        let served: Vec<Profile> = loaded.served.iter().map(|one| one.profile.clone()).collect();
        Site::resolve_gateway(&profile, &served)
    } else {
        Site::resolve(&profile, class)
    };
    let site = site.map_err(|findings| {
        let said: Vec<String> =
            findings.iter().map(|finding| format!("{} {}", finding.code, finding.message)).collect();
        let file = file.display();
        Failure::of_all(
            &format!("`{file}` does not say what to look at"),
            &said,
            Some("`shifter-site check` says more"),
        )
    })?;
    let directory = file.parent().map(Path::to_owned).unwrap_or_default();
    Ok(Described { profile, site, directory })
}

/// The facts of one node.
pub(super) fn read_one(file: &Path) -> Result<Facts, Failure> {
    read_facts(&[file.to_owned()])?.pop().ok_or_else(|| Failure::Usage(format!("`{}` holds no facts", file.display())))
}

/// The facts in files, and in the `.json` files of directories, in the order of their names.
fn read_facts(places: &[PathBuf]) -> Result<Vec<Facts>, Failure> {
    let mut facts = Vec::new();
    for place in places {
        let unreadable = |source| Failure::File { verb: "read", path: place.clone(), source };
        let mut files = vec![place.clone()];
        if place.is_dir() {
            let entries = place.read_dir().map_err(unreadable)?;
            let paths: Result<Vec<PathBuf>, std::io::Error> = entries.map(|entry| Ok(entry?.path())).collect();
            files = paths.map_err(unreadable)?;
            files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
            files.sort();
            if files.is_empty() {
                return Err(Failure::Usage(format!("`{}` holds no `.json` file with facts", place.display())));
            }
        }
        for file in files {
            let text = profile::file::read_text(&file).map_err(|source| Failure::File {
                verb: "read",
                path: file.clone(),
                source,
            })?;
            let parsed = Facts::parse(&text);
            let why = |error| Failure::Several(format!("`{}` holds no facts: {error}", file.display()));
            facts.push(parsed.map_err(why)?);
        }
    }
    Ok(facts)
}

impl From<GatherError> for Failure {
    fn from(error: GatherError) -> Self {
        Self::File { verb: "look below", path: error.root, source: error.source }
    }
}
