//! A real `shifter-imagegw`, on a socket and a port of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A directory with a configuration, images, a cache and a database.
pub(crate) struct Site {
    dir: tempfile::TempDir,
    /// `imagemanager.json` as a value; changed before a start.
    pub(crate) config: Value,
    address: SocketAddr,
}

/// A running gateway, killed at the end.
pub(crate) struct Daemon {
    pub(crate) child: Child,
}

impl Site {
    /// A site with the system `cori`, whose munged listens at `munge`.
    pub(crate) fn new(munge: &Path) -> Self {
        let dir = tempfile::Builder::new().prefix("gateway").tempdir_in("/tmp").expect("a directory");
        set_mode(dir.path(), 0o755);
        let at = |name: &str| dir.path().join(name).display().to_string();
        std::fs::create_dir(at("layouts")).expect("a directory");
        let address = address_of_ones_own();
        let config = json!({
            "LogLevel": "debug",
            "DefaultImageLocation": "site",
            "DefaultImageFormat": "squashfs",
            "Database": format!("sqlite://{}", at("gateway.db")),
            "CacheDirectory": at("cache"),
            "Listen": [format!("unix:{}", at("socket")), format!("tcp:{address}")],
            "Locations": { "site": { "remotetype": "oci-layout", "url": format!("oci:{}", at("layouts")) } },
            "Platforms": { "cori": {
                "mungeSocketPath": munge,
                "accesstype": "local",
                "admins": ["root"],
                "local": { "imageDir": at("images") }
            } }
        });
        Self { dir, config, address }
    }

    /// A path within the site.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where it listens on TCP.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Writes the configuration.
    pub(crate) fn write_config(&self) -> PathBuf {
        let path = self.path("imagemanager.json");
        std::fs::write(&path, self.config.to_string()).expect("the configuration");
        set_mode(&path, 0o600);
        path
    }

    /// Starts `program` and waits until it answers.
    pub(crate) fn start(&self, program: &Path) -> Daemon {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.path("log")).expect("a log");
        let child = Command::new(program)
            .arg("--config")
            .arg(self.write_config())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the gateway starts");
        let mut daemon = Daemon { child };
        let deadline = Instant::now() + Duration::from_secs(30);
        while UnixStream::connect(self.path("socket")).is_err() {
            let ended = daemon.child.try_wait().expect("a child");
            assert!(ended.is_none() && Instant::now() < deadline, "{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }

    /// What the gateway has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of an address of 127.0.0.0/8 that nothing else on this machine uses. The program that is told of it opens it a
/// moment later; a port of 127.0.0.1 could then be that of somebody's connection.
pub(crate) fn address_of_ones_own() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = (std::process::id() << 6).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
    let [_, a, b, c] = number.to_be_bytes();
    let address = (Ipv4Addr::new(127, a | 0x80, b, c), 0);
    TcpListener::bind(address).and_then(|socket| socket.local_addr()).expect("a port")
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("own file");
}
