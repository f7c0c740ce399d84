//! Where no `udiRoot.conf` is installed: a gateway of the user's own, for as long as one call takes.
//!
//! It is an ordinary `shifter-imagegw` that runs as the user, listens on a Unix socket in a directory of his, and pulls into
//! the directory from which a `shifter` without privilege starts images. Its configuration is a file that the first call
//! writes and the user may change. Only one call at a time has a gateway: the next one waits for it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use serde_json::json;
use shifter_formats::image::ImageType;
use shifter_formats::personal::{Places, SYSTEM};
use shifter_formats::udiroot::Endpoint;

use crate::conf::Settings;
use crate::failure::Failure;

const GATEWAY: &str = "shifter-imagegw";
/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A gateway that ends with this value.
#[derive(Debug)]
pub(crate) struct Personal {
    gateway: Child,
    socket: PathBuf,
    /// Held by the one call that has a gateway.
    _turn: File,
}

impl Personal {
    /// Starts one, when no other call of this user has one.
    pub(crate) fn start() -> Result<Self, Failure> {
        let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let home = variable("HOME").filter(|home| home.is_absolute()).ok_or_else(|| {
            Failure::Usage("no udiRoot.conf is installed, and without one HOME must be an absolute path".to_owned())
        })?;
        let places = Places::new(&home, variable);
        let (installed, images) = (shifter_formats::SYSCONFDIR, places.images.display());
        eprintln!("shifterimg: no udiRoot.conf in {installed}: this is about images of your own, in {images}");
        let turn = make(&places).and_then(|()| wait_for_turn(&places.state.join("lock")));
        let turn = turn.map_err(|error| failed(&places.state, &error))?;
        configure(&places).map_err(|error| failed(&places.gateway, &error))?;
        let log = places.state.join("gateway.log");
        let socket = places.state.join("socket");
        let begin = || {
            Command::new(program())
                .arg("--config")
                .arg(&places.gateway)
                .arg("--listen")
                .arg(format!("unix:{}", socket.display()))
                .env("STATE_DIRECTORY", &places.state)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(&log)?)
                .spawn()
        };
        let gateway = begin().map_err(|error| Failure::Gateway(format!("cannot start `{GATEWAY}`: {error}")))?;
        let mut personal = Self { gateway, socket, _turn: turn };
        personal.wait_until_it_listens(&log)?;
        Ok(personal)
    }

    /// What the rest of the program has to know of it.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            gateways: vec![Endpoint::Unix(self.socket.clone())],
            certificates: None,
            timeout: None,
            system: SYSTEM.to_owned(),
            default_type: ImageType::Docker,
        }
    }

    fn wait_until_it_listens(&mut self, log: &Path) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(&self.socket).is_err() {
            let has_ended = !matches!(self.gateway.try_wait(), Ok(None));
            if has_ended || Instant::now() > deadline {
                let log = fs::read_to_string(log).unwrap_or_default();
                let last = log.lines().last().unwrap_or("it did not say why");
                return Err(Failure::Gateway(format!("your own gateway does not answer: {last}")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Personal {
    fn drop(&mut self) {
        let pid = i32::try_from(self.gateway.id()).map(Pid::from_raw);
        let asked = pid.is_ok_and(|pid| kill(pid, Signal::SIGTERM).is_ok());
        if !asked {
            let _it_has_ended = self.gateway.kill();
        }
        let _whatever_its_status = self.gateway.wait();
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::Gateway(format!("cannot use `{}`: {error}", path.display()))
}

/// The one beside this program, else that of `PATH`.
fn program() -> PathBuf {
    let beside = std::env::current_exe().map(|own| own.with_file_name(GATEWAY));
    beside.ok().filter(|path| path.exists()).unwrap_or_else(|| GATEWAY.into())
}

fn wait_for_turn(path: &Path) -> io::Result<File> {
    let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if lock.try_lock().is_err() {
        eprintln!("shifterimg: waiting for another shifterimg of yours");
        lock.lock()?;
    }
    Ok(lock)
}

/// All of them are the user's alone: whoever reaches the socket is served.
fn make(places: &Places) -> io::Result<()> {
    let configuration = places.gateway.parent().unwrap_or(Path::new("/"));
    let mut builder = DirBuilder::new();
    [&*places.images, &*places.cache, &*places.state, configuration]
        .into_iter()
        .try_for_each(|path| builder.recursive(true).mode(0o700).create(path))?;
    // One that was there before may be open to others.
    fs::set_permissions(&places.state, Permissions::from_mode(0o700))
}

/// Writes the configuration, if there is none. Directories rather than files, since those start without squashfuse_ll and
/// have room for the places of volumes.
fn configure(places: &Places) -> io::Result<()> {
    let registry = |host: &str| json!({ "remotetype": "dockerv2", "url": format!("https://{host}") });
    let written = json!({
        "DefaultImageLocation": "docker.io",
        "DefaultImageFormat": "vfs",
        "CacheDirectory": places.cache,
        "Locations": {
            "docker.io": registry("registry-1.docker.io"),
            "ghcr.io": registry("ghcr.io"),
            "quay.io": registry("quay.io"),
        },
        "Platforms": { SYSTEM: {
            "accesstype": "local",
            "imageOwner": geteuid().to_string(),
            "local": { "imageDir": places.images }
        } }
    });
    let text = serde_json::to_string_pretty(&written)? + "\n";
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&places.gateway) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        opened => opened?.write_all(text.as_bytes()),
    }
}
