//! A gateway to be measured: its own munged, its own folder, a socket file and a port.

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::process::Process;
use crate::cargo;

/// The system of the bench.
const SYSTEM: &str = "bench";

/// A folder below `target/bench` that goes with its owner.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Result<Self> {
        let path = cargo::programs("bench").join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies below `target`.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The daemon that vouches for users.
pub(super) struct Munged {
    pub(super) process: Process,
    pub(super) socket: PathBuf,
}

impl Munged {
    pub(super) fn start(folder: &Folder) -> Result<Self> {
        let at = |name: &str| folder.path(&format!("munge-{name}"));
        let key: Vec<u8> = (0..1024_u32).map(|n| (n * 131 % 251) as u8).collect();
        fs::write(at("key"), key)?;
        fs::set_permissions(at("key"), Permissions::from_mode(0o600))?;
        let mut command = Command::new("munged");
        command.args(["--foreground", "--force"]);
        for (name, file) in
            [("key-file", "key"), ("socket", "socket"), ("pid-file", "pid"), ("log-file", "log"), ("seed-file", "seed")]
        {
            command.arg(format!("--{name}={}", at(file).display()));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Process::start(&mut command)?;
        let socket = at("socket");
        process.wait_until("munged", || UnixStream::connect(&socket).is_ok())?;
        Ok(Self { process, socket })
    }
}

/// A running gateway.
pub(super) struct Gateway {
    pub(super) process: Process,
    pub(super) address: SocketAddrV4,
    pub(super) socket: PathBuf,
}

impl Gateway {
    /// Starts one on an empty folder. `layouts` is where the location `site` has its OCI layouts.
    pub(super) fn start(folder: &Folder, munge: &Path, layouts: &Path) -> Result<Self> {
        let at = |name: &str| folder.path(name);
        let address = free_address()?;
        let config = json!({
            "LogLevel": "info",
            "WorkerThreads": 4,
            "DefaultImageLocation": "site",
            "DefaultImageFormat": "squashfs",
            "Database": format!("sqlite://{}", at("gateway.db").display()),
            "CacheDirectory": at("cache"),
            "Listen": [format!("unix:{}", at("socket").display()), format!("tcp:{address}")],
            "Metrics": true,
            "Compat": { "anonymous": true },
            "Locations": { "site": { "remotetype": "oci-layout", "url": format!("oci:{}", layouts.display()) } },
            "Platforms": { SYSTEM: {
                "mungeSocketPath": munge, "accesstype": "local", "local": { "imageDir": at("images") }
            } }
        });
        let path = at("imagemanager.json");
        fs::write(&path, config.to_string())?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let log = fs::File::create(at("log"))?;
        let mut command = Command::new(cargo::programs("release").join("shifter-imagegw"));
        command.arg("--config").arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut process = Process::start(&mut command)?;
        let socket = at("socket");
        let begun = process.wait_until("the gateway", || UnixStream::connect(&socket).is_ok());
        begun.with_context(|| fs::read_to_string(at("log")).unwrap_or_default())?;
        Ok(Self { process, address, socket })
    }

    /// Asks for a pull, or for how it stands.
    pub(super) fn pull(&self, image: &str) -> Result<Value> {
        self.ask("POST", &format!("/api/pull/{SYSTEM}/docker/{image}/"))
    }

    /// Waits until all these images are there.
    pub(super) fn wait_for(&self, images: &[String]) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(600);
        for image in images {
            loop {
                let record = self.pull(image)?;
                match record["status"].as_str() {
                    Some("READY") => break,
                    Some("FAILURE") => bail!("the pull of {image} failed: {record}"),
                    _ if Instant::now() > deadline => bail!("the pull of {image} does not end: {record}"),
                    _ => std::thread::sleep(Duration::from_millis(20)),
                }
            }
        }
        Ok(())
    }

    /// One request as this process, over the socket file.
    pub(super) fn ask(&self, method: &str, path: &str) -> Result<Value> {
        let mut stream = UnixStream::connect(&self.socket)?;
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
        Ok(serde_json::from_str(body)?)
    }
}

/// The path of a lookup.
pub(super) fn lookup(image: &str) -> String {
    format!("/api/lookup/{SYSTEM}/docker/{image}/")
}

/// A port of an address that nothing else uses.
pub(super) fn free_address() -> Result<SocketAddrV4> {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let socket = TcpListener::bind((Ipv4Addr::new(127, 32, high, low.clamp(1, 254)), 0))?;
    match socket.local_addr()? {
        std::net::SocketAddr::V4(address) => Ok(address),
        std::net::SocketAddr::V6(_) => bail!("an address of the wrong family"),
    }
}
