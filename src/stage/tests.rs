use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

/// What MPICH's library keeps of its version.
const MPICH: &str = "MPICH Version:\\t%s\\n\\0MPICH ABI:\\t%s\\n\\0\\61\\64:2:2\\0date\\0\\064.0.2";

/// An installation of a made-up MPI: its library needs another one beside it, which needs one in the system's places.
struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    fn new(text: &str) -> Self {
        let machine = Self { root: tempfile::tempdir().unwrap() };
        for directory in ["opt/mpi/lib", "usr/lib64", "etc/ld.so.conf.d", "opt/net"] {
            fs::create_dir_all(machine.at(directory)).unwrap();
        }
        fs::write(machine.at("etc/ld.so.conf"), "include ld.so.conf.d/*.conf\n").unwrap();
        fs::write(machine.at("etc/ld.so.conf.d/net.conf"), "# of the network\n/opt/net\n").unwrap();
        machine.library("opt/net/libnet.so.1", "const char *net(void) { return \"net\"; }", &[]);
        let source = "const char *net(void); const char *pmi(void) { return net(); }";
        machine.library("opt/mpi/lib/libpmi.so.0", source, &["opt/net/libnet.so.1"]);
        let source = format!(
            "const char text[] = \"{text}\"; const char *pmi(void); const char *mpi(void) {{ return pmi(); }}\n\
             char *getenv(const char *); const char *which(void) {{ return getenv(\"NOT_STAGED\") ? \"?\" : \"staged\"; }}"
        );
        machine.library("opt/mpi/lib/libmpi.so.12", &source, &["opt/mpi/lib/libpmi.so.0"]);
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// Makes a library that looks for others beside itself.
    fn library(&self, path: &str, source: &str, needs: &[&str]) {
        let code = self.at("code.c");
        fs::write(&code, source).unwrap();
        let name = path.rsplit('/').next().unwrap();
        let mut command = Command::new("cc");
        command.args(["-shared", "-fPIC", "-Wl,-rpath,$ORIGIN", "-Wl,--allow-shlib-undefined", "-o"]);
        command.arg(self.at(path)).arg(&code).arg(format!("-Wl,-soname,{name}"));
        command.args(needs.iter().map(|path| self.at(path)));
        assert!(command.status().unwrap().success(), "{command:?}");
    }

    fn wanted(&self) -> Wanted {
        Wanted { root: self.root.path().to_owned(), from: "/opt/mpi".into(), abi: None, version: None }
    }

    fn stage(&self) -> Result<Outcome, StageError> {
        write(&gather(&self.wanted())?, &self.at("out"))
    }
}

#[test]
fn the_libraries_of_the_abi_have_both_names_and_what_they_need_is_hidden() {
    let machine = Machine::new(MPICH);
    let before = fs::read(machine.at("opt/mpi/lib/libmpi.so.12")).unwrap();
    let outcome = machine.stage().unwrap();
    assert_eq!(outcome.at, machine.at("out/4.0.2"));
    let paths: Vec<&str> = outcome.manifest.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["lib/dep/libnet.so.1", "lib/dep/libpmi.so.0", "lib/libmpi.so.12", "lib/libmpich.so.12"]);
    assert_eq!(fs::read_link(outcome.at.join("lib/libmpich.so.12")).unwrap(), Path::new("libmpi.so.12"));
    assert_eq!(
        (outcome.manifest.mpi.as_str(), outcome.manifest.of_image),
        ("MPICH 4.0.2", vec!["libc.so.6".to_owned()])
    );
    assert_eq!(fs::read(machine.at("opt/mpi/lib/libmpi.so.12")).unwrap(), before, "the source is only read");
    assert!(!fs::exists(machine.at("out/4.0.2/lib/dep/libc.so.6")).unwrap());
}

#[test]
fn a_program_built_with_the_other_name_runs_with_what_was_staged() {
    let machine = Machine::new(MPICH);
    let staged = machine.stage().unwrap().at;
    machine.library(
        "usr/lib64/libmpich.so.12",
        "const char *which(void) { return \"own\"; } const char *mpi(void) { return \"own\"; }",
        &[],
    );
    let (code, program) = (machine.at("main.c"), machine.at("program"));
    fs::write(&code, "#include <stdio.h>\nconst char *which(void), *mpi(void);\nint main(void) { printf(\"%s %s\", which(), mpi()); }").unwrap();
    let own = machine.at("usr/lib64");
    let mut build = Command::new("cc");
    build
        .arg("-o")
        .arg(&program)
        .arg(&code)
        .arg(own.join("libmpich.so.12"))
        .arg(format!("-Wl,-rpath,{}", own.display()));
    assert!(build.arg("-Wl,--enable-new-dtags").status().unwrap().success());
    let say = |library_path: &Path| {
        let output = Command::new(&program).env_clear().env("LD_LIBRARY_PATH", library_path).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(say(Path::new("/nowhere")), "own own");
    // The original installation may be gone: nothing of it is used.
    fs::remove_dir_all(machine.at("opt")).unwrap();
    assert_eq!(say(&staged.join("lib")), "staged net");
}

#[test]
fn the_same_again_changes_nothing_and_another_build_needs_another_version() {
    let machine = Machine::new(MPICH);
    let first = machine.stage().unwrap();
    let again = machine.stage().unwrap();
    assert!(again.was_there && !first.was_there);
    assert_eq!(again.manifest, first.manifest);
    machine.library("opt/net/libnet.so.1", "const char *net(void) { return \"new\"; }", &[]);
    let said = machine.stage().unwrap_err().to_string();
    assert!(said.contains("out/4.0.2` is there already and differs (`lib/dep/libnet.so.1`)"), "{said}");
    let wanted = Wanted { version: Some("4.0.2-b".to_owned()), ..machine.wanted() };
    assert!(!write(&gather(&wanted).unwrap(), &machine.at("out")).unwrap().was_there);
    let names = fs::read_dir(machine.at("out")).unwrap().count();
    assert_eq!(names, 2, "nothing half done is left");
}

#[test]
fn what_is_missing_is_named_with_who_needs_it() {
    let machine = Machine::new(MPICH);
    fs::remove_file(machine.at("opt/net/libnet.so.1")).unwrap();
    let said = machine.stage().unwrap_err().to_string();
    assert_eq!(said, "needed and not found: libnet.so.1 (for /opt/mpi/lib/libpmi.so.0)");
    fs::write(machine.at("opt/net/libnet.so.1"), "not a library").unwrap();
    assert!(matches!(machine.stage(), Err(StageError::Missing(_))), "the loader passes over what is no library");
}

#[test]
fn only_an_mpi_of_the_abi_is_staged() {
    let said = Machine::new("Open MPI v1.10.7, package").stage().unwrap_err().to_string();
    assert_eq!(said, "`/opt/mpi/lib/libmpi.so.12` is Open MPI 1.10.7, whose libmpi.so.12 has not the ABI of MPICH");
    let said = Machine::new("something").stage().unwrap_err().to_string();
    assert!(said.contains("does not say which version it is"), "{said}");
    let machine = Machine::new(MPICH);
    let at = |from: &str| gather(&Wanted { from: from.into(), ..machine.wanted() }).err().unwrap().to_string();
    assert!(at("/opt/net").starts_with("no MPI of the MPICH ABI in `/opt/net`"), "{}", at("/opt/net"));
    let abi = Wanted { abi: Some("libmpi.so.40".to_owned()), ..machine.wanted() };
    assert!(matches!(gather(&abi), Err(StageError::Abi(_))));
    let version = Wanted { version: Some("../x".to_owned()), ..machine.wanted() };
    assert!(matches!(gather(&version), Err(StageError::Version(_))));
}

#[test]
fn a_directory_of_something_else_is_left_alone() {
    let machine = Machine::new(MPICH);
    fs::create_dir(machine.at("out")).unwrap();
    fs::write(machine.at("out/letter"), "dear").unwrap();
    assert!(matches!(machine.stage(), Err(StageError::ForeignDirectory(_))));
    assert_eq!(fs::read_dir(machine.at("out")).unwrap().count(), 1);
}

#[test]
fn plugins_come_along_unless_they_lack_something() {
    let machine = Machine::new(MPICH);
    fs::create_dir_all(machine.at("opt/mpi/lib/ucx")).unwrap();
    machine.library("opt/mpi/lib/libucs.so.0", "int ucs;", &[]);
    machine.library("opt/mpi/lib/ucx/libuct_cma.so.0", "int cma;", &["opt/mpi/lib/libucs.so.0"]);
    machine.library("opt/net/libverbs.so.1", "int verbs;", &[]);
    machine.library(
        "opt/mpi/lib/ucx/libuct_ib.so.0",
        "extern int verbs; int *ib = &verbs;",
        &["opt/net/libverbs.so.1"],
    );
    let source = format!("const char text[] = \"{MPICH}\"; extern int ucs; int *mpi = &ucs;");
    machine.library("opt/mpi/lib/libmpi.so.12", &source, &["opt/mpi/lib/libucs.so.0"]);
    fs::remove_file(machine.at("opt/net/libverbs.so.1")).unwrap();
    let manifest = machine.stage().unwrap().manifest;
    let paths: Vec<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["lib/dep/libucs.so.0", "lib/dep/ucx/libuct_cma.so.0", "lib/libmpi.so.12", "lib/libmpich.so.12"]);
    assert_eq!(manifest.left_out, ["ucx/libuct_ib.so.0: needs libverbs.so.1 (for /opt/mpi/lib/ucx/libuct_ib.so.0)"]);
    assert_eq!(Manifest::parse(manifest.text().as_bytes()), Some(manifest));
}
