//! A `munged` of the test's own: private key, private socket, gone at the end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running `munged`.
pub(crate) struct Munged {
    child: Child,
    socket: PathBuf,
    _dir: tempfile::TempDir,
}

impl Munged {
    /// Starts one and waits until it listens.
    pub(crate) fn start() -> Self {
        Self::start_with_key(131)
    }

    /// Starts one whose key is made from a number.
    pub(crate) fn start_with_key(seed: u32) -> Self {
        let dir = tempfile::Builder::new().prefix("munged").tempdir_in("/tmp").expect("a directory in /tmp");
        let at = |name: &str| dir.path().join(name);
        // Other users' clients must reach the socket.
        set_mode(dir.path(), 0o755);
        let key: Vec<u8> = (0..1024_u32).map(|i| (i * seed % 251) as u8).collect();
        std::fs::write(at("key"), key).expect("the key is written");
        set_mode(&at("key"), 0o600);
        let option = |name: &str, file: &str| format!("--{name}={}", at(file).display());
        let child = Command::new("munged")
            .args(["--foreground", "--force", "--num-threads=4"])
            .arg(option("key-file", "key"))
            .arg(option("socket", "socket"))
            .arg(option("pid-file", "pid"))
            .arg(option("log-file", "log"))
            .arg(option("seed-file", "seed"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("munged is installed");
        let socket = at("socket");
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < deadline, "munged does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, socket, _dir: dir }
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Munged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("own file");
}
