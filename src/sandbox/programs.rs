//! The programs of a site: where they are built, and how they are started on the scratch machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::machine::Machine;
use super::namespace::Rights;
use super::{PREFIX, TryError};

/// Longest time the gateway may take to listen.
const GATEWAY_DEADLINE: Duration = Duration::from_secs(20);

/// Name, folder below the prefix, and mode of each program; the runtime is setuid root as it is on a node.
const PROGRAMS: &[(&str, &str, u32)] =
    &[("shifter", "bin", 0o4755), ("shifterimg", "bin", 0o755), ("shifter-imagegw", "sbin", 0o755)];

/// Checks that all programs lie beside this one; gives their folder.
pub(super) fn folder() -> Result<PathBuf, TryError> {
    let own = std::env::current_exe().map_err(|source| TryError::io("find", "/proc/self/exe", source))?;
    let folder = own.parent().unwrap_or(Path::new("/")).to_owned();
    match PROGRAMS.iter().find(|(name, ..)| !folder.join(name).is_file()) {
        Some((program, ..)) => Err(TryError::NoProgram { program, folder }),
        None => Ok(folder),
    }
}

/// Installs the programs on the machine below [`PREFIX`].
pub(super) fn install(machine: &mut Machine, folder: &Path, rights: Rights) -> Result<(), TryError> {
    for (name, place, mode) in PROGRAMS {
        let mode = if rights == Rights::Root { *mode } else { mode & 0o777 };
        machine.copy(&folder.join(name), &Path::new(PREFIX).join(place).join(name), mode)?;
    }
    Ok(())
}

/// The path of a program on the scratch machine.
pub(super) fn path(program: &str) -> String {
    let place = PROGRAMS.iter().find(|(name, ..)| *name == program).map_or("bin", |(_, place, _)| place);
    format!("{PREFIX}/{place}/{program}")
}

/// A gateway that runs until it is dropped.
pub(super) struct Gateway(Child);

impl Gateway {
    /// Starts the gateway with the rendered configuration and waits until its socket takes connections.
    pub(super) fn start(config: &Path, socket: &Path, log: &Path) -> Result<Self, TryError> {
        let out = fs::File::create(log).map_err(|source| TryError::io("write", log, source))?;
        let err = out.try_clone().map_err(|source| TryError::io("write", log, source))?;
        let program = path("shifter-imagegw");
        let child = Command::new(&program)
            .arg("--config")
            .arg(config)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|source| TryError::io("run", &program, source))?;
        let mut gateway = Self(child);
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(socket).is_err() {
            let ended = gateway.0.try_wait().map_err(|source| TryError::io("wait for", &program, source))?;
            let output = || fs::read_to_string(log).unwrap_or_default();
            if let Some(status) = ended {
                return Err(TryError::Failed { command: program, status, output: output() });
            }
            if begun.elapsed() > GATEWAY_DEADLINE {
                let seconds = GATEWAY_DEADLINE.as_secs();
                return Err(TryError::GatewaySilent { socket: socket.to_owned(), seconds, log: output() });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(gateway)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It is the machine's own process and the machine is about to end: there is nobody to tell of a failure.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a command to its end with nothing to read; its output, or an error that holds it.
pub(super) fn output_of(command: &mut Command) -> Result<Output, TryError> {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let output = command.stdin(Stdio::null()).output().map_err(|source| TryError::io("run", &words[0], source))?;
    if output.status.success() {
        return Ok(output);
    }
    let printed = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    Err(TryError::Failed {
        command: words.join(" "),
        status: output.status,
        output: String::from_utf8_lossy(&printed).into_owned(),
    })
}
