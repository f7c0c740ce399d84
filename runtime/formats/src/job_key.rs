//! The public key of a job, as `setupRoot -s` gets it: one line as `ssh-keygen` writes it, of one kind only.
//!
//! It comes from a user, through a batch system, to root. Root needs two things of it: that it is nothing but a key, and
//! where the user keeps what belongs to it. Both are told by its text; nothing is decoded by root.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::sha256::hex_digest;

/// The one kind of key.
const KIND: &str = "ssh-ed25519";
/// How the base64 form of every key of this kind begins: the length and name of the kind, and the length of what follows.
const BEGINNING: &str = "AAAAC3NzaC1lZDI1NTE5AAAAI";
/// How long it is: 51 bytes.
const LENGTH: usize = 68;
/// Where a user keeps the keys of his jobs, below his home.
const PLACE: &str = ".udiRoot/ssh";

/// A public key of ed25519.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobKey(String);

/// A text that is no such key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJobKey;

impl fmt::Display for NotJobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a public key of the form `{KIND} {BEGINNING}...` (shifter-sshd new-keys makes one)")
    }
}

impl std::error::Error for NotJobKey {}

impl JobKey {
    /// The files of a job's key directory, all of the user's own: the private key of the job and its public one, the
    /// private key of its hosts, and what a client knows them by.
    pub const FILES: [&str; 4] = ["id_ed25519", "id_ed25519.pub", "host_ed25519", "known_hosts"];

    /// Reads a key; a comment behind it is left out.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<JobKey, NotJobKey> {
        let mut words = text.split_ascii_whitespace();
        let (Some(KIND), Some(key)) = (words.next(), words.next()) else { return Err(NotJobKey) };
        let is_base64 = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/');
        let is_key = key.len() == LENGTH && key.starts_with(BEGINNING) && is_base64;
        is_key.then(|| JobKey(key.to_owned())).ok_or(NotJobKey)
    }

    /// Where a user with this home keeps what belongs to the key.
    #[must_use]
    pub fn directory(&self, home: &Path) -> PathBuf {
        home.join(PLACE).join(hex_digest(self.0.as_bytes()))
    }
}

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{KIND} {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPkJx1PCSTXZ4UGoTn4Gk0mXXQ6TeVnGAeyxMbDH+/a";

    #[test]
    fn a_key_is_read_with_or_without_a_comment_and_names_its_directory() {
        let key = JobKey::parse(KEY).unwrap();
        assert_eq!(JobKey::parse(&format!("{KEY} ada@login1\n")), Ok(key.clone()));
        assert_eq!(key.to_string(), KEY);
        let place = key.directory(Path::new("/home/ada"));
        let name = place.strip_prefix("/home/ada/.udiRoot/ssh").unwrap().to_str().unwrap();
        assert!(name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    }

    #[test]
    fn nothing_else_is_a_key() {
        for text in [
            "",
            "ssh-ed25519",
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ",
            &KEY.replace("ssh-ed25519 ", "ssh-rsa "),
            &KEY[..KEY.len() - 1],
            &format!("{KEY}A"),
            &KEY.replace('+', "-"),
            &KEY.replace("IGPk", "JGPk"),
            "command=\"x\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPkJx1PCSTXZ4UGoTn4Gk0mXXQ6TeVnGAeyxMbDH+/a",
        ] {
            assert_eq!(JobKey::parse(text), Err(NotJobKey), "{text}");
        }
    }
}
