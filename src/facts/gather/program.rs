//! Running a program of the node, without a shell and without the caller's environment.

use super::deadline::within;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where programs are looked for.
pub(super) const DIRECTORIES: [&str; 6] =
    ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

/// Why a program gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAnswer {
    /// The files of a node are looked at, and not the node.
    #[error("only the node itself can tell")]
    NotHere,
    /// It is not installed.
    #[error("there is no {0}")]
    NotFound(String),
    /// It took too long.
    #[error("{0} did not answer in time")]
    Late(String),
    /// It said no.
    #[error("{program}: {said}")]
    Failed {
        /// The program.
        program: String,
        /// The last line it said, or its exit status.
        said: String,
    },
}

/// What `name` prints, and nothing else: it sees no environment but a search path and the C locale.
pub(super) fn run(name: &str, arguments: &[&str], input: &str, limit: Duration) -> Result<String, NoAnswer> {
    let path = if name.starts_with('/') {
        name.to_owned()
    } else {
        let places = DIRECTORIES.iter().map(|directory| format!("{directory}/{name}"));
        let mut found = places.filter(|place| std::path::Path::new(place).is_file());
        found.next().ok_or_else(|| NoAnswer::NotFound(name.to_owned()))?
    };
    let failed = |said: String| NoAnswer::Failed { program: name.to_owned(), said };
    let mut child = Command::new(path)
        .args(arguments)
        .env_clear()
        .env("PATH", DIRECTORIES.join(":"))
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let end = Instant::now() + limit;
    let (mut to, input) = (child.stdin.take().expect("it is piped"), input.to_owned());
    let (mut from, mut errors) = (child.stdout.take().expect("it is piped"), child.stderr.take().expect("it is piped"));
    let talk = move || {
        // A program that reads nothing has closed its end.
        let _ = to.write_all(input.as_bytes());
        drop(to);
        let said = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            drop(errors.read_to_end(&mut bytes));
            bytes
        });
        let mut bytes = Vec::new();
        drop(from.read_to_end(&mut bytes));
        (bytes, said.join().unwrap_or_default())
    };
    let answer = within(limit, talk);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if answer.is_some() && Instant::now() < end => std::thread::sleep(Duration::from_millis(2)),
            _ => break None,
        }
    };
    let (Some((bytes, said)), Some(status)) = (answer, status) else {
        // It may be beyond signals already; then only the end of this process is left to it.
        drop(child.kill());
        drop(child.try_wait());
        return Err(NoAnswer::Late(name.to_owned()));
    };
    if status.success() {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned);
    Err(failed(last.unwrap_or_else(|| status.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_program_says_what_it_reads() {
        assert_eq!(run("cat", &[], "text\n", LONG).unwrap(), "text\n");
        assert_eq!(run("env", &[], "", LONG).unwrap().lines().count(), 2);
    }

    #[test]
    fn why_there_is_no_answer_is_said() {
        let why = |name, arguments: &[&str], limit| run(name, arguments, "", limit).unwrap_err().to_string();
        assert_eq!(why("no-such-program", &[], LONG), "there is no no-such-program");
        assert_eq!(why("sleep", &["60"], Duration::from_millis(50)), "sleep did not answer in time");
        assert!(why("cat", &["/nowhere"], LONG).contains("No such file"));
    }
}
