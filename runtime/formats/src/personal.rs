//! Where somebody without a site has what a site has for everybody: the XDG Base Directory Specification says which
//! directories are whose. The runtime starts images there without privilege, and `shifterimg` has them pulled there.

use std::path::{Path, PathBuf};

/// What the system is called, in the index of images and by the gateway.
pub const SYSTEM: &str = "local";

/// Below each of the directories.
const NAME: &str = "shifter";

/// The places of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The image directory.
    pub images: PathBuf,
    /// What may be deleted: downloaded layers.
    pub cache: PathBuf,
    /// The gateway's database, its log and its socket.
    pub state: PathBuf,
    /// The gateway's configuration.
    pub gateway: PathBuf,
}

impl Places {
    /// For a user with this home; `variable` gives the value of one in the environment. A relative path in one is ignored,
    /// as the specification says.
    #[must_use]
    pub fn new(home: &Path, variable: impl Fn(&str) -> Option<PathBuf>) -> Self {
        let directory = |name: &str, otherwise: &str| {
            let named = variable(name).filter(|path| path.is_absolute());
            named.unwrap_or_else(|| home.join(otherwise)).join(NAME)
        };
        Self {
            images: directory("XDG_DATA_HOME", ".local/share"),
            cache: directory("XDG_CACHE_HOME", ".cache"),
            state: directory("XDG_STATE_HOME", ".local/state"),
            gateway: directory("XDG_CONFIG_HOME", ".config").join("imagemanager.json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_with_an_absolute_path_counts_and_no_other() {
        let variable = |name: &str| match name {
            "XDG_CACHE_HOME" => Some("/scratch/a".into()),
            "XDG_STATE_HOME" => Some("state".into()),
            _ => None,
        };
        let places = Places::new(Path::new("/home/a"), variable);
        assert_eq!(places.images, Path::new("/home/a/.local/share/shifter"));
        assert_eq!(places.cache, Path::new("/scratch/a/shifter"));
        assert_eq!(places.state, Path::new("/home/a/.local/state/shifter"));
        assert_eq!(places.gateway, Path::new("/home/a/.config/shifter/imagemanager.json"));
    }
}
