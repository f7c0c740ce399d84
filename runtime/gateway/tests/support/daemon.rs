//! A real `shifter-imagegw`, on a socket and a port of its own.

use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A directory with a configuration, images, a cache and a database.
pub(crate) struct Site {
    dir: tempfile::TempDir,
    /// `imagemanager.json` as a value; changed before a start.
    pub(crate) config: Value,
    port: u16,
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
        // A port nobody has now; the gateway opens it a moment later.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let config = json!({
            "LogLevel": "debug",
            "DefaultImageLocation": "site",
            "DefaultImageFormat": "squashfs",
            "Database": format!("sqlite://{}", at("gateway.db")),
            "CacheDirectory": at("cache"),
            "Listen": [format!("unix:{}", at("socket")), format!("tcp:127.0.0.1:{port}")],
            "Locations": { "site": { "remotetype": "oci-layout", "url": format!("oci:{}", at("layouts")) } },
            "Platforms": { "cori": {
                "mungeSocketPath": munge,
                "accesstype": "local",
                "admins": ["root"],
                "local": { "imageDir": at("images") }
            } }
        });
        Self { dir, config, port }
    }

    /// A path within the site.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `127.0.0.1:port`.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
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

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("own file");
}
