//! Who the user is: his line of the container's passwd(5), read by ourselves.
//!
//! A static program cannot ask libc, whose name service loads modules of the very libc it was linked with.

use std::io;
use std::path::{Path, PathBuf};

/// No passwd file of a container is larger. Bytes.
const LARGEST: u64 = 64 << 20;

/// What a session needs to know of its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// His login name, the only one that may log in.
    pub name: String,
    /// Where a session begins, if the container has it.
    pub home: PathBuf,
    /// What a session runs; `/bin/sh` where the line names none.
    pub shell: PathBuf,
}

/// Why nobody is known.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The file cannot be read.
    #[error("cannot read `{}`", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// It has no such line.
    #[error("`{path}` has no line of passwd(5) for uid {uid}", path = .path.display())]
    Unknown {
        /// Which.
        path: PathBuf,
        /// For whom.
        uid: u32,
    },
}

/// Looks for a uid in a passwd file; the first line that has it counts.
///
/// # Errors
/// When the file cannot be read, or has no such line.
pub fn find(passwd: &Path, uid: u32) -> Result<Account, AccountError> {
    use io::Read as _;
    let mut text = Vec::new();
    std::fs::File::open(passwd)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut text))
        .map_err(|error| AccountError::Read(passwd.to_owned(), error))?;
    let text = String::from_utf8_lossy(&text);
    in_text(&text, uid).ok_or_else(|| AccountError::Unknown { path: passwd.to_owned(), uid })
}

fn in_text(text: &str, uid: u32) -> Option<Account> {
    text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, number, _, _, home, shell] = fields.as_slice() else { return None };
        (number.parse() == Ok(uid) && !name.is_empty()).then(|| Account {
            name: (*name).to_owned(),
            home: PathBuf::from(home),
            shell: PathBuf::from(if shell.is_empty() { "/bin/sh" } else { shell }),
        })
    })
}

impl Account {
    /// The shell, or `/bin/sh` where the image does not have the one that the site gave the user.
    #[must_use]
    pub fn shell_of_image(&self) -> &Path {
        let is_there = rustix::fs::access(&self.shell, rustix::fs::Access::EXEC_OK).is_ok();
        if is_there { &self.shell } else { Path::new("/bin/sh") }
    }

    /// The home, or `/` where the container does not have it.
    #[must_use]
    pub fn home_of_image(&self) -> &Path {
        if self.home.is_dir() { &self.home } else { Path::new("/") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_with_the_uid_counts_and_a_missing_shell_is_sh() {
        let text = "broken\nroot:x:0:0:r:/root:/bin/bash\nada:x:1000:100::/home/ada:\nbob:x:1000:100::/b:/bin/zsh\n";
        let ada = Account { name: "ada".into(), home: "/home/ada".into(), shell: "/bin/sh".into() };
        assert_eq!(in_text(text, 1000), Some(ada));
        assert_eq!(in_text(text, 7), None);
    }

    #[test]
    fn a_shell_and_a_home_that_the_image_lacks_are_replaced() {
        let account = Account { name: "ada".into(), home: "/no/home".into(), shell: "/no/shell".into() };
        assert_eq!((account.shell_of_image(), account.home_of_image()), (Path::new("/bin/sh"), Path::new("/")));
    }
}
