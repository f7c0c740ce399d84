//! One entry of a volume map and how it is written.

use std::fmt;
use std::path::PathBuf;

use super::PerNodeCache;

/// How mount events pass between the host and the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Propagation {
    /// Nothing passes either way (`MS_PRIVATE`).
    Private,
    /// Mounts made on the host appear in the container (`MS_SLAVE`).
    Slave,
}

impl Propagation {
    /// The word in `mountPropagationStyle` and in a flag.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Slave => "slave",
        }
    }
}

impl fmt::Display for Propagation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct VolumeEntry {
    /// What is mounted: a host path for a site, a container path for a user.
    pub from: PathBuf,
    /// Where it appears in the container.
    pub to: PathBuf,
    /// `ro`: nobody writes there.
    pub read_only: bool,
    /// `rec`: what is mounted below FROM comes along. Sites only.
    pub recursive: bool,
    /// `private` or `slave`; `None` leaves it to `mountPropagationStyle`. Sites only.
    pub propagation: Option<Propagation>,
    /// `perNodeCache=...`: a file system of this node's own instead of FROM.
    pub per_node_cache: Option<PerNodeCache>,
    /// `optional`: a missing FROM is skipped. Native, sites only.
    pub optional: bool,
    /// `automount=NAME,NAME`: directories below FROM to be opened first, so that autofs mounts them.
    /// Native, sites only.
    pub automount: Vec<String>,
}

impl VolumeEntry {
    /// `from` at `to`, with no flag set.
    pub fn new(from: impl Into<PathBuf>, to: impl Into<PathBuf>) -> Self {
        Self { from: from.into(), to: to.into(), ..Self::default() }
    }

    /// Whether the entry uses a flag that only the native runtime knows.
    #[must_use]
    pub fn is_native_only(&self) -> bool {
        let has_own_cache =
            self.per_node_cache.is_some_and(|cache| cache.filesystem != super::CacheFilesystem::default());
        self.optional || !self.automount.is_empty() || has_own_cache
    }

    /// The entry as the original names it in `shifterConfig.json`.
    ///
    /// `FROM:TO[:ro][:rec][:perNodeCache=size=N,bs=N,method=loop,fstype=xfs][:slave][:private]`, with the
    /// flags in that order.
    #[must_use]
    pub fn signature(&self) -> String {
        self.written(PerNodeCache::signature)
    }

    fn written(&self, cache_text: impl Fn(&PerNodeCache) -> String) -> String {
        let mut text = format!("{}:{}", self.from.display(), self.to.display());
        let mut flag = |word: &str| {
            text.push(':');
            text.push_str(word);
        };
        if self.read_only {
            flag("ro");
        }
        if self.recursive {
            flag("rec");
        }
        if let Some(cache) = &self.per_node_cache {
            flag(&cache_text(cache));
        }
        if let Some(propagation) = self.propagation {
            flag(propagation.as_str());
        }
        if self.optional {
            flag("optional");
        }
        if !self.automount.is_empty() {
            flag(&format!("automount={}", self.automount.join(",")));
        }
        text
    }
}

impl fmt::Display for VolumeEntry {
    /// The entry as it is written in `siteFs`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(ToString::to_string))
    }
}

/// Mounts in the order in which they are made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct VolumeMap {
    /// The mounts.
    pub entries: Vec<VolumeEntry>,
}

impl VolumeMap {
    /// Whether nothing is mounted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The map as the original names it in `shifterConfig.json`: signatures in byte order, joined by `;`.
    ///
    /// Two maps with the same mounts in another order have the same signature.
    #[must_use]
    pub fn signature(&self) -> String {
        let mut entries: Vec<String> = self.entries.iter().map(VolumeEntry::signature).collect();
        entries.sort_unstable();
        entries.join(";")
    }
}

impl From<Vec<VolumeEntry>> for VolumeMap {
    fn from(entries: Vec<VolumeEntry>) -> Self {
        Self { entries }
    }
}

impl fmt::Display for VolumeMap {
    /// The map on one line, as it may be given to `--volume`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, entry) in self.entries.iter().enumerate() {
            let separator = if nth == 0 { "" } else { ";" };
            write!(f, "{separator}{entry}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::Bytes;

    #[test]
    fn a_signature_has_its_flags_in_a_fixed_order_and_its_entries_sorted() {
        let map = VolumeMap::from(vec![
            VolumeEntry {
                read_only: true,
                recursive: true,
                propagation: Some(Propagation::Slave),
                ..VolumeEntry::new("/z", "/z")
            },
            VolumeEntry { per_node_cache: Some(PerNodeCache::new(Bytes(10 << 30))), ..VolumeEntry::new("/a", "/b") },
        ]);
        assert_eq!(
            map.signature(),
            "/a:/b:perNodeCache=size=10737418240,bs=1048576,method=loop,fstype=xfs;/z:/z:ro:rec:slave"
        );
        assert_eq!(map.to_string(), "/z:/z:ro:rec:slave;/a:/b:perNodeCache=size=10737418240");
    }
}
