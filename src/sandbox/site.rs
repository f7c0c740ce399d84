//! The site of a scratch machine: the person's profile, with a few keys set over it, rendered and laid out.

use std::path::{Path, PathBuf};

use shifter_formats::SYSCONFDIR;

use super::machine::Machine;
use super::namespace::Rights;
use super::person::Person;
use super::{LAYOUT, PREFIX, TryError, Wish, mebibytes};
use crate::check::{self, Strictness};
use crate::diagnostic::Finding;
use crate::profile::{Input, LoadOptions};
use crate::render::{self, Artifact, Inputs, Secrets};
use crate::site::{Env, Node, Site};
use crate::target::Target;

/// The registry that the image of the tour comes from: a directory.
pub(super) const LOCATION: &str = "try";

/// Where the gateway of a scratch machine listens: the kernel says who connects, so no munge is needed.
const SOCKET: &str = "/run/shifter/gateway.sock";

/// Where the gateway of a scratch machine keeps its records.
const DATABASE: &str = "/var/lib/shifter/gateway.db";

/// The file the gateway reads.
const GATEWAY_CONFIG: &str = "imagemanager.json";

/// A profile's site, ready to be laid out.
#[derive(Debug)]
pub(super) struct ScratchSite {
    node: Node,
    artifacts: Vec<Artifact>,
    /// Directories that the gateway writes to.
    gateway_folders: Vec<PathBuf>,
}

/// What is set over the person's profile, as for `--set`.
fn overrides(rights: Rights, person: &Person) -> Vec<String> {
    let mut set = vec![
        format!("paths.prefix={PREFIX}"),
        format!("paths.config={SYSCONFDIR}"),
        format!("gateway.socket={SOCKET}"),
        format!("gateway.endpoints=[\"unix:{SOCKET}\"]"),
        format!("gateway.database.uri=sqlite://{DATABASE}"),
        format!("registry.{LOCATION}.type=oci-layout"),
        format!("registry.{LOCATION}.url=oci:{LAYOUT}"),
    ];
    match rights {
        Rights::Root => set.push("images.owner=root".to_owned()),
        // Without root there is no loop device to mount a file with.
        Rights::UserNamespace => {
            set.push(format!("images.owner=\"{}\"", person.name));
            set.push("images.format=vfs".to_owned());
        }
    }
    set
}

/// Loads the profile with the overrides and renders it; it has been checked as it is.
pub(super) fn resolved(wish: &Wish, rights: Rights, person: &Person) -> Result<ScratchSite, TryError> {
    let mut options = LoadOptions { set: wish.set.clone(), ..LoadOptions::file(&wish.profile) };
    options.set.extend(overrides(rights, person));
    let checked = check::check(&options, None, &Strictness::default()).map_err(unfit)?;
    if !checked.loaded.loss.is_none() {
        return Err(found(&checked.loaded.findings));
    }
    let sites = checked.sites;
    let own = sites
        .iter()
        .find(|site| wish.class.as_ref().map_or(site.is_primary(), |name| is_of_class(site, name)))
        .ok_or_else(|| TryError::Unfit {
        reason: "the profile has no such class, or it lacks what every system needs".to_owned(),
    })?;
    if own.target != Target::Native {
        let reason = format!(
            "`{}` is for Shifter {}; the runtime and gateway here are the native ones: add `--target native`",
            wish.profile.display(),
            own.target
        );
        return Err(TryError::Unfit { reason });
    }
    let reason = "the profile describes a gateway alone: try one of the systems it serves".to_owned();
    let node = own.node.clone().ok_or(TryError::Unfit { reason })?;
    let class = own.class.as_ref().map(|class| class.name.clone());
    Ok(ScratchSite {
        node,
        artifacts: artifacts(&sites, class.as_deref(), &options)?,
        gateway_folders: gateway_folders(&sites),
    })
}

fn is_of_class(site: &Site, name: &str) -> bool {
    site.class.as_ref().is_some_and(|class| class.name == name)
}

/// The files of the machine's own class, and the gateway's configuration whatever class has it.
fn artifacts(sites: &[Site], class: Option<&str>, options: &LoadOptions) -> Result<Vec<Artifact>, TryError> {
    let Input::File(path) = &options.input else { return Ok(Vec::new()) };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new(""));
    let inputs = Inputs::gather(sites, &name, folder, Secrets::Placeholder).map_err(|errors| all_unfit(&errors))?;
    let plan = render::plan(sites, &inputs).map_err(|errors| all_unfit(&errors))?;
    Ok(plan
        .artifacts
        .into_iter()
        // The manifest is installed nowhere.
        .filter(|artifact| artifact.install.starts_with('/'))
        .filter(|artifact| artifact.class.as_deref() == class || artifact.path.ends_with(GATEWAY_CONFIG))
        .collect())
}

/// Directories below which the gateway writes: its records, its layers, its socket.
fn gateway_folders(sites: &[Site]) -> Vec<PathBuf> {
    let cache = sites.iter().filter_map(|site| Some(PathBuf::from(&site.gateway.as_ref()?.cache_dir)));
    [DATABASE, SOCKET].iter().filter_map(|file| Path::new(file).parent().map(Path::to_owned)).chain(cache).collect()
}

impl ScratchSite {
    /// Writes the rendered files where they are read from, and makes the directories that an installation has.
    pub(super) fn lay_out(&self, machine: &mut Machine) -> Result<String, TryError> {
        let mut names = Vec::new();
        for artifact in &self.artifacts {
            machine.file(Path::new(&artifact.install), &artifact.bytes, artifact.mode.bits())?;
            names.push(artifact.install.as_str());
        }
        let Node { paths, images, .. } = &self.node;
        for folder in [&paths.udi_mount, &paths.loop_mount, &images.path].map(PathBuf::from) {
            machine.own_directory(&folder, 0o755)?;
        }
        for folder in &self.gateway_folders {
            machine.directory(folder, 0o755)?;
        }
        self.lay_out_etc(machine)?;
        let absent = self.lay_out_sources(machine)?;
        let mut said = names.join("\n");
        if !absent.is_empty() {
            said.push_str(&format!("\nnot on this machine, so empty there: {}", absent.join(" ")));
        }
        Ok(said)
    }

    /// A static /etc is taken from the host, as an installation would.
    fn lay_out_etc(&self, machine: &mut Machine) -> Result<(), TryError> {
        let Some(etc) =
            self.node.etc.path.as_ref().filter(|_| self.node.runtime.populate_etc_dynamically != Some(true))
        else {
            return Ok(());
        };
        for name in ["passwd", "group", "nsswitch.conf"] {
            let source = Path::new("/etc").join(name);
            if source.is_file() {
                machine.copy(&source, &Path::new(etc).join(name), 0o644)?;
            }
        }
        Ok(())
    }

    /// Makes an empty directory for each file system, module and copied tree that the host lacks; gives their names.
    fn lay_out_sources(&self, machine: &mut Machine) -> Result<Vec<String>, TryError> {
        let Node { filesystems, modules, paths, .. } = &self.node;
        let sources = filesystems
            .iter()
            .chain(modules.iter().flat_map(|module| &module.filesystems))
            .map(|filesystem| &filesystem.source)
            .chain(modules.iter().filter_map(|module| module.copy_from.as_ref()))
            .chain(&paths.opt_udi_image);
        let mut absent = Vec::new();
        for source in sources {
            if machine.directory(Path::new(source), 0o755)? {
                absent.push(source.clone());
            }
        }
        Ok(absent)
    }

    /// The file the gateway reads.
    pub(super) fn gateway_config(&self) -> PathBuf {
        Path::new(SYSCONFDIR).join(GATEWAY_CONFIG)
    }

    /// Where the gateway listens.
    #[expect(clippy::unused_self, reason = "it is the site's socket")]
    pub(super) fn socket(&self) -> &'static Path {
        Path::new(SOCKET)
    }

    /// `, 2.1 MiB of squashfs`, once the image is there.
    pub(super) fn size_of(&self, id: &str) -> String {
        let file = Path::new(&self.node.images.path).join(format!("{id}.squashfs"));
        std::fs::metadata(file)
            .map_or_else(|_| String::new(), |facts| format!(", {} of squashfs", mebibytes(facts.len())))
    }

    /// Names of the variables that the site and the modules loaded give.
    pub(super) fn variables(&self, modules: Option<&str>) -> Vec<String> {
        let named: Vec<&str> = match modules {
            Some(names) => names.split(',').map(|name| name.split('/').next().unwrap_or(name)).collect(),
            None => self.node.default_modules.iter().map(String::as_str).collect(),
        };
        let modules = self.node.modules.iter().filter(|module| named.contains(&module.name.as_str()));
        let mut names: Vec<String> =
            std::iter::once(&self.node.env).chain(modules.map(|module| &module.env)).flat_map(names_in).collect();
        names.sort();
        names.dedup();
        names
    }
}

fn names_in(env: &Env) -> Vec<String> {
    [&env.set, &env.prepend, &env.append].into_iter().flat_map(|map| map.keys().cloned()).collect()
}

fn found(findings: &[Finding]) -> TryError {
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    TryError::Unfit { reason: messages.join("\n") }
}

fn unfit(error: impl std::fmt::Display) -> TryError {
    TryError::Unfit { reason: error.to_string() }
}

fn all_unfit<E: std::fmt::Display>(errors: &[E]) -> TryError {
    TryError::Unfit { reason: errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") }
}
