//! A job with its keys and its daemon, and Debian's OpenSSH as the client.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use shifter_formats::job_key::JobKey;
use shifter_formats::ssh_client;
use tempfile::TempDir;

/// What the user of every job here is called.
pub(crate) const USER: &str = "ada";
/// Debian's `nobody`: known to the client's libc, and nothing of his runs.
const NOBODY: u32 = 65534;

/// A job on one host.
pub(crate) struct Job {
    /// Its home, among others.
    pub(crate) place: TempDir,
    /// Where its keys are.
    pub(crate) keys: PathBuf,
    /// The keeper.
    pub(crate) sshd: Child,
    /// Where it listens.
    pub(crate) port: u16,
}

/// Whom a job is run by: root cannot.
fn uid() -> u32 {
    match rustix::process::getuid().as_raw() {
        0 => NOBODY,
        own => own,
    }
}

/// A command of the job's user.
pub(crate) fn as_user(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    if rustix::process::getuid().is_root() {
        command.uid(uid()).gid(uid());
    }
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
    command
}

impl Job {
    /// A job whose daemon listens at a free port of the loopback interface.
    pub(crate) fn begin() -> Job {
        let (place, keys) = prepare();
        let mut sshd = serve(place.path(), &keys);
        let (sshd, port) = started(sshd.spawn().unwrap());
        fs::write(place.path().join("ssh_config"), config(port, &keys)).unwrap();
        Job { place, keys, sshd, port }
    }

    /// A client of this name, with the configuration that a container gets.
    pub(crate) fn client(&self, program: &str) -> Command {
        let mut command = as_user(program);
        command.arg("-F").arg(self.place.path().join("ssh_config"));
        command
    }

    /// `ssh node LINE`, to its end.
    pub(crate) fn ssh(&self, line: &str) -> Output {
        self.client("ssh").arg("node").arg(line).stdin(Stdio::null()).output().unwrap()
    }

    /// What `ssh node LINE` says, without the end of the line.
    pub(crate) fn said(&self, line: &str) -> String {
        let output = self.ssh(line);
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// The user's home.
    pub(crate) fn home(&self) -> PathBuf {
        self.place.path().join("home")
    }

    /// Asks the keeper to end, and waits for it.
    pub(crate) fn end(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.sshd);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.sshd.wait().unwrap();
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Ok(None) = self.sshd.try_wait() {
            self.end();
        }
    }
}

/// A home with keys, and the daemon's program where the user can reach it.
pub(crate) fn prepare() -> (TempDir, PathBuf) {
    let place = tempfile::Builder::new().prefix("shifter-sshd-").tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let home = place.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(uid()), Some(uid())).unwrap();
    let program = place.path().join("shifter-sshd");
    let built = env!("CARGO_BIN_EXE_shifter-sshd");
    fs::hard_link(built, &program).or_else(|_| fs::copy(built, &program).map(drop)).unwrap();
    let passwd = format!("root:x:0:0::/root:/bin/sh\n{USER}:x:{0}:{0}::{1}:/bin/bash\n", uid(), home.display());
    fs::write(place.path().join("passwd"), passwd).unwrap();
    let keys = new_keys(place.path());
    (place, keys)
}

/// Makes keys in the home of this place; their directory.
pub(crate) fn new_keys(place: &Path) -> PathBuf {
    let home = place.join("home");
    let made = as_user(place.join("shifter-sshd")).arg("new-keys").arg("--home").arg(&home).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    JobKey::parse(std::str::from_utf8(&made.stdout).unwrap()).unwrap().directory(&home)
}

/// The daemon's command line.
pub(crate) fn serve(place: &Path, keys: &Path) -> Command {
    let mut sshd = as_user(place.join("shifter-sshd"));
    sshd.args(["serve", "--port", "0", "--listen", "127.0.0.1", "--passwd"]).arg(place.join("passwd"));
    sshd.arg("--keys").arg(keys).env("FROM_CONTAINER", "yes").stdout(Stdio::piped()).stdin(Stdio::null());
    sshd
}

/// Waits until it listens.
pub(crate) fn started(mut sshd: Child) -> (Child, u16) {
    let mut line = String::new();
    BufReader::new(sshd.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim_end().strip_prefix("listening on port ").unwrap_or_else(|| panic!("said {line:?}"));
    (sshd, port.parse().unwrap())
}

/// The client's configuration, with the loopback interface for the job's host.
pub(crate) fn config(port: u16, keys: &Path) -> String {
    let text = ssh_client::configuration(&["node"], port, USER, keys.to_str().unwrap());
    format!("Host node\n    HostName 127.0.0.1\n{text}")
}

/// How many processes have this among the words they were started with.
pub(crate) fn count(word: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|process| {
            let words = fs::read(process.path().join("cmdline")).unwrap_or_default();
            words.split(|byte| *byte == 0).any(|found| found == word.as_bytes())
        })
        .count()
}

/// Waits until something is so, for half a minute.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
