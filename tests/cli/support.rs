//! What the tests of the command line share: a directory of profiles and the real program.

use std::{
    fs::Permissions,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A profile that is right in every respect and as short as can be.
pub(crate) const GOOD: &str = include_str!("../data/profiles/tiny.toml");

/// A directory with profiles in it; commands run there.
pub(crate) struct Site {
    directory: tempfile::TempDir,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    /// With this file; what lies in `secrets/` is its owner's alone.
    pub(crate) fn with(self, name: &str, text: &str) -> Self {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("made");
        std::fs::write(&path, text).expect("written");
        if name.contains("secrets/") {
            std::fs::set_permissions(path, Permissions::from_mode(0o600)).expect("our own file");
        }
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run_in(self.path(), arguments, "", &[])
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        run_in(self.path(), arguments, input, &[])
    }

    pub(crate) fn run_with_variables(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        run_in(self.path(), arguments, "", variables)
    }
}

/// Runs the program in `directory` with nothing of the caller's environment.
pub(crate) fn run_in(directory: &Path, arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_shifter-site"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The program may end without reading its input.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// The directory of the repository.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// [`GOOD`] with the first `from` replaced by `to`.
pub(crate) fn good_but(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from} is not in the good profile");
    GOOD.replacen(from, to, 1)
}

/// A profile with two errors, one with characters that every form must escape.
pub(crate) fn broken() -> String {
    good_but("[images]", "[images]\n\"a%b,c:d<e>&\\\"f\" = 1\npaht = 1")
}
