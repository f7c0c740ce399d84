//! A secret that a program prints: sops, or a command of the profile. No shell, no input, no more than half a minute.

use super::{MOST_BYTES, ResolveError};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long a program may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// The value of `key`, dotted, in the sops document `file`. Its kind is told, never guessed from its content.
pub(super) fn sops(file: &str, key: &str, dir: &Path) -> Result<Zeroizing<Vec<u8>>, ResolveError> {
    let kind = match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("yaml" | "yml") => "yaml",
        Some("json") => "json",
        Some("env") => "dotenv",
        Some("ini") => "ini",
        Some("bin") => "binary",
        _ => return Err(ResolveError::SopsKind { file: file.to_owned() }),
    };
    let index: String = key.split('.').map(|part| format!("[{part:?}]")).collect();
    let mut command = Command::new("sops");
    command.args(["--decrypt", "--input-type", kind, "--output-type", kind, "--extract", &index]).arg(dir.join(file));
    run(&mut command, key, DEADLINE)
}

/// What the command `words` prints, run in `dir`.
pub(super) fn command(words: &[String], dir: &Path, name: &str) -> Result<Zeroizing<Vec<u8>>, ResolveError> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    run(Command::new(&words[0]).args(&words[1..]).current_dir(dir), name, DEADLINE)
}

/// Its standard error goes nowhere: what a password program says there may be the password.
fn run(command: &mut Command, name: &str, deadline: Duration) -> Result<Zeroizing<Vec<u8>>, ResolveError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |why: String| ResolveError::Program { program: program.clone(), name: name.to_owned(), why };
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let pipe = child.stdout.take().expect("it is piped");
    let (sender, receiver) = mpsc::channel();
    // It ends with the pipe: when the program and all it started are gone.
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 1));
        let read = pipe.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes);
        // Nobody listens any more once the time is over.
        let _ = sender.send(read.map(|_| bytes));
    });
    let printed = receiver.recv_timeout(deadline);
    let status = match &printed {
        Ok(Ok(bytes)) if bytes.len() <= MOST_BYTES => wait(&mut child, begun, deadline),
        _ => None,
    };
    let Some(status) = status else {
        end(&mut child);
        return match printed {
            Ok(Ok(bytes)) if bytes.len() > MOST_BYTES => Err(ResolveError::TooLong { name: name.to_owned() }),
            Ok(Err(error)) => Err(failed(error.to_string())),
            _ => Err(failed(format!("it has not ended after {} s", deadline.as_secs()))),
        };
    };
    match printed {
        Ok(Ok(bytes)) if status.success() => Ok(bytes),
        _ => Err(failed(format!("{status}; run it by hand to see why"))),
    }
}

/// How the program ended; none when it has not in time.
fn wait(child: &mut Child, begun: Instant, deadline: Duration) -> Option<std::process::ExitStatus> {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if begun.elapsed() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Ends the program and what it started.
fn end(child: &mut Child) {
    if let Ok(group) = i32::try_from(child.id()) {
        // It may have ended by itself meanwhile.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn words_reach_the_program_as_they_are_without_a_shell() {
        let printed = command(&words(&["/bin/echo", "$(id)", "; ls"]), Path::new(""), "x").unwrap();
        assert_eq!(printed.as_slice(), b"$(id) ; ls\n");
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_all_it_started() {
        let begun = Instant::now();
        let mut hangs = Command::new("/bin/sh");
        hangs.args(["-c", "sleep 600 & sleep 600"]);
        let error = run(&mut hangs, "x", Duration::from_millis(200)).unwrap_err().to_string();
        assert!(error.contains("has not ended"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_failing_program_is_named_and_what_it_printed_is_not() {
        let failing = words(&["/bin/sh", "-c", "echo half-a-secret; echo half-a-secret >&2; exit 3"]);
        let error = command(&failing, Path::new(""), "entry").unwrap_err().to_string();
        assert_eq!(error, "`/bin/sh` did not give the secret `entry`: exit status: 3; run it by hand to see why");
    }

    #[test]
    fn a_flood_is_cut_off() {
        let error = command(&words(&["/usr/bin/yes"]), Path::new(""), "flood").unwrap_err();
        assert!(matches!(error, ResolveError::TooLong { .. }), "{error}");
    }

    #[test]
    fn a_sops_document_tells_its_kind_by_its_ending() {
        let error = sops("secrets/x.txt", "a", Path::new("")).unwrap_err().to_string();
        assert!(error.contains(".yaml, .json"), "{error}");
    }
}
