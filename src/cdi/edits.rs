//! From the edits of a specification to what a node has.

use std::collections::BTreeSet;

use super::driver::{Driver, File, Library};
use super::hooks::{Action, action};
use super::spec::{Edits, Mount};
use super::{CdiError, GIVEN_BY_THE_WLM, Specification};
use crate::elf::Loader;

/// Places that containers have from the host anyway.
const OF_THE_HOST: [&str; 4] = ["/dev", "/proc", "/sys", "/tmp"];

/// Directories of programs.
const PROGRAMS: [&str; 6] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin"];

/// What a specification says of some devices; of all if none is named. Libraries are looked at on the node, for the
/// names they have.
///
/// # Errors
/// Devices that are not there, and edits that have no line in udiRoot.conf.
pub(crate) fn of_specification(
    specification: &Specification,
    devices: &[String],
    loader: &Loader,
) -> Result<Driver, CdiError> {
    let mut found = Found { loader, driver: Driver::default(), directories: BTreeSet::new(), links: Vec::new() };
    found.driver.vendor = specification.vendor().to_owned();
    let all = chosen(specification, devices)?;
    for edits in std::iter::once(&specification.container_edits).chain(all) {
        found.hooks(edits)?;
    }
    for edits in std::iter::once(&specification.container_edits).chain(chosen(specification, devices)?) {
        found.edits(edits)?;
    }
    found.link();
    Ok(found.driver.in_order())
}

/// The edits of the devices: of those named, of `all`, or of every one.
fn chosen<'s>(specification: &'s Specification, names: &[String]) -> Result<Vec<&'s Edits>, CdiError> {
    let find = |name: &str| specification.devices.iter().find(|device| device.name == name);
    let unknown = |name: &String| CdiError::Device {
        name: name.clone(),
        known: specification.devices.iter().map(|device| device.name.clone()).collect(),
    };
    if !names.is_empty() {
        let edits = |name: &String| find(name).map(|device| &device.container_edits).ok_or_else(|| unknown(name));
        return names.iter().map(edits).collect();
    }
    Ok(match find("all") {
        Some(all) => vec![&all.container_edits],
        None => specification.devices.iter().map(|device| &device.container_edits).collect(),
    })
}

struct Found<'l> {
    loader: &'l Loader,
    driver: Driver,
    /// Directories that ldconfig would be run for.
    directories: BTreeSet<String>,
    /// Links: what each says, and where it is.
    links: Vec<(String, String)>,
}

impl Found<'_> {
    fn hooks(&mut self, edits: &Edits) -> Result<(), CdiError> {
        for hook in &edits.hooks {
            match action(hook)? {
                Action::Links(links) => self.links.extend(links),
                Action::Directories(directories) => self.directories.extend(directories),
                Action::Nothing(why) => self.driver.notes.push(why.to_owned()),
            }
        }
        Ok(())
    }

    fn edits(&mut self, edits: &Edits) -> Result<(), CdiError> {
        if !edits.net_devices.is_empty() {
            return Err(CdiError::Edit("`netDevices`: containers have the network of the host".to_owned()));
        }
        if edits.intel_rdt.is_some() {
            return Err(CdiError::Edit("`intelRdt`: the workload manager has resctrl".to_owned()));
        }
        for gid in &edits.additional_gids {
            self.note(format!("additionalGids: users must be in group {gid} themselves"));
        }
        for node in &edits.device_nodes {
            let on_host = node.host_path.as_ref().unwrap_or(&node.path);
            if on_host != &node.path {
                let what = format!("device `{on_host}` would have to appear as `{}`, and keeps its place", node.path);
                return Err(CdiError::Edit(what));
            }
            self.driver.devices.push(node.path.clone());
        }
        for variable in &edits.env {
            let Some((name, value)) = variable.split_once('=') else {
                return Err(CdiError::Edit(format!("`env` has `{variable}`, and not `NAME=VALUE`")));
            };
            if GIVEN_BY_THE_WLM.contains(&name) {
                self.note(format!("env {name}: is the workload manager's to set"));
            } else {
                self.driver.env.insert(name.to_owned(), value.to_owned());
            }
        }
        edits.mounts.iter().try_for_each(|mount| self.mount(mount))
    }

    fn mount(&mut self, mount: &Mount) -> Result<(), CdiError> {
        let (path, at) = (mount.host_path.clone(), mount.container_path.clone());
        if mount.kind.as_deref().is_some_and(|kind| !matches!(kind, "" | "bind" | "none")) {
            let kind = mount.kind.as_deref().unwrap_or_default();
            return Err(CdiError::Edit(format!(
                "mount of type `{kind}` at `{at}`: only parts of the host are mounted"
            )));
        }
        if OF_THE_HOST.iter().any(|place| at == *place || at.starts_with(&format!("{place}/"))) {
            self.note(format!("mount {at}: containers have it from the host"));
        } else if self.is_library(&at) {
            let name = file_name(&at).to_owned();
            let seen = self.loader.library(&path);
            let soname = seen.as_ref().and_then(|seen| seen.elf.soname.clone());
            let is_32_bits = at.contains("lib32") || at.contains("i386-");
            let bits = seen.map_or(if is_32_bits { 32 } else { 64 }, |seen| seen.elf.machine.bits);
            self.driver.version = self.driver.version.take().or_else(|| version_of(&name));
            self.driver.libraries.push(Library { path, names: vec![soname.unwrap_or(name)], bits });
        } else if PROGRAMS.iter().any(|directory| parent(&at) == *directory) {
            self.driver.programs.push(path);
        } else {
            if !mount.options.iter().any(|option| option == "ro") {
                self.note(format!("mount {at}: containers see it read-only"));
            }
            self.driver.files.push(File { path, at: merged(&at) });
        }
        Ok(())
    }

    /// In a directory of the loader's, or one that ldconfig would be run for. Others are opened by their whole path.
    fn is_library(&self, path: &str) -> bool {
        let name = file_name(path);
        let directory = parent(path);
        let is_searched =
            self.directories.contains(directory) || self.loader.directories().iter().any(|d| d == directory);
        name.starts_with("lib") && name.contains(".so") && is_searched
    }

    /// A link beside a library is one more name of it; another is the file itself at one more place.
    fn link(&mut self) {
        let mut links = std::mem::take(&mut self.links);
        // Links may be to links: what is known of one helps with the next.
        for _ in 0..links.len() {
            links.retain(|(says, at)| !self.known(says, at));
        }
        for (says, at) in links {
            self.note(format!("link {at}: `{says}` is none of the libraries that are mounted"));
        }
    }

    fn known(&mut self, says: &str, at: &str) -> bool {
        let is_library = self.is_library(at);
        let target = file_name(says);
        let is_it =
            |library: &Library| library.names.iter().any(|name| name == target) || file_name(&library.path) == target;
        let found = self.driver.libraries.iter_mut().find(|library| is_it(library));
        match found {
            Some(library) if is_library => library.names.push(file_name(at).to_owned()),
            Some(library) => {
                let path = library.path.clone();
                self.driver.files.push(File { path, at: merged(at) });
            }
            None => return false,
        }
        true
    }

    fn note(&mut self, text: String) {
        self.driver.notes.push(text);
    }
}

/// `/lib/x` may be a link to `/usr/lib/x` in an image, which a directory of the container's must not hide.
fn merged(path: &str) -> String {
    let of_usr = ["/lib/", "/lib32/", "/lib64/", "/bin/", "/sbin/"].iter().any(|start| path.starts_with(start));
    if of_usr { format!("/usr{path}") } else { path.to_owned() }
}

/// `libcuda.so.550.90.07` is of driver 550.90.07.
pub(super) fn version_of(name: &str) -> Option<String> {
    let version = name.strip_prefix("libcuda.so.")?;
    version.contains('.').then(|| version.to_owned())
}

pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
