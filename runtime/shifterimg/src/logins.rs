//! `~/.udiRoot/.cred`: the passwords that `shifterimg login` keeps, as the original writes them.
//!
//! A line is `system:location=` and a munge credential of this user whose payload is `user:password`. It is read again
//! long after it has expired: what counts is who made it. The file is the user's alone, and so is its directory.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::libc::O_NOFOLLOW;
use nix::unistd::{User, geteuid};
use shifter_gateway_types::rest::MungePayload;

use crate::failure::Failure;

/// The lines of the file.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    path: PathBuf,
    lines: Vec<String>,
}

/// Far more than anybody has registries.
const LONGEST: u64 = 1 << 20;

impl Logins {
    /// Reads the file; there is none before the first login.
    pub(crate) fn read() -> Result<Self, Failure> {
        let path = home()?.join(".udiRoot/.cred");
        let wrong = |what: String| Failure::Conf { path: path.clone(), what };
        let file = File::options().read(true).custom_flags(O_NOFOLLOW).open(&path);
        let mut text = String::new();
        match file {
            // A home that this user cannot enter is none, as that of whoever called sudo(8).
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {}
            Err(error) => return Err(wrong(error.to_string())),
            Ok(file) => {
                let facts = file.metadata().map_err(|error| wrong(error.to_string()))?;
                if facts.uid() != geteuid().as_raw() || facts.mode() & 0o077 != 0 {
                    return Err(wrong("it must be yours alone: `chmod 600` it, or remove it".to_owned()));
                }
                file.take(LONGEST).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
            }
        }
        Ok(Self { path, lines: text.lines().map(str::to_owned).collect() })
    }

    /// Puts a credential in the place of the one that is there for this system and location.
    pub(crate) fn set(&mut self, system: &str, location: &str, credential: &str) {
        let is_other = |line: &String| entry(line).is_none_or(|(of, at, _)| (of, at) != (system, location));
        self.lines.retain(is_other);
        self.lines.push(format!("{system}:{location}={credential}"));
    }

    /// Writes the file, whole or not at all.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        let write = || {
            match DirBuilder::new().mode(0o700).create(directory) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            let new = directory.join(format!(".cred.{}", std::process::id()));
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&new)?;
            let text: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
            let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
            written.and_then(|()| fs::rename(&new, &self.path)).inspect_err(|_| drop(fs::remove_file(&new)))
        };
        write().map_err(|error| Failure::Conf { path: self.path.clone(), what: format!("cannot write it: {error}") })
    }

    /// The passwords of a system, read by `open` from their credentials. One that cannot be read any more is told of.
    pub(crate) fn passwords(&self, system: &str, mut open: impl FnMut(&str) -> Result<String, String>) -> MungePayload {
        let mut authorized_locations = BTreeMap::new();
        for (of, location, credential) in self.lines.iter().filter_map(|line| entry(line)) {
            if of != system {
                continue;
            }
            match open(credential) {
                Ok(pair) => drop(authorized_locations.insert(location.to_owned(), pair)),
                Err(why) => {
                    eprintln!(
                        "shifterimg: the password for `{location}` cannot be read: {why}: `shifterimg login` again"
                    );
                }
            }
        }
        MungePayload { authorized_locations }
    }
}

/// `system:location=credential`. A location may have a port.
fn entry(line: &str) -> Option<(&str, &str, &str)> {
    let (key, credential) = line.split_once('=')?;
    let (system, location) = key.split_once(':')?;
    Some((system, location, credential.trim()))
}

fn home() -> Result<PathBuf, Failure> {
    let said = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let known = || User::from_uid(geteuid()).ok().flatten().map(|user| user.dir);
    said.or_else(known).ok_or_else(|| Failure::Usage("nobody says where your home directory is: set HOME".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_replaces_the_one_of_its_system_and_location() {
        let mut logins = Logins::default();
        for (system, location, credential) in
            [("cori", "default", "MUNGE:a="), ("cori", "reg:5000", "MUNGE:b"), ("edison", "default", "MUNGE:c")]
        {
            logins.set(system, location, credential);
        }
        logins.set("cori", "default", "MUNGE:d==:");
        logins.lines.push("a line that nobody wrote".to_owned());
        let open = |credential: &str| Ok(credential.to_owned());
        let found: Vec<_> = logins.passwords("cori", open).authorized_locations.into_iter().collect();
        let expected = [("default", "MUNGE:d==:"), ("reg:5000", "MUNGE:b")];
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
