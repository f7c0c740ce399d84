//! What is done to build a container, worked out before any of it is done. Pure: the same facts give the same plan.
//!
//! The order is the law of a container (the manual calls it construction order):
//!
//! 1. the image, and a tree in memory for the site (in a mount namespace of our own, entered before anything is opened),
//! 2. what the original owns, the site's links, `sitePreMountHook`, `siteFs`, `sitePostMountHook`, the modules' `siteFs`,
//! 3. `/etc`, `optUdiImage` and the modules' files, the modules' root hooks,
//! 4. the record of what was built,
//! 5. the tree over the image, `/proc`, `/sys`, `/dev`, `/tmp`, `/var/tmp`, the user's volumes, and the way in.
//!
//! Nothing of the image is there before 5, so up to then root works only among names that root made; the five places are
//! directories of 2, which the image cannot change.

use std::path::{Path, PathBuf};

use shifter_formats::udiroot::{Conf, Home, Loaded};
use shifter_formats::volume::{self, Author, CacheFilesystem, PerNodeCache, VolumeEntry, VolumeMap};
use shifter_sys::mount::{Attributes, Depth, Propagation};

use crate::account::{Accounts, User};
use crate::hooks::{HookFacts, When};
use crate::policy::{self, PolicyError};
use crate::privilege::Mode;

mod etc;
mod home;
mod record;
mod secret;
mod ssh;
mod step;

pub use record::record;
pub use secret::Secret;
pub use ssh::Ssh;
pub use step::{Access, Bind, Cache, GroupFilter, HookPhase, ImagePart, Limits, Missing, Step};

/// What the container's root may keep in memory where `rootfsSize` says nothing.
const DEFAULT_SIZE: u64 = 256 << 20;

/// A file for each of this many bytes, as tmpfs(5) counts by itself at twice the memory.
const BYTES_PER_INODE: u64 = 4096;

/// Where a container has the record of what was built, as [`shifter_formats::record::Record`] prints it.
pub const BUILT: &str = "/var/shifterRecord.json";

/// What every bind mount has beside the attributes of its source.
const PLAIN: Attributes = Attributes::NOSUID.and(Attributes::NODEV);

/// The facts a plan depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The site's configuration.
    pub conf: &'a Conf,
    /// The modules to load, in order.
    pub modules: &'a [Loaded<'a>],
    /// What the user wants mounted.
    pub volumes: &'a VolumeMap,
    /// Where the user wants his home to come from, if he says so.
    pub home: Option<&'a Home>,
    /// Whether we are root or in a user namespace.
    pub mode: Mode,
    /// The caller.
    pub user: &'a User,
    /// Lines of passwd and group: all there are where `populateEtcDynamically` is 1, else what `etcPath` may lack.
    pub accounts: &'a Accounts,
    /// What identifies the image, for the record.
    pub image: &'a str,
    /// What the site's scripts are told.
    pub hooks: HookFacts<'a>,
    /// The record of what is built, for `shifter --why` in the container.
    pub built: Option<&'a str>,
    /// What the container is for.
    pub purpose: Purpose<'a>,
}

/// What a container is built for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// One start, which goes into it.
    Start,
    /// The starts of a job, which join it.
    SetUp {
        /// The lines of `/var/hostsfile`.
        hosts: Option<&'a str>,
        /// Which job it is for, by its number.
        job: Option<u32>,
        /// What only root sees of the record.
        mark: &'a str,
        /// What belongs to its sshd, if it has one.
        ssh: Option<&'a Ssh>,
    },
}

/// The steps that build a container.
///
/// # Errors
/// When the user asks for what the site does not allow.
pub fn plan(facts: &Facts<'_>) -> Result<Vec<Step>, PolicyError> {
    policy::check_volumes(facts.volumes, facts.conf)?;
    let conf = facts.conf;
    let path = |path: &Option<PathBuf>, name| path.clone().ok_or(PolicyError::MissingKey(name));
    let udi_mount = path(&conf.udi_mount, "udiMount")?;
    let loop_mount = path(&conf.loop_mount, "loopMount")?;
    let mut steps = vec![
        Step::MountPoint { at: udi_mount.clone() },
        Step::MountPoint { at: loop_mount.clone() },
        Step::Image { at: loop_mount.clone() },
        Step::SiteTree { at: udi_mount.clone(), limits: limits(conf) },
    ];
    steps.extend(skeleton());
    steps.extend(facts.empty_home());
    facts.site(&mut steps)?;
    etc::etc(facts, &mut steps)?;
    facts.site_programs(&mut steps);
    facts.record(&mut steps);
    steps.push(Step::Overlay { image: loop_mount, at: udi_mount.clone() });
    // Their places are the site tree's own directories, so they need not be mounted in the tree and moved.
    facts.kernel_places(&mut steps);
    steps.extend(facts.home_of_his_own()?);
    for volume in &facts.volumes.entries {
        let to = volume.to.components().collect();
        steps.push(match &volume.per_node_cache {
            Some(cache) => facts.cache(to, Author::User, cache)?,
            None => Step::Volume {
                from: volume.from.components().collect(),
                to,
                access: if volume.read_only { Access::ReadOnly } else { Access::ReadWrite },
            },
        });
    }
    if conf.mount_udi_root_writable != Some(true) {
        steps.push(Step::ReadOnlyRoot);
    }
    steps.push(match facts.purpose {
        Purpose::Start => Step::Enter,
        Purpose::SetUp { .. } => Step::Publish { at: udi_mount, propagation: style(conf.mount_propagation_style) },
    });
    Ok(steps)
}

fn limits(conf: &Conf) -> Limits {
    let size = conf.rootfs_size.map_or(DEFAULT_SIZE, |size| size.0);
    Limits { size, inodes: (size / BYTES_PER_INODE).max(1024) }
}

/// What the original makes in every container before a script of the site sees it.
fn skeleton() -> Vec<Step> {
    use ImagePart::{Covered, Hidden, Merged};
    let rows = [
        ("/etc", 0o755, Merged),
        ("/etc/udiImage", 0o755, Hidden),
        ("/etc/ssh", 0o755, Hidden),
        ("/opt", 0o755, Merged),
        ("/opt/udiImage", 0o755, Hidden),
        ("/opt/udiImage/modules", 0o755, Hidden),
        ("/var", 0o755, Merged),
        ("/var/spool", 0o755, Hidden),
        ("/var/run", 0o755, Hidden),
        ("/var/tmp", 0o755, Hidden),
        ("/var/empty", 0o700, Hidden),
        ("/proc", 0o755, Covered),
        ("/sys", 0o755, Covered),
        ("/dev", 0o755, Covered),
        ("/tmp", 0o755, Covered),
    ];
    rows.into_iter().map(|(path, mode, image)| Step::Directory { path: path.into(), mode, image }).collect()
}

fn style(propagation: Option<volume::Propagation>) -> Propagation {
    match propagation {
        Some(volume::Propagation::Slave) => Propagation::Slave,
        Some(volume::Propagation::Private) | None => Propagation::Private,
    }
}

impl Facts<'_> {
    fn is_rootless(&self) -> bool {
        self.mode == Mode::UserNamespace
    }

    /// Links, hooks and file systems of the site, then the file systems of modules.
    fn site(&self, steps: &mut Vec<Step>) -> Result<(), PolicyError> {
        let conf = self.conf;
        steps.extend(
            conf.site_link
                .iter()
                .map(|link| Step::Symlink { path: link.link.clone(), target: PathBuf::from(&link.target) }),
        );
        let hook = |phase, when, script: &Option<PathBuf>| {
            script.clone().map(|script| Step::Hook { phase, script, variables: self.hooks.variables(when) })
        };
        steps.extend(hook(HookPhase::PreMount, When::PreMount, &conf.site_pre_mount_hook));
        for entry in conf.site_fs.entries.iter().filter(|entry| !self.is_of_other_home(entry)) {
            self.site_fs(entry, Missing::Refused, steps)?;
        }
        self.home(steps);
        steps.extend(hook(HookPhase::PostMount, When::PostMount, &conf.site_post_mount_hook));
        for module in self.modules {
            for part in &module.parts {
                let missing = if part.optional == Some(true) { Missing::LeftOut } else { Missing::Refused };
                let device = |pattern| Step::Device { pattern, missing };
                steps.extend(part.devices.iter().cloned().map(device));
                for entry in &part.site_fs.entries {
                    self.site_fs(entry, missing, steps)?;
                }
                let files = |pattern| Step::BindMatching { pattern, missing };
                steps.extend(part.globs.iter().cloned().map(files));
            }
        }
        Ok(())
    }

    fn cache(&self, to: PathBuf, author: Author, cache: &PerNodeCache) -> Result<Step, PolicyError> {
        policy::check_cache(&to, cache, self.conf, self.mode)?;
        let key = |path: &Option<PathBuf>, name| path.clone().ok_or(PolicyError::MissingKey(name));
        let directory = key(&self.conf.per_node_cache_path, "perNodeCachePath")?;
        let mkfs = match cache.filesystem {
            CacheFilesystem::Xfs => key(&self.conf.mkfs_xfs_path, "mkfsXfsPath")?,
            CacheFilesystem::Ext4 => key(&self.conf.mkfs_ext4_path, "mkfsExt4Path")?,
        };
        Ok(Step::Cache(Cache { to, author, kind: *cache, directory, mkfs }))
    }

    fn site_fs(&self, entry: &VolumeEntry, missing: Missing, steps: &mut Vec<Step>) -> Result<(), PolicyError> {
        if let Some(cache) = &entry.per_node_cache {
            steps.push(self.cache(entry.to.clone(), Author::Site, cache)?);
            return Ok(());
        }
        if !entry.automount.is_empty() {
            steps.push(Step::Automount { from: entry.from.clone(), names: entry.automount.clone() });
        }
        let propagation = entry.propagation.or(self.conf.mount_propagation_style);
        steps.push(Step::Bind(Bind {
            from: entry.from.clone(),
            to: entry.to.clone(),
            depth: self.depth(if entry.recursive { Depth::Tree } else { Depth::One }),
            add: if entry.read_only { PLAIN.and(Attributes::READ_ONLY) } else { PLAIN },
            propagation: style(propagation),
            missing: if entry.optional { Missing::LeftOut } else { missing },
        }));
        Ok(())
    }

    /// In a user namespace the kernel copies no mount without those below it, which may hide something
    /// (mount_namespaces(7), "locked").
    fn depth(&self, wanted: Depth) -> Depth {
        if self.is_rootless() { Depth::Tree } else { wanted }
    }

    /// `optUdiImage` and the modules' `copyPath`, mounted read-only rather than copied; then the modules' root hooks.
    fn site_programs(&self, steps: &mut Vec<Step>) {
        if let Some(from) = &self.conf.opt_udi_image {
            steps.push(Step::BindEntries { from: from.clone(), to: "/opt/udiImage".into() });
        }
        for module in self.modules {
            for from in module.parts.iter().filter_map(|part| part.copy_path.as_ref()) {
                let to = Path::new("/opt/udiImage/modules").join(module.name);
                steps.push(Step::BindEntries { from: from.clone(), to });
            }
        }
        for module in self.modules {
            for script in module.parts.iter().filter_map(|part| part.roothook.clone()) {
                let variables = self.hooks.variables(When::Root(module.name));
                steps.push(Step::Hook { phase: HookPhase::Module(module.name.to_owned()), script, variables });
            }
        }
    }

    /// What the container says about itself, and the hosts of its job.
    fn record(&self, steps: &mut Vec<Step>) {
        let file = |path: &str, text| Step::File { path: path.into(), mode: 0o644, text };
        let record_at = "/var/shifterConfig.json";
        if let Purpose::SetUp { hosts, job, .. } = self.purpose {
            steps.extend(hosts.map(|hosts| file("/var/hostsfile", hosts.to_owned())));
            steps.extend(job.map(|job| file("/var/shifterSlurm.jobid", job.to_string())));
        }
        self.ssh(steps);
        steps.push(file(record_at, record(self)));
        steps.extend(self.built.map(|line| file(BUILT, format!("{line}\n"))));
        if let Purpose::SetUp { mark, .. } = self.purpose {
            steps.push(Step::Mark { path: record_at.into(), text: mark.to_owned() });
        }
    }

    /// `/proc` is the host's own mount of it, so that its options (hidepid) stay.
    fn kernel_places(&self, steps: &mut Vec<Step>) {
        let bind = |from: &str, depth, add, missing| {
            Step::Bind(Bind {
                from: from.into(),
                to: from.into(),
                depth: self.depth(depth),
                add,
                propagation: Propagation::Private,
                missing,
            })
        };
        steps.extend([
            bind("/proc", Depth::One, PLAIN.and(Attributes::NOEXEC), Missing::Refused),
            bind("/sys", Depth::One, PLAIN, Missing::Refused),
            bind("/dev", Depth::Tree, Attributes::NOSUID, Missing::Refused),
            bind("/tmp", Depth::One, PLAIN, Missing::Refused),
            bind("/var/tmp", Depth::One, PLAIN, Missing::LeftOut),
        ]);
    }
}

#[cfg(test)]
mod tests;
