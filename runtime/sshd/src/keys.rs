//! The keys of a job: made once where it is submitted, by the user's own process, and used on all its nodes.
//!
//! `~/.udiRoot/ssh/<SHA-256 of the public key>/`, mode 0700, with the files of [`JobKey::FILES`], mode 0600.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey, PublicKey};
use shifter_formats::job_key::JobKey;
use shifter_formats::ssh_client::HOST_ALIAS;

/// No file of keys is larger. Bytes.
const LARGEST: u64 = 64 << 10;
const READABLE_BY_OTHERS: u32 = 0o077;

/// What the daemon is known by, and what it knows.
#[derive(Debug)]
pub struct Keys {
    /// The host's own.
    pub host: PrivateKey,
    /// The only one that may log in.
    pub authorized: PublicKey,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file or directory could not be made.
    #[error("cannot make `{}`", .0.display())]
    Make(PathBuf, #[source] io::Error),
    /// A file cannot be read.
    #[error("cannot read `{}`", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// Others could read or write a key.
    #[error("`{path}` is owned by uid {owner} with mode {mode:04o}: it must be your own, mode 0600", path = .path.display())]
    Exposed {
        /// Which.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who may do what.
        mode: u32,
    },
    /// A file holds no key of ed25519.
    #[error("`{}` holds no key of ed25519", .0.display())]
    NotKey(PathBuf),
    /// Keys cannot be written in their form.
    #[error("the new keys cannot be written")]
    Form(#[source] russh::keys::ssh_key::Error),
}

/// Makes the keys of a new job below a home; its public key.
///
/// # Errors
/// When they cannot be written.
pub fn make(home: &Path) -> Result<JobKey, KeyError> {
    let new = || PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).map_err(KeyError::Form);
    let (job, host) = (new()?, new()?);
    let text = |key: &PublicKey| key.to_openssh().map_err(KeyError::Form);
    let secret = |key: &PrivateKey| key.to_openssh(LineEnding::LF).map_err(KeyError::Form);
    let public = text(job.public_key())?;
    let key = JobKey::parse(&public).map_err(|_| KeyError::Form(russh::keys::ssh_key::Error::AlgorithmUnknown))?;
    let place = key.directory(home);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&place)
        .map_err(|error| KeyError::Make(place.clone(), error))?;
    let known = format!("{HOST_ALIAS} {}\n", text(host.public_key())?);
    let (job, host) = (secret(&job)?, secret(&host)?);
    let contents = [job.as_str(), &format!("{public}\n"), host.as_str(), &known];
    for (name, content) in JobKey::FILES.into_iter().zip(contents) {
        let path = place.join(name);
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(content.as_bytes()));
        written.map_err(|error| KeyError::Make(path, error))?;
    }
    Ok(key)
}

/// Reads what the daemon needs of a job's directory.
///
/// # Errors
/// When a file is missing, is not the user's own, or holds something else.
pub fn load(directory: &Path, uid: u32) -> Result<Keys, KeyError> {
    let [_, authorized, host, _] = JobKey::FILES.map(|name| directory.join(name));
    let is_ed25519 = |algorithm: Algorithm| algorithm == Algorithm::Ed25519;
    let host_key = PrivateKey::from_openssh(read(&host, uid)?).ok().filter(|key| is_ed25519(key.algorithm()));
    let public = String::from_utf8(read(&authorized, uid)?).ok();
    let public = public.and_then(|text| PublicKey::from_openssh(&text).ok()).filter(|key| is_ed25519(key.algorithm()));
    Ok(Keys { host: host_key.ok_or(KeyError::NotKey(host))?, authorized: public.ok_or(KeyError::NotKey(authorized))? })
}

fn read(path: &Path, uid: u32) -> Result<Vec<u8>, KeyError> {
    use io::Read as _;
    let failed = |error| KeyError::Read(path.to_owned(), error);
    let file = fs::File::open(path).map_err(failed)?;
    let facts = file.metadata().map_err(failed)?;
    let mode = facts.mode() & 0o7777;
    if facts.uid() != uid || mode & READABLE_BY_OTHERS != 0 {
        return Err(KeyError::Exposed { path: path.to_owned(), owner: facts.uid(), mode });
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn uid() -> u32 {
        rustix::process::getuid().as_raw()
    }

    #[test]
    fn new_keys_are_the_users_alone_and_differ_from_job_to_job() {
        let home = tempfile::tempdir().unwrap();
        let (one, other) = (make(home.path()).unwrap(), make(home.path()).unwrap());
        assert_ne!(one, other);
        let [one, other] = [one, other].map(|key| key.directory(home.path()));
        assert_eq!(fs::metadata(&one).unwrap().mode() & 0o777, 0o700);
        let [one, other] = [one, other].map(|directory| load(&directory, uid()).unwrap());
        assert_ne!(one.host.public_key(), other.host.public_key());
        assert_ne!(one.authorized, other.authorized);
    }

    #[test]
    fn keys_that_others_can_read_or_that_are_none_are_refused() {
        let home = tempfile::tempdir().unwrap();
        let place = make(home.path()).unwrap().directory(home.path());
        let host = place.join("host_ed25519");
        fs::set_permissions(&host, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(load(&place, uid()).unwrap_err().to_string().contains("mode 0640: it must be your own, mode 0600"));
        fs::set_permissions(&host, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(load(&place, uid() + 1).unwrap_err().to_string().contains("is owned by uid"));
        fs::write(&host, "x").unwrap();
        assert!(load(&place, uid()).unwrap_err().to_string().ends_with("holds no key of ed25519"));
    }
}
