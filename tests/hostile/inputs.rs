//! What is given to a verb in the place of a profile.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use crate::{
    run::{Output, Ran, listing, run, run_to},
    verbs::{Reads, VERBS, Verb},
};

/// How a verb that reads a profile has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// 1: findings.
    Findings,
    /// 74: it cannot be read.
    Unreadable,
}

/// A bad input: its name in the directory, how to make it, how reading it ends.
struct Input {
    name: &'static str,
    make: fn(&Path),
    end: End,
}

const fn input(name: &'static str, end: End, make: fn(&Path)) -> Input {
    Input { name, make, end }
}

const DEEP: usize = 10_000;

fn write(at: &Path, text: impl AsRef<[u8]>) {
    fs::write(at, text).expect("written");
}

fn beside(at: &Path, name: &str) -> std::path::PathBuf {
    at.with_file_name(name)
}

const INPUTS: &[Input] = &[
    input("empty.toml", End::Findings, |at| write(at, "")),
    input("blank.toml", End::Findings, |at| write(at, "\n \t\r\n# nothing\n")),
    input("mark.toml", End::Findings, |at| write(at, "\u{feff}")),
    input("binary.toml", End::Findings, |at| {
        let bytes: Vec<u8> = (0..65_536_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        write(at, bytes);
    }),
    input("program.toml", End::Findings, |at| write(at, &fs::read("/bin/sh").expect("a program")[..4096])),
    input("latin1.toml", End::Findings, |at| write(at, b"schema = 1\n# caf\xe9\n")),
    input("utf16.toml", End::Findings, |at| write(at, b"\xff\xfes\0c\0h\0e\0m\0a\0")),
    input("nul.toml", End::Findings, |at| write(at, "schema = 1\n\0\0\0\n")),
    input("surrogate.toml", End::Findings, |at| write(at, "schema = 1\na = \"\\ud800\"\n")),
    input("carriage.toml", End::Findings, |at| write(at, "schema = 1\rsite = 2\r")),
    input("open.toml", End::Findings, |at| write(at, "schema = 1\na = \"\"\"never closed\n")),
    input("arrays.toml", End::Findings, |at| {
        write(at, format!("schema = 1\na = {}{}\n", "[".repeat(DEEP), "]".repeat(DEEP)));
    }),
    input("open-arrays.toml", End::Findings, |at| write(at, format!("a = {}", "[".repeat(1_000_000)))),
    input("tables.toml", End::Findings, |at| {
        write(at, format!("schema = 1\na = {}1{}\n", "{ a = ".repeat(DEEP), "}".repeat(DEEP)));
    }),
    input("dots.toml", End::Findings, |at| write(at, format!("schema = 1\n{} = 1\n", vec!["a"; DEEP].join(".")))),
    input("header.toml", End::Findings, |at| write(at, format!("schema = 1\n[{}]\n", vec!["a"; DEEP].join(".")))),
    input("both.toml", End::Findings, |at| {
        let dots = vec!["a"; 70].join(".");
        write(at, format!("schema = 1\nx = {}1{}\n", format!("{{ {dots} = ").repeat(70), "}".repeat(70)));
    }),
    input("wrong.toml", End::Findings, |at| {
        let mut text = String::from("schema = 1\n");
        (0..2_000).for_each(|n| text.push_str(&format!("wrong{n} = {n}\n")));
        write(at, text);
    }),
    input("long-line.toml", End::Findings, |at| {
        write(at, format!("schema = 1\nx = [{}]\n", "\"\u{e9}\", ".repeat(50_000)));
    }),
    input("huge.toml", End::Unreadable, |at| {
        // 100 MiB that are really there: a hole would be as long and cost nothing to read.
        let mut file = File::create(at).expect("made");
        let line = "# a comment that goes on and on\n".repeat(32_768);
        (0..100).for_each(|_| file.write_all(line.as_bytes()).expect("written"));
    }),
    input("hole.toml", End::Unreadable, |at| File::create(at).expect("made").set_len(1 << 40).expect("long")),
    input("directory.toml", End::Unreadable, |at| fs::create_dir(at).expect("made")),
    input("pipe.toml", End::Unreadable, |at| {
        nix::unistd::mkfifo(at, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    }),
    input("socket.toml", End::Unreadable, |at| drop(std::os::unix::net::UnixListener::bind(at).expect("a socket"))),
    input("zero.toml", End::Unreadable, |at| std::os::unix::fs::symlink("/dev/zero", at).expect("linked")),
    input("full.toml", End::Unreadable, |at| std::os::unix::fs::symlink("/dev/full", at).expect("linked")),
    input("loop.toml", End::Unreadable, |at| std::os::unix::fs::symlink("loop.toml", at).expect("linked")),
    input("dangling.toml", End::Unreadable, |at| std::os::unix::fs::symlink("gone", at).expect("linked")),
    input("absent.toml", End::Unreadable, |_| {}),
    input("self.toml", End::Findings, |at| write(at, "schema = 1\nextends = \"self.toml\"\n")),
    input("cycle.toml", End::Findings, |at| {
        write(at, "schema = 1\nextends = \"cycle-b.toml\"\n");
        write(&beside(at, "cycle-b.toml"), "schema = 1\nextends = [\"cycle-c.toml\"]\n");
        write(&beside(at, "cycle-c.toml"), "schema = 1\nextends = \"./cycle.toml\"\n");
    }),
    input("lonely.toml", End::Findings, |at| write(at, "schema = 1\nextends = \"no-such-layer.toml\"\n")),
    input("on-a-pipe.toml", End::Findings, |at| {
        write(at, "schema = 1\nextends = \"base-pipe\"\n");
        nix::unistd::mkfifo(&beside(at, "base-pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    }),
    input("on-a-directory.toml", End::Findings, |at| write(at, "schema = 1\nextends = \".\"\n")),
    input("on-itself-by-link.toml", End::Findings, |at| {
        write(at, "schema = 1\nextends = \"link-to-it\"\n");
        std::os::unix::fs::symlink("on-itself-by-link.toml", beside(at, "link-to-it")).expect("linked");
    }),
    input("long-chain.toml", End::Findings, |at| {
        write(at, "schema = 1\nextends = \"chain-0\"\n");
        for n in 0..100 {
            write(&beside(at, &format!("chain-{n}")), format!("schema = 1\nextends = \"chain-{}\"\n", n + 1));
        }
    }),
    input("script-is-a-pipe.toml", End::Findings, |at| {
        write(at, "schema = 1\n[hooks.premount]\nextra = \"hook-pipe\"\n");
        nix::unistd::mkfifo(&beside(at, "hook-pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    }),
];

/// The arguments of a verb with its places filled in.
fn arguments(verb: &Verb, input: &str) -> Vec<String> {
    let fill = |argument: &&str| match *argument {
        "@" => input.to_owned(),
        other => other.to_owned(),
    };
    verb.arguments.iter().map(fill).collect()
}

fn run_verb(directory: &Path, verb: &Verb, input: &str) -> Ran {
    let arguments = arguments(verb, input);
    run(directory, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Gives one bad input to every verb that reads a profile.
fn is_survived(input: &Input) {
    for verb in VERBS.iter().filter(|verb| matches!(verb.reads, Reads::Profile | Reads::ProfileInPart | Reads::Other)) {
        let directory = tempfile::tempdir().expect("a directory");
        fs::create_dir(directory.path().join("ROOT")).expect("made");
        (input.make)(&directory.path().join(input.name));
        let before = listing(directory.path());
        let ran = run_verb(directory.path(), verb, input.name);
        let what = format!("{:?} on {}", verb.arguments, input.name);
        match (verb.reads, input.end) {
            (Reads::Profile | Reads::ProfileInPart, End::Unreadable) => {
                assert_eq!(ran.code, Some(74), "{what}: {:.2000}", ran.err);
                assert!(ran.err.contains(input.name), "{what} names the file: {:.2000}", ran.err);
            }
            (Reads::Profile, End::Findings) => {
                assert_eq!(ran.code, Some(1), "{what}: {:.2000}{:.2000}", ran.out, ran.err);
                assert!((ran.out + &ran.err).contains("SITE0"), "{what} says what is wrong");
            }
            (Reads::ProfileInPart, End::Findings) => {
                assert!(matches!(ran.code, Some(0..=2)), "{what}: {:?} {:.2000}", ran.code, ran.err);
            }
            // What is a finding in a profile may be anything in another kind of file.
            _ => {
                assert!(matches!(ran.code, Some(1 | 64 | 74)), "{what}: {:?} {:.2000}", ran.code, ran.err);
                assert!(!ran.err.is_empty() || !ran.out.is_empty(), "{what} says what is wrong");
            }
        }
        // A safe repair of what lacks `schema` is to add it; what is no TOML stays as it is.
        if !verb.arguments.contains(&"--fix") {
            assert_eq!(listing(directory.path()), before, "{what} writes nothing");
        }
    }
}

macro_rules! each_input {
    ($($test:ident: $names:expr;)+) => {
        $(#[test]
        fn $test() {
            for name in $names {
                is_survived(INPUTS.iter().find(|input| input.name == name).unwrap_or_else(|| panic!("no {name}")));
            }
        })+

        #[test]
        fn every_input_is_given_to_the_verbs() {
            let given = [$(&$names[..]),+].concat();
            let missing: Vec<&str> = INPUTS.iter().map(|input| input.name).filter(|name| !given.contains(name)).collect();
            assert_eq!(missing, Vec::<&str>::new());
        }
    };
}

each_input! {
    a_file_without_content_is_no_profile: ["empty.toml", "blank.toml", "mark.toml"];
    bytes_that_are_no_text_are_no_profile: ["binary.toml", "program.toml", "latin1.toml", "utf16.toml", "nul.toml"];
    broken_toml_is_a_finding: ["surrogate.toml", "carriage.toml", "open.toml"];
    deep_nesting_overflows_nothing: ["arrays.toml", "open-arrays.toml", "tables.toml", "dots.toml", "header.toml", "both.toml"];
    a_great_many_mistakes_are_said_in_time: ["wrong.toml", "long-line.toml"];
    a_file_that_is_too_large_is_not_read: ["huge.toml", "hole.toml"];
    what_is_no_file_is_not_waited_for: ["directory.toml", "pipe.toml", "socket.toml", "zero.toml", "full.toml"];
    a_file_that_is_not_there_is_named: ["loop.toml", "dangling.toml", "absent.toml"];
    layers_that_lead_nowhere_are_findings: ["self.toml", "cycle.toml", "lonely.toml", "on-a-pipe.toml", "on-a-directory.toml", "on-itself-by-link.toml", "long-chain.toml"];
    a_script_that_never_ends_is_a_finding: ["script-is-a-pipe.toml"];
}

#[test]
fn a_root_that_is_none_is_refused() {
    for verb in VERBS.iter().filter(|verb| verb.reads == Reads::Root) {
        for (name, make) in [
            ("file", (|at| write(at, "text")) as fn(&Path)),
            ("pipe", |at| nix::unistd::mkfifo(at, nix::sys::stat::Mode::S_IRWXU).expect("a pipe")),
            ("loop", |at| std::os::unix::fs::symlink("loop", at).expect("linked")),
            ("absent", |_| {}),
        ] {
            let directory = tempfile::tempdir().expect("a directory");
            make(&directory.path().join(name));
            let before = listing(directory.path());
            let ran = run_verb(directory.path(), verb, name);
            assert!(matches!(ran.code, Some(1 | 64 | 74)), "{:?} on {name}: {ran:?}", verb.arguments);
            assert!(ran.err.contains(name), "{:?} names {name}: {}", verb.arguments, ran.err);
            assert_eq!(listing(directory.path()), before);
        }
    }
}

#[test]
fn standard_input_without_end_is_given_up() {
    let directory = tempfile::tempdir().expect("a directory");
    let ran = crate::run::run_command(directory.path(), "exec \"$0\" check - < /dev/zero", &[], Output::Kept);
    assert_eq!(ran.code, Some(74), "{}", ran.err);
    assert!(ran.err.contains("larger than 16 MiB"), "{}", ran.err);
}

#[test]
fn a_pipe_in_the_directory_does_not_stop_the_search_for_the_profile() {
    let directory = tempfile::tempdir().expect("a directory");
    nix::unistd::mkfifo(&directory.path().join("a.toml"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    fs::create_dir(directory.path().join("b.toml")).expect("made");
    let ran = run_to(directory.path(), &["check"], Output::Kept);
    assert_eq!(ran.code, Some(64), "{}", ran.err);
    assert!(ran.err.contains("there is no profile here"), "{}", ran.err);
}

#[test]
fn what_is_no_report_in_a_directory_is_named_and_the_rest_is_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    nix::unistd::mkfifo(&at("pipe.json"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    fs::create_dir(at("directory.json")).expect("made");
    File::create(at("hole.json")).expect("made").set_len(1 << 40).expect("long");
    std::os::unix::fs::symlink("/dev/zero", at("zero.json")).expect("linked");
    write(&at("deep.json"), "[".repeat(DEEP));
    write(&at("other.json"), "{\"schema\": 1}");
    write(&at("empty.json"), "");
    let ran = run(directory.path(), &["report", "."]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for name in ["pipe", "directory", "hole", "zero", "deep", "other", "empty"] {
        assert!(ran.out.contains(&format!("{name}.json")), "{name}: {}", ran.out);
    }
}

#[test]
fn a_pipe_with_a_writer_is_a_report_like_any_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let line = "(sleep 0.1; echo '{') | \"$0\" report /dev/fd/0";
    let ran = crate::run::run_command(directory.path(), line, &[], Output::Kept);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("EOF while parsing"), "the writer was waited for: {ran:?}");
}

#[test]
fn a_node_full_of_traps_gets_its_support_bundle() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join("ROOT").join(name);
    for folder in ["etc/shifter/secrets", "var/log/shifter", "var/lib/shifter-site/generations/1"] {
        fs::create_dir_all(at(folder)).expect("made");
    }
    for pipe in ["etc/shifter/udiRoot.conf", "etc/shifter/secrets/p", "var/log/shifter/p.log", "etc/os-release"] {
        nix::unistd::mkfifo(&at(pipe), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    }
    write(&at("etc/shifter/imagemanager.json"), "[".repeat(DEEP));
    File::create(at("etc/shifter/manifest.json")).expect("made").set_len(1 << 40).expect("long");
    std::os::unix::fs::symlink("/dev/zero", at("etc/shifter/secrets/z")).expect("linked");
    write(&at("var/lib/shifter-site/generations/1/generation.json"), "nothing");
    let arguments = ["support-bundle", "--root", "ROOT", "--output", "bundle.tar.gz"];
    let ran = run(directory.path(), &arguments);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let text = crate::run::run_command(
        directory.path(),
        "tar -xzOf bundle.tar.gz shifter-support/not-there.txt",
        &[],
        Output::Kept,
    );
    for name in ["udiRoot.conf", "imagemanager.json", "manifest.json", "p.log", "generation.json"] {
        assert!(text.out.contains(name), "{name}: {text:?}");
    }
    let before = listing(directory.path());
    let again = run(directory.path(), &arguments);
    assert_eq!(again.code, Some(74), "what is there is not overwritten: {again:?}");
    assert_eq!(listing(directory.path()), before);
}
