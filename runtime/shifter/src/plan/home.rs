//! The user's home: as the site mounts it, or from elsewhere, as the site or the user says.
//!
//! What the user says is a volume of his: it is opened with his rights, and may not be where no volume may be.

use std::path::Path;

use shifter_formats::udiroot::Home;
use shifter_formats::volume::VolumeEntry;
use shifter_sys::mount::{Depth, Propagation};

use super::{Access, Bind, Facts, ImagePart, Missing, PLAIN, Step};
use crate::policy::{self, PolicyError};

/// What is seen as a home that is to be empty.
const EMPTY_HOME: &str = "/etc/udiImage/home";

impl Facts<'_> {
    /// Whether a mount of the site is the user's home, or has it, where the home comes from elsewhere. A volume of the
    /// user's own over his home leaves everything of the site's where it is.
    pub(super) fn is_of_other_home(&self, entry: &VolumeEntry) -> bool {
        let is_other = match self.home {
            Some(wanted) => *wanted == Home::Image,
            None => !matches!(self.conf.home, None | Some(Home::Site)),
        };
        is_other && self.user.home != Path::new("/") && self.user.home.starts_with(&entry.to)
    }

    /// The home as the site wants it.
    pub(super) fn home(&self, steps: &mut Vec<Step>) {
        let to = self.user.home.clone();
        // Accounts of services have `/`, or nothing.
        if self.home.is_some() || !to.is_absolute() || to == Path::new("/") {
            return;
        }
        match &self.conf.home {
            None | Some(Home::Site | Home::Image) => {}
            Some(Home::None) => steps.push(Step::Directory { path: to, mode: 0o755, image: ImagePart::Hidden }),
            Some(Home::Path(from)) => steps.push(Step::Bind(Bind {
                from: from.clone(),
                to,
                depth: self.depth(Depth::One),
                add: PLAIN,
                propagation: Propagation::Private,
                missing: Missing::Refused,
            })),
        }
    }

    /// A directory for a home that is to be empty. It is made with the site's tree, before anything of the user's.
    pub(super) fn empty_home(&self) -> Option<Step> {
        let is_wanted = self.home == Some(&Home::None) && self.users_home().is_some();
        is_wanted.then(|| Step::Directory { path: EMPTY_HOME.into(), mode: 0o755, image: ImagePart::Hidden })
    }

    /// The home as the user wants it: a volume of his, under the law of volumes.
    ///
    /// # Errors
    /// When nothing of his may be mounted where his home is.
    pub(super) fn home_of_his_own(&self) -> Result<Option<Step>, PolicyError> {
        let (from, access) = match self.home {
            None | Some(Home::Site | Home::Image) => return Ok(None),
            Some(Home::None) => (Path::new(EMPTY_HOME), Access::ReadOnly),
            Some(Home::Path(from)) => (from.as_path(), Access::ReadWrite),
        };
        let Some(to) = self.users_home() else { return Ok(None) };
        policy::check_volume_target(to, &self.conf.deny).map_err(PolicyError::Target)?;
        Ok(Some(Step::Volume { from: from.components().collect(), to: to.components().collect(), access }))
    }

    fn users_home(&self) -> Option<&Path> {
        Some(self.user.home.as_path()).filter(|home| home.is_absolute() && *home != Path::new("/"))
    }
}
