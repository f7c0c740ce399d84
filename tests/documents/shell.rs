//! Where a document's commands run: a directory of its own, the programs of this build, nothing of the caller's.

use std::{
    path::Path,
    process::{Command, Stdio},
};

pub(crate) struct Shell {
    directory: tempfile::TempDir,
}

impl Shell {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory") }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("below the directory")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    /// What `command` prints, errors among the rest as on a terminal.
    pub(crate) fn run(&self, command: &str) -> String {
        let programs = Path::new(env!("CARGO_BIN_EXE_shifter-site")).parent().expect("a directory");
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.display());
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(self.directory.path())
            .env_clear()
            .envs([("PATH", path.as_str()), ("HOME", "/nonexistent"), ("LC_ALL", "C.UTF-8"), ("NO_COLOR", "1")])
            .stdin(Stdio::null())
            .output()
            .expect("sh runs");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        if printed.is_empty() || printed.ends_with('\n') { printed } else { printed + "\n" }
    }
}
