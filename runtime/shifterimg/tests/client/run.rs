//! Running the client: as another user, and beside a `munged` at the place libmunge looks at.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::daemon::{Daemon, Site};
use super::layout;
use super::munged::Munged;

/// Where nobody has logged in to a registry.
const NO_HOME: &str = "/nonexistent";

/// What the client printed, and its exit status.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A running gateway with the image `hello:1`.
pub(crate) struct Gateway {
    pub(crate) site: Site,
    pub(crate) id: String,
    pub(crate) munged: Munged,
    _daemon: Daemon,
}

impl Gateway {
    pub(crate) fn start() -> Self {
        let munged = Munged::start();
        let site = Site::new(munged.socket());
        let id = layout::write(&site.path("layouts"), "hello", "1", &[("hello", b"hi\n")]);
        let daemon = site.start(gateway_program());
        Self { site, id, munged, _daemon: daemon }
    }

    /// Runs the client as root, who administers the system.
    pub(crate) fn admin(&self, args: &[&str]) -> Ran {
        let endpoint = format!("unix:{}", self.site.path("socket").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_shifterimg"));
        command.arg("--config").arg(self.conf(&endpoint)).args(args).env("HOME", NO_HOME);
        run(command)
    }

    /// Runs the client as uid 65534 with the gateway's Unix socket.
    pub(crate) fn client(&self, args: &[&str]) -> Ran {
        let endpoint = format!("unix:{}", self.site.path("socket").display());
        client(&self.conf(&endpoint), args)
    }

    /// A `udiRoot.conf` with these gateways.
    pub(crate) fn conf(&self, gateways: &str) -> PathBuf {
        conf(&self.site.path("udiRoot.conf"), gateways)
    }
}

/// Writes a `udiRoot.conf`.
pub(crate) fn conf(path: &Path, gateways: &str) -> PathBuf {
    let text = format!(
        "system = cori\nimageGateway = {gateways}\ngatewayTimeout = 20\nudiMount = /var/udiMount\n\
         loopMount = /var/loopUdiMount\nimagePath = /images\netcPath = /etc/shifter/etc\n\
         mountUdiRootWritable = 1\nmaxGroupCount = 31\n"
    );
    std::fs::write(path, text).unwrap();
    path.to_owned()
}

/// Runs the client as uid 65534.
pub(crate) fn client(conf: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shifterimg"));
    command.arg("--config").arg(conf).args(args).uid(65534).gid(65534).env("HOME", NO_HOME);
    run(command)
}

/// Runs the client with `munged` where libmunge looks for it, in a mount namespace of its own.
pub(crate) fn client_with_munge(munged: &Munged, conf: &Path, args: &[&str]) -> Ran {
    const SCRIPT: &str = "mount -t tmpfs tmpfs /run && mkdir /run/munge && \
                          ln -s \"$0\" /run/munge/munge.socket.2 && exec setpriv --reuid 65534 --clear-groups \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", SCRIPT]).arg(munged.socket());
    command.arg(env!("CARGO_BIN_EXE_shifterimg")).arg("--config").arg(conf).args(args).env("HOME", NO_HOME);
    run(command)
}

pub(crate) fn run(mut command: Command) -> Ran {
    let output = command.env("TZ", "UTC").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// The gateway's program.
pub(crate) fn gateway_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("shifter-imagegw", "shifter-imagegw"))
}

/// A program of another package: what a test of the workspace has built, or else built here.
pub(crate) fn built(package: &str, name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let dir = here.parent().and_then(Path::parent).unwrap();
    let program = dir.join(name);
    if program.exists() {
        return program;
    }
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", package, "--bin", name]);
    if dir.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success());
    program
}
