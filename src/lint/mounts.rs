//! The file systems and symlinks of a view, with their key paths.

use crate::diagnostic::KeyPath;
use crate::lint::View;
use crate::lint::paths::normal;
use crate::profile::section::{FilesystemSection, SymlinkSection};

/// A file system of the host that containers of the view show.
pub(crate) struct Mount<'a> {
    /// The entry: `filesystem.2`, `module.cvmfs.filesystem.0`.
    pub(crate) at: KeyPath,
    /// The module that adds it.
    pub(crate) module: Option<&'a str>,
    /// The directory of the host.
    pub(crate) source: &'a str,
    /// The directory of the container: the source, if the entry does not say.
    pub(crate) target: &'a str,
    /// The options as written.
    pub(crate) options: Vec<&'a str>,
    /// The whole entry.
    pub(crate) entry: &'a FilesystemSection,
}

impl<'a> Mount<'a> {
    fn read(at: KeyPath, module: Option<&'a str>, entry: &'a FilesystemSection) -> Option<Self> {
        let source = entry.source.as_ref()?.as_str();
        let target = entry.target.as_ref().map_or(source, |target| target.as_str());
        let options = entry.options.iter().map(String::as_str).collect();
        Some(Mount { at, module, source, target, options, entry })
    }

    /// Whether the option is given.
    pub(crate) fn has(&self, option: &str) -> bool {
        self.options.contains(&option)
    }

    /// Where the source is written.
    pub(crate) fn source_key(&self) -> KeyPath {
        self.at.clone().key("source")
    }

    /// Where the target is written: the source, if it has no key of its own.
    pub(crate) fn target_key(&self) -> KeyPath {
        self.at.clone().key(if self.entry.target.is_some() { "target" } else { "source" })
    }

    /// Where the options are written, or would be.
    pub(crate) fn options_key(&self) -> KeyPath {
        self.at.clone().key("options")
    }
}

/// A symlink in the root of the view's containers.
pub(crate) struct Link<'a> {
    /// The entry: `symlink.0`.
    pub(crate) at: KeyPath,
    /// Where it is.
    pub(crate) link: &'a str,
    /// What it says.
    pub(crate) target: &'a str,
}

impl<'a> Link<'a> {
    fn read(at: KeyPath, entry: &'a SymlinkSection) -> Option<Self> {
        Some(Link { at, link: entry.link.as_ref()?.as_str(), target: entry.target.as_deref()? })
    }

    /// The absolute path of the container that the link means: a relative one starts where the link is.
    pub(crate) fn resolved(&self) -> String {
        if self.target.starts_with('/') {
            return normal(self.target);
        }
        let mut parts = crate::lint::paths::components(self.link);
        parts.pop();
        for part in crate::lint::paths::components(self.target) {
            match part {
                "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        format!("/{}", parts.join("/"))
    }
}

impl<'a> View<'a> {
    /// What every container of the view shows.
    pub(crate) fn mounts(&self) -> Vec<Mount<'a>> {
        let entries = self.profile.filesystem.iter().enumerate();
        entries
            .filter(|(_, entry)| self.has_class(&entry.classes))
            .filter_map(|(n, entry)| Mount::read(KeyPath::from("filesystem").index(n), None, entry))
            .collect()
    }

    /// What containers of the view show, modules included.
    pub(crate) fn all_mounts(&self) -> Vec<Mount<'a>> {
        let mut mounts = self.mounts();
        for module in self.modules() {
            for (at, entries) in module.filesystems() {
                for (n, entry) in entries.iter().enumerate().filter(|(_, entry)| self.has_class(&entry.classes)) {
                    mounts.extend(Mount::read(at.clone().index(n), Some(module.name), entry));
                }
            }
        }
        mounts
    }

    /// The symlinks of the view.
    pub(crate) fn symlinks(&self) -> Vec<Link<'a>> {
        let entries = self.profile.symlink.iter().enumerate();
        entries
            .filter(|(_, entry)| self.has_class(&entry.classes))
            .filter_map(|(n, entry)| Link::read(KeyPath::from("symlink").index(n), entry))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_link_begins_where_it_stands() {
        let resolved = |link, target| Link { at: KeyPath::root(), link, target }.resolved();
        assert_eq!(resolved("/scratch", "mnt/c/scratch"), "/mnt/c/scratch");
        assert_eq!(resolved("/opt/site/bin", "../lib/./bin"), "/opt/lib/bin");
        assert_eq!(resolved("/u", "/mnt/a/u/"), "/mnt/a/u");
        assert_eq!(resolved("/u", "../../x"), "/x");
    }
}
