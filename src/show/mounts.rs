//! The file system that a container will see: every place with its source, its options and the line that made it.
//!
//! It is worked out from the configuration that the runtime reads, by the rules of the installed release. What lies in
//! an image, in a directory of the host or in a script nobody can tell from a profile: the notes say so.

mod origin;
mod tree;

use std::path::Path;

use serde::Serialize;
use shifter_formats::udiroot::{Conf, Home, ModuleChoice, select};
use shifter_formats::volume::{Propagation, VolumeEntry};

use crate::check::Checked;
use crate::render::{self, Check, Inputs, Secrets};
use crate::site::Site;

use origin::Origins;
pub use tree::tree;

/// What a container of one class sees.
#[derive(Debug, Clone, Serialize)]
pub struct Mounts {
    /// The system.
    pub site: String,
    /// The class.
    pub class: Option<String>,
    /// The installed software.
    pub target: String,
    /// The modules that are loaded, in order.
    pub modules: Vec<String>,
    /// The places, by path.
    pub places: Vec<Place>,
    /// What cannot be told from the profile.
    pub notes: Vec<String>,
}

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The image, with what the site puts over it.
    Root,
    /// A mount of something of the host.
    Mount,
    /// A mount for each entry of a directory of the host.
    Entries,
    /// A copy of something of the host, in memory.
    Copy,
    /// Files that are made at each start.
    Made,
    /// A symbolic link.
    Link,
}

/// One place of a container.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// Its path in the container; patterns stand for what they match.
    pub at: String,
    /// What it is.
    pub kind: Kind,
    /// What is seen there.
    pub source: String,
    /// With which options. Those of the source's own mount stay.
    pub options: Vec<String>,
    /// The module that brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The line of the profile that made it; none where every container has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// Why a container cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum MountsError {
    /// The class has no containers, or is not one.
    #[error("{0} has no containers: no udiRoot.conf is rendered for it")]
    NoContainers(String),
    /// The modules cannot be loaded together.
    #[error("these modules cannot be loaded: {0}")]
    Modules(String),
}

/// What a container of `class` with these modules sees; the site's default modules where none are named.
///
/// # Errors
/// When the class has no containers, or the modules cannot be loaded.
pub fn mounts(checked: &Checked, class: Option<&str>, modules: Option<&str>) -> Result<Mounts, MountsError> {
    let name = class.map_or_else(|| "the profile".to_owned(), |class| format!("class `{class}`"));
    let own = |site: &&Site| match class {
        Some(class) => site.class.as_ref().is_some_and(|own| own.name == class),
        None => site.is_primary(),
    };
    let found = checked.sites.iter().find(own).and_then(|site| Some((site, conf(checked, site)?)));
    let (site, conf) = found.ok_or(MountsError::NoContainers(name))?;
    let choices = match modules {
        Some(text) => ModuleChoice::parse_list(text)
            .map_err(|(word, _)| MountsError::Modules(format!("`{word}` is no name of a module")))?,
        None => conf.default_modules.clone(),
    };
    let choices: Vec<ModuleChoice> = choices.into_iter().filter(|choice| !choice.is_none()).collect();
    let loaded = select(&conf.modules, &choices).map_err(|error| MountsError::Modules(error.to_string()))?;
    let view = site.class.as_ref().and_then(|class| checked.classes.get(&class.name)).unwrap_or(&checked.loaded);
    let mut builder =
        Builder { site, conf: &conf, origins: Origins::new(view, site), places: Vec::new(), notes: Vec::new() };
    builder.root();
    builder.site_places();
    for module in &loaded {
        builder.module(module);
    }
    builder.kernel();
    let Builder { mut places, notes, .. } = builder;
    // ORDER: what comes later covers what was there; the sort is stable, so the last of a path is what is seen.
    places.sort_by(|a, b| a.at.cmp(&b.at));
    let full = |module: &shifter_formats::udiroot::Loaded<'_>| match module.version {
        Some(version) => format!("{}/{version}", module.name),
        None => module.name.to_owned(),
    };
    Ok(Mounts {
        site: site.name.clone(),
        class: site.class.as_ref().map(|class| class.name.clone()),
        target: site.target.to_string(),
        modules: loaded.iter().map(full).collect(),
        places,
        notes,
    })
}

/// The configuration that is rendered for a site.
fn conf(checked: &Checked, site: &Site) -> Option<Conf> {
    let source = &checked.loaded.origins.sources()[0];
    let inputs = Inputs::gather(&checked.sites, &source.name, &source.directory(), Secrets::Placeholder).ok()?;
    let plan = render::plan(std::slice::from_ref(site), &inputs).ok()?;
    plan.artifacts.into_iter().find_map(|artifact| match artifact.check {
        Check::UdiRoot { conf, .. } => Some(*conf),
        _ => None,
    })
}

/// The places so far.
struct Builder<'a> {
    site: &'a Site,
    conf: &'a Conf,
    origins: Origins<'a>,
    places: Vec<Place>,
    notes: Vec<String>,
}

impl Builder<'_> {
    fn native(&self) -> bool {
        self.site.target.is_native()
    }

    fn add(&mut self, at: &str, kind: Kind, source: String, options: &[&str], origin: Option<String>) {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        self.places.push(Place { at: at.to_owned(), kind, source, options, module: None, origin });
    }

    fn root(&mut self) {
        let conf = self.conf;
        let memory = match (self.native(), &conf.rootfs_type) {
            (true, _) => "tmpfs".to_owned(),
            (false, kind) => kind.clone().unwrap_or_else(|| "tmpfs".to_owned()),
        };
        let (source, mut options) = if self.native() {
            let size = conf.rootfs_size.map_or(256 << 20, |size| size.0);
            (format!("overlay of the image and {memory}, at most {} MiB", size >> 20), vec!["nosuid", "nodev"])
        } else {
            (format!("{memory}, with a mount or a copy for each entry of the image"), vec!["nosuid", "nodev"])
        };
        if conf.mount_udi_root_writable != Some(true) {
            options.push("ro");
        }
        let origin = self.origins.of(&["runtime.writable_root", "runtime.rootfs", "runtime.rootfs_size"]);
        self.add("/", Kind::Root, source, &options, origin);
        let dynamic = conf.populate_etc_dynamically == Some(true);
        let etc = conf.etc_path.as_ref().filter(|_| !dynamic).map(|path| path.display().to_string());
        let source = match etc {
            Some(path) => format!("passwd, group and what else is in {path}"),
            None => "passwd, group and nsswitch.conf with the caller in them".to_owned(),
        };
        let origin = self.origins.of(&["etc.path", "runtime.populate_etc"]);
        self.add("/etc", Kind::Made, source, &[], origin);
    }

    /// What the site has for every container, in the order in which it is made.
    fn site_places(&mut self) {
        let node = self.site.node.clone();
        for link in node.iter().flat_map(|node| &node.links) {
            let origin = self.origins.of_link(&link.link);
            self.add(&link.link, Kind::Link, link.target.clone(), &[], origin);
        }
        for mount in node.iter().flat_map(|node| &node.filesystems).filter(|mount| mount.by_hook) {
            let origin = self.origins.of_filesystem("filesystem", &mount.target);
            self.add(&mount.target, Kind::Mount, mount.source.clone(), &["by premount.sh", "as on the host"], origin);
        }
        for entry in &self.conf.site_fs.entries {
            let origin = self.origins.of_filesystem("filesystem", &entry.to.to_string_lossy());
            self.volume(entry, None, origin);
        }
        match &self.conf.home {
            Some(Home::Path(path)) => {
                self.notes.push(format!("the caller's home is a mount of {}", path.display()));
            }
            Some(Home::Image) => self.notes.push("the caller's home is the image's".to_owned()),
            Some(Home::None) => self.notes.push("the caller has no home".to_owned()),
            _ => {}
        }
        if let Some(from) = &self.conf.opt_udi_image {
            let origin = self.origins.of(&["paths.opt_udi_image"]);
            self.programs(from, "/opt/udiImage", None, origin);
        }
        let hooks = [("premount", &self.conf.site_pre_mount_hook), ("postmount", &self.conf.site_post_mount_hook)];
        for (phase, hook) in hooks {
            let own = node.as_ref().map(|node| if phase == "premount" { &node.premount } else { &node.postmount });
            if let Some(path) = hook.as_ref().filter(|_| own.is_some_and(crate::site::Hook::has_own)) {
                self.notes.push(format!("the site's own script {} may change more", path.display()));
            }
        }
    }

    fn module(&mut self, module: &shifter_formats::udiroot::Loaded<'_>) {
        let first = self.places.len();
        for part in &module.parts {
            for entry in &part.site_fs.entries {
                let origin = self.origins.of_module_mount(module.name, module.version, &entry.to.to_string_lossy());
                self.volume(entry, Some(module.name), origin);
            }
            for pattern in part.devices.iter().chain(&part.globs) {
                let origin = self.origins.of_module(module.name);
                let is_device = part.devices.contains(pattern);
                let options: &[&str] = if is_device { &["a device"] } else { &["ro", "nosuid", "nodev", "private"] };
                self.add(pattern.as_str(), Kind::Mount, pattern.as_str().to_owned(), options, origin);
            }
            if let Some(from) = &part.copy_path {
                let origin = self.origins.of_module(module.name);
                self.programs(from, &format!("/opt/udiImage/modules/{}", module.name), Some(module.name), origin);
            }
            if let Some(script) = &part.roothook {
                self.notes.push(format!("the script {} of module {} may change more", script.display(), module.name));
            }
        }
        for place in &mut self.places[first..] {
            place.module = Some(module.name.to_owned());
        }
    }

    /// Programs of the site: natively mounted entry by entry, copied into memory by the original.
    fn programs(&mut self, from: &Path, to: &str, module: Option<&str>, origin: Option<String>) {
        let from = from.display().to_string();
        let (kind, options): (Kind, &[&str]) =
            if self.native() { (Kind::Entries, &["ro", "nosuid", "nodev", "private"]) } else { (Kind::Copy, &[]) };
        self.add(to, kind, from, options, origin);
        if let Some(place) = self.places.last_mut() {
            place.module = module.map(str::to_owned);
        }
    }

    fn volume(&mut self, entry: &VolumeEntry, module: Option<&str>, origin: Option<String>) {
        let mut options: Vec<&str> = Vec::new();
        // The originals do not remount what they bind with everything below it.
        if self.native() || !entry.recursive {
            options.extend(["nosuid", "nodev"]);
        }
        if entry.read_only {
            options.insert(0, "ro");
        }
        if entry.recursive {
            options.push("rec");
        }
        let slave = entry.propagation.or(self.conf.mount_propagation_style) == Some(Propagation::Slave);
        // In the originals `rec` undoes `slave`.
        options.push(if slave && (self.native() || !entry.recursive) { "slave" } else { "private" });
        if entry.optional {
            options.push("left out where the host lacks it");
        }
        let source = match &entry.per_node_cache {
            Some(cache) => format!("a file system of {} MiB for each node", cache.size.0 >> 20),
            None => entry.from.display().to_string(),
        };
        self.add(&entry.to.to_string_lossy(), Kind::Mount, source, &options, origin);
        if let Some(place) = self.places.last_mut() {
            place.module = module.map(str::to_owned);
        }
    }

    /// What every container has of the kernel and the host.
    fn kernel(&mut self) {
        let native = self.native();
        let proc = if native { "/proc" } else { "a new proc" };
        self.add("/proc", Kind::Mount, proc.to_owned(), &["nosuid", "nodev", "noexec"], None);
        let plain: &[&str] = if native { &["nosuid", "nodev", "private"] } else { &["as on the host"] };
        self.add("/sys", Kind::Mount, "/sys".to_owned(), plain, None);
        let dev: &[&str] = if native { &["nosuid", "rec", "private"] } else { &["as on the host"] };
        self.add("/dev", Kind::Mount, "/dev".to_owned(), dev, None);
        self.add("/tmp", Kind::Mount, "/tmp".to_owned(), plain, None);
        if native {
            self.add("/var/tmp", Kind::Mount, "/var/tmp".to_owned(), plain, None);
        }
        self.notes.push("what users mount with --volume is theirs to know".to_owned());
    }
}
