//! What `diff` and `apply` share: a profile, a root, and what should be installed there.

use std::path::{Path, PathBuf};

use super::{
    console::Console,
    exit::{Exit, Failure},
    find,
    layers::LayerArgs,
};
use crate::{
    check::{self, Strictness},
    install::{self, Accounts, Compared, Desired, InstallError, Owning, SavedPlan, Store},
    profile::{self, Input, Loaded},
    render::{self, GatherError, Inputs, Secrets},
    tree::{Tree, TreeError},
    versioned,
};

/// The profile, and where it is installed.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct WorldArgs {
    /// The profile, or a plan saved with `diff --out`. Default: --profile, $SHIFTER_SITE_PROFILE, shifter-site.toml, the
    /// only profile here.
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// The profile, by an option.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    profile: Option<PathBuf>,
    /// The directory that is the nodes' `/`: of an image, or of a shared root. Default: `target.root`, else `/`.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Install the files of this one host too. Default: of the host this runs on, when its own `/` is meant.
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Leave owners and groups to the caller: for the root of an image that is owned when it is packed.
    #[arg(long)]
    no_owner: bool,
    /// Run the commands that `{ command = [...] }` secrets name.
    #[arg(long)]
    allow_secret_commands: bool,
    #[command(flatten)]
    layers: LayerArgs,
}

impl WorldArgs {
    /// The profile whose versions are compared: the one named, else `from` where it is a profile itself.
    pub(super) fn profile_of_versions(&self, from: &str) -> Result<PathBuf, Failure> {
        match self.named() {
            None if Path::new(from).is_file() => Ok(PathBuf::from(from)),
            named => find::named_or_usual(named),
        }
    }

    fn named(&self) -> Option<&PathBuf> {
        self.file.as_ref().or(self.profile.as_ref())
    }

    /// What is laid over the profile.
    pub(super) fn layers(&self) -> &LayerArgs {
        &self.layers
    }
}

/// A root, and what should lie there.
pub(super) struct World {
    pub(super) tree: Tree,
    pub(super) accounts: Accounts,
    pub(super) desired: Desired,
    /// Directories that containers hold open, to be there before the files that name them.
    pub(super) trees: Vec<versioned::Tree>,
    /// The plan it was made from, when it was one.
    pub(super) saved: Option<SavedPlan>,
    profile: PathBuf,
    args: WorldArgs,
}

impl World {
    /// Reads the profile and renders it for the class of the root. None when the profile has errors, which are said.
    pub(super) fn open(args: &WorldArgs, console: &Console) -> Result<Option<Self>, Failure> {
        let file = find::named_or_usual(args.named())?;
        let (args, file, saved) = match saved(&file)? {
            Some(plan) => (args.of_plan(&plan)?, plan.profile.clone(), Some(plan)),
            None => (args.clone(), file, None),
        };
        let mut options = args.layers.options(Input::File(file.clone()));
        let loaded: Loaded = profile::load(&options)?;
        let root = args.root.clone().unwrap_or_else(|| root_of(&loaded));
        let tree = Tree::open(&root).map_err(InstallError::from)?;
        args.layers
            .class
            .as_deref()
            .map_or(Ok(()), |class| loaded.has_class(class))
            .map_err(profile::LoadError::from)?;
        let class = install::pick_class(&tree, &loaded.profile, args.layers.class.as_deref())?.map(|(name, _)| name);
        options.class = None;
        let checked = check::check(&options, class.as_deref(), &Strictness::default())?;
        if checked.has_errors() {
            let report = check::report(&[checked]);
            console.note(&crate::diagnostic::human::write(&report, console.error_style()));
            console.note("shifter-site: nothing is installed from a profile with errors\n");
            return Ok(None);
        }
        let how = if args.allow_secret_commands { Secrets::ResolveWithCommands } else { Secrets::Resolve };
        let directory = file.parent().unwrap_or(Path::new(""));
        let inputs = Inputs::gather(&checked.sites, &file.display().to_string(), directory, how).map_err(
            |errors: Vec<GatherError>| Failure::of_all("the profile refers to what cannot be had", &errors, None),
        )?;
        let plan = render::plan(&checked.sites, &inputs)
            .map_err(|errors| Failure::of_all("the target's files cannot hold the profile", &errors, None))?;
        let accounts = Accounts::of(&tree).map_err(InstallError::from)?;
        let owning = if args.no_owner { Owning::Left } else { Owning::Given };
        let host = args.host.as_deref();
        let mut desired = Desired::of(&plan, &checked.sites, class.as_deref(), &tree, &accounts, owning, host)?;
        desired.source.clone_from(&inputs.source);
        let trees = versioned::needed(&checked.sites, &inputs.trees);
        for left in &desired.left_out {
            console.note(&format!("left out: {} is for host {} (--host {1})\n", left.install, left.host));
        }
        Ok(Some(Self { tree, accounts, desired, trees, saved, profile: file, args }))
    }

    /// What differs, seen by anybody who may read the files; the generations are root's to read.
    pub(super) fn compare(&self, console: &Console) -> Result<Compared, Failure> {
        let store = match Store::open(&self.tree) {
            Err(InstallError::Tree(TreeError::Io { source, .. }))
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                console
                    .note("shifter-site: only root can read what was applied last, so who changed what is not known\n");
                None
            }
            other => other?,
        };
        if let Some(store) = &store {
            say_unfinished(store, console)?;
        }
        Ok(install::compare(&self.tree, store.as_ref(), &self.desired, &self.accounts)?)
    }

    /// The plan to save.
    pub(super) fn plan(&self, compared: &Compared) -> Result<SavedPlan, Failure> {
        if self.args.layers.env {
            return Err(Failure::Usage("a plan that depends on `--env` cannot be saved: use `--set`".to_owned()));
        }
        let absolute = |path: &Path| {
            let failed = |source| Failure::File { verb: "find", path: path.to_owned(), source };
            path.canonicalize().map_err(failed)
        };
        Ok(SavedPlan {
            shifter_site: "plan".to_owned(),
            schema: 1,
            profile: absolute(&self.profile)?,
            root: absolute(self.tree.path())?,
            class: self.desired.class.clone(),
            host: self.args.host.clone(),
            target: self.args.layers.target.clone(),
            set: self.args.layers.set.clone(),
            no_owner: self.args.no_owner,
            difference: compared.difference.clone(),
        })
    }
}

impl WorldArgs {
    /// The arguments a plan was made with; nothing but it can be said beside it.
    fn of_plan(&self, plan: &SavedPlan) -> Result<Self, Failure> {
        let layers = &self.layers;
        let adds = self.root.is_some() || self.host.is_some() || self.no_owner || layers.class.is_some();
        if adds || layers.target.is_some() || !layers.set.is_empty() || layers.env {
            return Err(Failure::Usage("a saved plan says itself which class, root and keys it is about".to_owned()));
        }
        Ok(Self {
            file: Some(plan.profile.clone()),
            profile: None,
            root: Some(plan.root.clone()),
            host: plan.host.clone(),
            no_owner: plan.no_owner,
            allow_secret_commands: self.allow_secret_commands,
            layers: LayerArgs {
                class: plan.class.clone(),
                target: plan.target.clone(),
                set: plan.set.clone(),
                env: false,
            },
        })
    }
}

/// The plan in `file`, when it holds one.
fn saved(file: &Path) -> Result<Option<SavedPlan>, Failure> {
    if file.extension().is_none_or(|extension| extension != "json") {
        return Ok(None);
    }
    let failed = |source| Failure::File { verb: "read", path: file.to_owned(), source };
    let bytes = profile::file::read(file).map_err(failed)?;
    let plan = SavedPlan::read(&bytes).map_err(|why| Failure::Several(format!("`{}`: {why}", file.display())))?;
    plan.map(Some)
        .ok_or_else(|| Failure::Several(format!("`{}` is no plan: make one with `diff --out`", file.display())))
}

/// `target.root`, the directory of the management host that is the nodes' `/`.
fn root_of(loaded: &Loaded) -> PathBuf {
    let written = loaded.profile.target.as_ref().and_then(|target| target.root.as_ref());
    written.map_or_else(|| PathBuf::from("/"), |root| PathBuf::from(root.normal()))
}

impl From<InstallError> for Failure {
    fn from(error: InstallError) -> Self {
        match error {
            InstallError::Tree(TreeError::Io { action, path, source }) => Self::File { verb: action, path, source },
            InstallError::NotPermitted(why) => Self::NotPermitted(why),
            InstallError::ReadBack(why) => Self::Defect(why),
            other => Self::Several(other.to_string()),
        }
    }
}

/// Says that a run is at work, or that one ended early.
pub(super) fn say_unfinished(store: &Store, console: &Console) -> Result<(), Failure> {
    match install::interrupted(store)? {
        Some(number) if store.is_busy() => {
            console.note(&format!("shifter-site: generation {number} is being put in place right now\n"));
        }
        Some(number) => console.note(&format!(
            "shifter-site: a run that was making generation {number} ended early: the next apply or rollback finishes \
             it or takes it back\n"
        )),
        None => {}
    }
    Ok(())
}

/// The root of verbs that need no profile.
pub(super) fn tree(root: Option<&Path>) -> Result<Tree, Failure> {
    Ok(Tree::open(root.unwrap_or(Path::new("/"))).map_err(InstallError::from)?)
}

/// How a verb that did something ends.
pub(super) fn dry(differs: bool) -> Exit {
    if differs { Exit::Differs } else { Exit::Clean }
}

impl From<versioned::TreeError> for Failure {
    fn from(error: versioned::TreeError) -> Self {
        match error {
            versioned::TreeError::Io { action, path, source } => Self::File { verb: action, path, source },
            other => Self::Several(other.to_string()),
        }
    }
}
