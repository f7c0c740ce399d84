//! Where a verb writes to: closed, full, read-only, gone.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    run::{Output, run, run_command, run_to},
    verbs::{Reads, VERBS},
};

/// A profile that `fmt`, `check --fix` and `migrate` change.
const ODD: &str =
    "schema=1\npreset = 'laptop'\n[images]\npath = '/images/'\n[site]\nname = 'x'\n[gateway]\ncache_dir = '/c'\n";

/// A profile without findings that fail.
fn site(directory: &Path) {
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("site-profiles/laptop.toml");
    fs::copy(profile, directory.join("laptop.toml")).expect("copied");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/bluewaters");
    fs::create_dir(directory.join("installed")).expect("made");
    for name in ["udiRoot.conf", "imagemanager.json"] {
        fs::copy(golden.join(name), directory.join("installed").join(name)).expect("copied");
    }
    fs::write(directory.join("odd.toml"), ODD).expect("written");
    fs::create_dir(directory.join("ROOT")).expect("made");
}

#[test]
fn a_reader_that_goes_away_changes_no_exit_code() {
    let directory = tempfile::tempdir().expect("a directory");
    site(directory.path());
    for verb in VERBS.iter().filter(|verb| verb.reads == Reads::Nothing) {
        assert_eq!(run_to(directory.path(), verb.arguments, Output::Closed).code, Some(0), "{:?}", verb.arguments);
    }
    assert_eq!(run_to(directory.path(), &["check", "laptop.toml"], Output::Closed).code, Some(0));
    assert_eq!(run_to(directory.path(), &["check", "absent.toml"], Output::Closed).code, Some(74));
    assert_eq!(run_to(directory.path(), &["--help"], Output::Closed).code, Some(0));
    fs::write(directory.path().join("bad.toml"), "schema = 1\nnope = 1\n").expect("written");
    assert_eq!(run_to(directory.path(), &["check", "bad.toml"], Output::Closed).code, Some(1));
}

#[test]
fn no_output_at_all_changes_no_exit_code() {
    let directory = tempfile::tempdir().expect("a directory");
    site(directory.path());
    let line = "exec \"$0\" \"$@\" >&- 2>&- <&-";
    assert_eq!(run_command(directory.path(), line, &["check", "laptop.toml"], Output::Kept).code, Some(0));
    assert_eq!(run_command(directory.path(), line, &["check", "absent.toml"], Output::Kept).code, Some(74));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let directory = tempfile::tempdir().expect("a directory");
    site(directory.path());
    for verb in VERBS.iter().filter(|verb| verb.reads == Reads::Nothing) {
        let ran = run_to(directory.path(), verb.arguments, Output::Full);
        assert_eq!(ran.code, Some(74), "{:?}: {}", verb.arguments, ran.err);
        assert!(ran.err.contains("standard output"), "{:?}: {}", verb.arguments, ran.err);
    }
    assert_eq!(run_to(directory.path(), &["check", "laptop.toml"], Output::Full).code, Some(74));
    let ran = run(directory.path(), &["check", "laptop.toml", "--output", "/dev/full"]);
    assert_eq!(ran.code, Some(74), "{}", ran.err);
    assert!(ran.err.contains("/dev/full"), "{}", ran.err);
}

/// Verbs that write files, into the directory `FULL`, and the largest file system that is too small for them.
const WRITERS: &[&[&str]] = &[
    &["render", "laptop.toml", "--out", "FULL/out", "--secrets", "placeholder"],
    &["apply", "laptop.toml", "--root", "FULL", "--yes", "--no-owner"],
    &["check", "laptop.toml", "--format", "sarif", "--output", "FULL/report"],
    &["schema", "--write", "FULL"],
    &["man", "--out", "FULL"],
    &["facts", "--root", "ROOT", "--output", "FULL/facts.json"],
    &["facts", "--root", "ROOT", "--output-dir", "FULL"],
    &["support-bundle", "--root", "ROOT", "--output", "FULL/bundle"],
    &["init", "--preset", "laptop", "--answers", "answers.toml", "--out", "FULL/new.toml"],
    &["import", "installed", "--out", "FULL/imported.toml"],
    &["check", "odd.toml", "--write-baseline", "FULL/known.json"],
    &["diff", "laptop.toml", "--root", "ROOT", "--no-owner", "--out", "FULL/plan.json"],
    &["doctor", "laptop.toml", "--root", "ROOT", "--no-probe", "--output", "FULL/doctor.txt"],
    &["verify", "--root", "ROOT", "--output", "FULL/verify.txt"],
    &["docs", "--out", "FULL/docs"],
];

/// Verbs that change the profile `FULL/odd.toml` where it lies.
const CHANGERS: &[&[&str]] = &[
    &["fmt", "FULL/odd.toml"],
    &["check", "--fix", "FULL/odd.toml"],
    &["migrate", "FULL/odd.toml", "--to", "master", "--write"],
];

#[test]
fn a_profile_that_cannot_be_changed_is_left_as_it_was() {
    let full = ("size=64k", "cp odd.toml FULL && (head -c 1M /dev/zero > FULL/filler 2>/dev/null; true)");
    let read_only = ("size=1m", "cp odd.toml FULL && mount -o remount,ro none FULL");
    for (options, prepare) in [full, read_only] {
        for arguments in CHANGERS {
            let Some((ran, directory)) = run_on(options, prepare, arguments) else { return };
            assert_eq!(ran.code, Some(74), "{arguments:?}: {}{}", ran.out, ran.err);
            assert!(ran.err.contains("cannot write `FULL/odd.toml`"), "{arguments:?}: {}", ran.err);
            assert_eq!(left(directory.path()).len(), 1, "{arguments:?}: {:?}", left(directory.path()));
            let text = fs::read_to_string(directory.path().join("LEFT/odd.toml")).expect("there");
            assert_eq!(text, ODD, "{arguments:?}");
        }
    }
}

/// Runs a verb where `FULL` is a file system of its own with `options`, and keeps what is left of it in `LEFT`.
fn run_on(options: &str, prepare: &str, arguments: &[&str]) -> Option<(crate::run::Ran, tempfile::TempDir)> {
    let can = Command::new("unshare").args(["-m", "true"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success());
    if !can {
        println!("skipped: no mount namespace of one's own is allowed here");
        return None;
    }
    let directory = tempfile::tempdir().expect("a directory");
    site(directory.path());
    fs::create_dir(directory.path().join("FULL")).expect("made");
    fs::create_dir(directory.path().join("LEFT")).expect("made");
    fs::write(directory.path().join("answers.toml"), "name = \"x\"\n").expect("written");
    // The namespace, and the file system with it, ends with the shell.
    let line = format!(
        "exec unshare -m --propagation private /bin/sh -c '\
         mount -t tmpfs -o {options},mode=0755 none FULL && {prepare}; \
         \"$0\" \"$@\"; code=$?; mount -o remount,rw none FULL 2>/dev/null; rm -f FULL/filler; cp -a FULL/. LEFT/; exit $code' \"$0\" \"$@\""
    );
    let ran = run_command(directory.path(), &line, arguments, Output::Kept);
    Some((ran, directory))
}

/// Everything below `LEFT` that is not a directory, but for locks: they say who holds them and stay.
fn left(directory: &Path) -> Vec<String> {
    let is_file = |line: &String| !line.contains("is_dir: true") && !line.contains("/lock FileType");
    crate::run::listing(&directory.join("LEFT")).into_iter().filter(is_file).collect()
}

#[test]
fn a_full_file_system_is_an_error_and_nothing_is_half_written() {
    for arguments in WRITERS {
        let Some((ran, directory)) =
            run_on("size=64k", "head -c 1M /dev/zero > FULL/filler 2>/dev/null; true", arguments)
        else {
            return;
        };
        assert_eq!(ran.code, Some(74), "{arguments:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("FULL"), "{arguments:?} names the place: {}", ran.err);
        assert!(ran.err.contains("No space left"), "{arguments:?} says why: {}", ran.err);
        assert_eq!(left(directory.path()), Vec::<String>::new(), "{arguments:?}");
    }
}

#[test]
fn a_file_system_that_fills_up_on_the_way_is_left_without_half_files() {
    for arguments in WRITERS {
        let Some((ran, directory)) = run_on("size=16k", "true", arguments) else { return };
        let is_refused = ran.err.contains("No space left");
        assert_eq!(ran.code == Some(74), is_refused, "{arguments:?}: {}{}", ran.out, ran.err);
        if !is_refused {
            continue;
        }
        let whole = tempfile::tempdir().expect("a directory");
        site(whole.path());
        fs::create_dir(whole.path().join("FULL")).expect("made");
        fs::write(whole.path().join("answers.toml"), "name = \"x\"\n").expect("written");
        run(whole.path(), arguments);
        for line in left(directory.path()) {
            let name = line.split(" FileType").next().expect("a name");
            let (got, wanted) = (directory.path().join("LEFT").join(name), whole.path().join("FULL").join(name));
            let same = fs::read(&got).ok() == fs::read(&wanted).ok() && got.is_symlink() == wanted.is_symlink();
            assert!(same, "{arguments:?} leaves {line} in part");
        }
    }
}

#[test]
fn a_read_only_target_is_an_error_that_names_it() {
    for arguments in WRITERS {
        let Some((ran, directory)) = run_on("size=1m", "mount -o remount,ro none FULL", arguments) else { return };
        assert_eq!(ran.code, Some(74), "{arguments:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("FULL"), "{arguments:?} names the place: {}", ran.err);
        assert_eq!(left(directory.path()), Vec::<String>::new(), "{arguments:?}");
    }
}

#[test]
fn a_terminal_that_goes_away_ends_the_program_at_once() {
    for arguments in [&["check", "-"][..], &["lsp"]] {
        // What ignores the signal here, such as nohup(1), is not what a terminal's program has.
        let mut child = Command::new("env")
            .args(["--default-signal=HUP", "--ignore-environment", env!("CARGO_BIN_EXE_shifter-site")])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut input = child.stdin.take().expect("piped");
        input.write_all(b"Content-Length: 10\r\n\r\n").expect("it reads");
        kill(Pid::from_raw(i32::try_from(child.id()).expect("a number")), Signal::SIGHUP).expect("sent");
        let output = child.wait_with_output().expect("ended");
        assert_eq!(output.status.code(), None, "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        drop(input);
    }
}
