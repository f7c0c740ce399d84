//! The configuration of a start without privilege where root has installed none.
//!
//! The container has the user's home, `/tmp` and the host's `/dev`, and a passwd of his own line; its images are in
//! `$XDG_DATA_HOME/shifter`, or else `~/.local/share/shifter` (XDG Base Directory Specification). It is built on two
//! directories that every system has and that hold neither: they are covered in the start's own mount table, which goes
//! with it, so nothing is made on the host and nothing is left.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use shifter_formats::personal::{Places, SYSTEM};
use shifter_formats::udiroot::Conf;
use shifter_formats::volume::VolumeEntry;

use crate::account;
use crate::privilege::Caller;
use crate::request::Environment;

const PASSWD: &str = "/etc/passwd";

/// Directories of which nothing is in such a container, the likeliest first: the Filesystem Hierarchy Standard 3.0 asks
/// for most of them.
const PLACES: [&str; 8] = ["/mnt", "/media", "/srv", "/boot", "/var/opt", "/var/local", "/usr/src", "/opt"];

/// Why there is no built-in configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceError {
    /// Nobody says where the caller's home is.
    NoHome(u32),
    /// Not two of the directories are there.
    NoPlaces,
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no udiRoot.conf is installed, and without one ")?;
        match self {
            PlaceError::NoHome(uid) => {
                write!(f, "HOME must be an absolute path: `{PASSWD}` has no home for uid {uid} either")
            }
            PlaceError::NoPlaces => {
                write!(f, "two directories of {} must be there that are not above your home", PLACES.join(", "))
            }
        }?;
        f.write_str("; or name a configuration with --config")
    }
}

impl std::error::Error for PlaceError {}

/// The configuration for this caller.
///
/// # Errors
/// When it cannot be known where his images are, or there is no place to build on.
pub fn built_in(caller: &Caller, environment: &Environment) -> Result<Conf, PlaceError> {
    let of_passwd = || {
        let passwd = std::fs::read_to_string(PASSWD).ok()?;
        account::user_in_text(caller.uid, &passwd).map(|user| user.home).filter(|home| home.is_absolute())
    };
    let home = path(environment, "HOME").or_else(of_passwd).ok_or(PlaceError::NoHome(caller.uid))?;
    let images = Places::new(&home, |name| path(environment, name)).images;
    // What is reached by a link would be covered too.
    let used: Vec<PathBuf> = [&home, &images]
        .into_iter()
        .flat_map(|path| [Some(path.clone()), path.canonicalize().ok()])
        .flatten()
        .collect();
    let is_directory = |place: &Path| place.symlink_metadata().is_ok_and(|facts| facts.is_dir());
    let [udi_mount, loop_mount] = places(&used, is_directory).ok_or(PlaceError::NoPlaces)?;
    let mut conf = Conf {
        system: Some(SYSTEM.to_owned()),
        udi_mount: Some(udi_mount),
        loop_mount: Some(loop_mount),
        image_path: Some(images),
        populate_etc_dynamically: Some(true),
        // Nobody is to be kept from his own directories.
        allow_local_chroot: Some(true),
        ..Conf::default()
    };
    if home != Path::new("/") {
        conf.site_fs.entries.push(VolumeEntry { optional: true, ..VolumeEntry::new(home.clone(), home) });
    }
    Ok(conf)
}

fn path(environment: &Environment, name: &str) -> Option<PathBuf> {
    let named = |(known, _): &&(OsString, OsString)| known == name;
    environment.iter().find(named).map(|(_, value)| PathBuf::from(value)).filter(|path| path.is_absolute())
}

fn places(used: &[PathBuf], is_directory: impl Fn(&Path) -> bool) -> Option<[PathBuf; 2]> {
    let is_free = |place: &&Path| is_directory(place) && !used.iter().any(|path| path.starts_with(place));
    let mut free = PLACES.iter().map(Path::new).filter(is_free).map(Path::to_owned);
    Some([free.next()?, free.next()?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privilege::Mode;

    const CALLER: Caller = Caller { uid: 4_000_000_000, gid: 100, groups: Vec::new(), mode: Mode::UserNamespace };

    fn with(variables: &[(&str, &str)]) -> Result<Conf, PlaceError> {
        built_in(&CALLER, &variables.iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    #[test]
    fn images_are_where_the_users_data_is() {
        let images = |variables| with(variables).unwrap().image_path.unwrap();
        assert_eq!(images(&[("HOME", "/home/a")]), Path::new("/home/a/.local/share/shifter"));
        assert_eq!(images(&[("HOME", "/home/a"), ("XDG_DATA_HOME", "/data/a")]), Path::new("/data/a/shifter"));
        // A relative path is invalid and to be ignored (XDG Base Directory Specification, "Basics").
        let relative = images(&[("HOME", "/home/a"), ("XDG_DATA_HOME", "data")]);
        assert_eq!(relative, Path::new("/home/a/.local/share/shifter"));
        assert_eq!(with(&[]).unwrap_err(), PlaceError::NoHome(CALLER.uid));
    }

    #[test]
    fn a_home_is_never_covered() {
        let used = |path: &str| places(&[path.into()], |_| true).unwrap();
        assert_eq!(used("/home/a"), [Path::new("/mnt"), Path::new("/media")]);
        assert_eq!(used("/mnt/nfs/home/a"), [Path::new("/media"), Path::new("/srv")]);
        assert_eq!(used("/mntx/a"), [Path::new("/mnt"), Path::new("/media")]);
        assert_eq!(places(&[], |place| place == Path::new("/opt")), None);
    }
}
