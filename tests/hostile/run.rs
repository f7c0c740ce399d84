//! Running the real program within limits, and what it may never do.

use std::{
    fs::File,
    io::Read,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How long a verb may take over any input on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kilobytes of address space: threads reserve stacks, texts are at most 16 MiB.
const MEMORY: &str = "1500000";

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Where standard output goes.
#[derive(Clone, Copy)]
pub(crate) enum Output {
    /// Into a file that the test reads.
    Kept,
    /// To a reader that has gone away.
    Closed,
    /// To a device without space.
    Full,
}

/// Runs the program in `directory` with nothing of the caller's environment, little memory and no input.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Ran {
    run_to(directory, arguments, Output::Kept)
}

pub(crate) fn run_to(directory: &Path, arguments: &[&str], output: Output) -> Ran {
    run_command(directory, &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\""), arguments, output)
}

/// Runs a line of shell whose `$0` is the program and whose arguments are `arguments`.
pub(crate) fn run_command(directory: &Path, line: &str, arguments: &[&str], output: Output) -> Ran {
    let scratch = tempfile::tempdir().expect("a directory");
    let place = |name: &str| scratch.path().join(name);
    let stdout: Stdio = match output {
        Output::Kept => File::create(place("out")).expect("made").into(),
        Output::Full => File::options().write(true).open("/dev/full").expect("there").into(),
        Output::Closed => {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            writer.into()
        }
    };
    let mut child = Command::new("/bin/sh")
        .args(["-c", line, env!("CARGO_BIN_EXE_shifter-site")])
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(File::create(place("err")).expect("made"))
        .spawn()
        .expect("sh starts");
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("waited") {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let read = |name: &str| {
        let mut bytes = Vec::new();
        if let Ok(mut file) = File::open(place(name)) {
            file.read_to_end(&mut bytes).expect("read");
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let ran = Ran { code: status.code(), signal: status.signal(), out: read("out"), err: read("err") };
    for text in [&ran.out, &ran.err] {
        for bad in ["panicked", "overflowed its stack", "memory allocation", "RUST_BACKTRACE"] {
            assert!(!text.contains(bad), "{arguments:?}: {text:.2000}");
        }
    }
    assert_ne!(ran.code, Some(70), "{arguments:?}: {:.2000}", ran.err);
    assert_eq!(ran.signal, None, "{arguments:?}: {:.2000}", ran.err);
    ran
}

/// Every name below a directory, with what it is and how large.
pub(crate) fn listing(directory: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir().expect("readable") {
            let entry = entry.expect("an entry");
            let meta = entry.path().symlink_metadata().expect("there");
            let name = entry.path().strip_prefix(directory).expect("below").display().to_string();
            names.push(format!("{name} {:?} {}", meta.file_type(), if meta.is_file() { meta.len() } else { 0 }));
            if meta.is_dir() {
                open.push(entry.path());
            }
        }
    }
    names.sort();
    names
}
