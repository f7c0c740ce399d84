//! A PostgreSQL of the test's own: private data, private socket, gone at the end, however the test ends.

use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Debian keeps the server's programs beside those of other versions.
const DEBIAN: &str = "/usr/lib/postgresql/15/bin";

/// A server with its data.
pub(crate) struct Postgres {
    dir: PathBuf,
    port: u16,
    options: Vec<String>,
    keeper: Option<Child>,
}

impl Postgres {
    /// Makes the data and starts a server that listens on a Unix socket alone.
    pub(crate) fn start() -> Self {
        Self::with_port(5432, &["-c", "listen_addresses="])
    }

    /// With these options of the server, one of which may be this port.
    pub(crate) fn with_port(port: u16, options: &[&str]) -> Self {
        let dir = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").expect("a directory in /tmp").keep();
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).expect("own directory");
        give(&dir);
        let mut initdb = as_server_user(Command::new(program("initdb")));
        initdb.arg("-D").arg(dir.join("data"));
        initdb.args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
            "--no-instructions",
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
        ]);
        let made = initdb.current_dir(&dir).output().expect("initdb is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // Where it listens on TCP at all, a test wants it to be reached from there.
        let access = std::fs::OpenOptions::new().append(true).open(dir.join("data/pg_hba.conf"));
        access.and_then(|mut file| file.write_all(b"host all all all trust\n")).expect("the data are there");
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut server = Self { dir, port, options, keeper: None };
        server.start_again();
        server
    }

    /// Starts the server that [`Postgres::stop`] has stopped.
    pub(crate) fn start_again(&mut self) {
        // The shell stops the server when its input ends: when this is dropped, or the test dies.
        let script = r#""$0" "$@" >log 2>&1 & server=$!; read -r last; kill -QUIT $server; wait $server
                        [ "$last" = stop ] || rm -rf "$PWD""#;
        let mut keeper = as_server_user(Command::new("/bin/sh"));
        keeper.args(["-c", script]).arg(program("postgres")).arg("-D").arg(self.dir.join("data"));
        keeper.arg("-k").arg(&self.dir).args([
            "-c",
            "fsync=off",
            "-c",
            "shared_buffers=16MB",
            "-c",
            "max_connections=200",
        ]);
        keeper.args(&self.options).current_dir(&self.dir).stdin(Stdio::piped()).stdout(Stdio::null());
        self.keeper = Some(keeper.process_group(0).spawn().expect("a shell"));
        let deadline = Instant::now() + Duration::from_secs(60);
        while ::postgres::Client::connect(&self.url("postgres"), ::postgres::NoTls).is_err() {
            let log = || std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "PostgreSQL does not answer: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops the server at once, as a crash does. Its data stay.
    pub(crate) fn stop(&mut self) {
        self.end("stop\n");
    }

    /// The URL of a database of this server.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@/{database}?host={}&port={}", self.dir.display(), self.port)
    }

    /// The URL of a new and empty database.
    pub(crate) fn new_database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut client = ::postgres::Client::connect(&self.url("postgres"), ::postgres::NoTls).expect("a server");
        client.batch_execute(&format!("CREATE DATABASE {name}")).expect("a database");
        self.url(&name)
    }

    fn end(&mut self, last: &str) {
        let Some(mut keeper) = self.keeper.take() else { return };
        let _ = keeper.stdin.take().expect("it was piped").write_all(last.as_bytes());
        let _ = keeper.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end("");
    }
}

/// Gives what the server reads to whom it runs as.
pub(crate) fn give(path: &Path) {
    if let Some((uid, gid)) = server_user() {
        chown(path, Some(uid), Some(gid)).expect("root gives away");
    }
}

fn program(name: &str) -> PathBuf {
    let debian = Path::new(DEBIAN).join(name);
    if debian.exists() { debian } else { PathBuf::from(name) }
}

/// initdb(1) and postgres(1) refuse to run as root.
fn as_server_user(mut command: Command) -> Command {
    if let Some((uid, gid)) = server_user() {
        command.uid(uid).gid(gid);
    }
    command
}

fn server_user() -> Option<(u32, u32)> {
    if !nix::unistd::geteuid().is_root() {
        return None;
    }
    let user = nix::unistd::User::from_name("postgres").ok().flatten();
    Some(user.map_or((65534, 65534), |user| (user.uid.as_raw(), user.gid.as_raw())))
}
