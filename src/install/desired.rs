//! What should lie below a root: the files of one class of a plan.

use super::generation::Content;
use super::{Accounts, InstallError, Owning, class};
use crate::change::Kind;
use crate::render::{self, Artifact, Check, Plan};
use crate::site::Site;
use crate::tree::{Ids, Installed, Look, Tree};

/// The files of one class, and where they come from.
#[derive(Clone, Debug, Default)]
pub struct Desired {
    /// The profile's file name.
    pub source: String,
    /// The system.
    pub site: Option<String>,
    /// The installed software.
    pub target: Option<String>,
    /// The class.
    pub class: Option<String>,
    /// The id of the configuration.
    pub config_id: Option<String>,
    /// The files.
    pub files: Vec<Wanted>,
    /// Rendered files that are not for this machine.
    pub left_out: Vec<LeftOut>,
}

/// A rendered file that is not installed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it would be installed.
    pub install: String,
    /// The one host it is for.
    pub host: String,
}

/// A file as it should be.
#[derive(Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where it is installed: an absolute path within the root.
    pub install: String,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Its owner by name.
    pub owner: String,
    /// Its group by name.
    pub group: String,
    /// Owner and group by number; none where they are left to the caller.
    pub ids: Option<Ids>,
    /// Its mode.
    pub mode: u32,
    /// Its SELinux label, where one is put back.
    pub label: Option<Vec<u8>>,
    /// Whether it holds a secret.
    pub secret: bool,
    /// How it is compared.
    pub kind: Kind,
    /// Whether it names other files, so that it comes last.
    pub names_others: bool,
    /// What makes a running program take it up.
    pub reload: String,
    /// Whether it is one of the generation's own files, and not a stranger's that is put back.
    pub is_ours: bool,
}

impl std::fmt::Debug for Wanted {
    /// Without the bytes: they may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wanted").field("install", &self.install).field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Wanted {
    /// Whether a file is this one: content, owner and mode.
    #[must_use]
    pub fn is(&self, installed: &Installed) -> bool {
        self.bytes == installed.bytes && self.mode == installed.mode && self.ids.is_none_or(|ids| ids == installed.ids)
    }

    /// What is recorded of it beside its bytes.
    pub(super) fn content(&self, stored: String) -> Content {
        let (uid, gid) = (self.ids.map(|ids| ids.uid), self.ids.map(|ids| ids.gid));
        Content { stored, uid, gid, mode: self.mode, label: self.label.clone() }
    }
}

impl Desired {
    /// What `plan` has for `class` on the machine of `tree`, or on `host`.
    ///
    /// # Errors
    /// Two files for one place, accounts that the machine does not have, a file that its reader would refuse.
    pub fn of(
        plan: &Plan,
        sites: &[Site],
        class: Option<&str>,
        tree: &Tree,
        accounts: &Accounts,
        owning: Owning,
        host: Option<&str>,
    ) -> Result<Self, InstallError> {
        let site = sites.first();
        let mut desired = Self {
            site: site.map(|site| site.name.clone()),
            target: site.map(|site| site.target.to_string()),
            class: class.map(str::to_owned),
            ..Self::default()
        };
        let here = host.map(str::to_owned).or_else(|| class::host(tree));
        let mut taken: Vec<(&str, &str)> = Vec::new();
        let mut nobody = Vec::new();
        for artifact in plan.artifacts.iter().filter(|artifact| !artifact.install.is_empty()) {
            if artifact.class.is_some() && artifact.class.as_deref() != class {
                continue;
            }
            if let Some(host) = artifact.host.as_ref().filter(|host| here.as_ref() != Some(host)) {
                desired.left_out.push(LeftOut { install: artifact.install.clone(), host: host.clone() });
                continue;
            }
            if let Some((_, first)) = taken.iter().find(|(install, _)| *install == artifact.install) {
                return Err(InstallError::SamePlace {
                    install: artifact.install.clone(),
                    first: (*first).to_owned(),
                    second: artifact.path.clone(),
                });
            }
            taken.push((&artifact.install, &artifact.path));
            render::read_back(artifact, &artifact.bytes).map_err(|error| InstallError::ReadBack(error.to_string()))?;
            let ids = match owning {
                Owning::Left => None,
                Owning::Given => match accounts.ids(&artifact.owner, &artifact.group) {
                    Ok(ids) => Some(ids),
                    Err(why) => {
                        nobody.push(format!("{}: there is {why} on {}", artifact.install, tree.path().display()));
                        None
                    }
                },
            };
            if let Check::UdiRoot { conf, .. } = &artifact.check {
                desired.config_id.clone_from(&conf.conf_id);
            }
            desired.files.push(wanted(artifact, ids));
        }
        if !nobody.is_empty() {
            return Err(InstallError::Accounts(nobody));
        }
        desired.has_what_it_names(plan, tree)?;
        Ok(desired)
    }

    /// Every script that a `udiRoot.conf` has root run must be there once it is in place.
    fn has_what_it_names(&self, plan: &Plan, tree: &Tree) -> Result<(), InstallError> {
        for artifact in plan.artifacts.iter().filter(|a| self.files.iter().any(|file| file.install == a.install)) {
            let Check::UdiRoot { conf, .. } = &artifact.check else { continue };
            for hook in [&conf.site_pre_mount_hook, &conf.site_post_mount_hook].into_iter().flatten() {
                let hook = hook.display().to_string();
                let is_rendered = self.files.iter().any(|file| file.install == hook);
                if !is_rendered && matches!(tree.look(&hook)?, Look::Absent) {
                    return Err(InstallError::NamesNothing { names: artifact.install.clone(), named: hook });
                }
            }
        }
        Ok(())
    }
}

fn wanted(artifact: &Artifact, ids: Option<Ids>) -> Wanted {
    Wanted {
        install: artifact.install.clone(),
        bytes: artifact.bytes.clone(),
        owner: artifact.owner.clone(),
        group: artifact.group.clone(),
        ids,
        mode: artifact.mode.bits(),
        label: None,
        secret: artifact.secret,
        kind: Kind::of(artifact),
        names_others: !matches!(artifact.check, Check::None) || artifact.path.ends_with("manifest.json"),
        reload: artifact.reload.to_owned(),
        is_ours: true,
    }
}
