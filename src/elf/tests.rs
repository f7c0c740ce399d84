use super::*;

/// A library of this machine, made from C.
fn library(directory: &std::path::Path, name: &str, source: &str, arguments: &[&str]) -> Vec<u8> {
    let (code, path) = (directory.join("code.c"), directory.join(name));
    std::fs::write(&code, source).unwrap();
    let mut command = std::process::Command::new("cc");
    command.args(["-shared", "-fPIC", "-o"]).arg(&path).arg(&code).arg(format!("-Wl,-soname,{name}")).args(arguments);
    assert!(command.status().unwrap().success(), "{command:?}");
    std::fs::read(path).unwrap()
}

#[test]
fn a_library_says_what_it_needs() {
    let directory = tempfile::tempdir().unwrap();
    let file =
        library(directory.path(), "libx.so.1", "int printf(const char *, ...); void f(void) { printf(\"x\"); }", &[]);
    let read = Elf::read(file.as_slice()).unwrap();
    assert_eq!(read.soname.as_deref(), Some("libx.so.1"));
    assert_eq!(read.needed, ["libc.so.6"]);
    assert_eq!((read.rpath, read.runpath), (Vec::new(), Vec::new()));
    assert!(read.glibc_needed.unwrap() >= "2.2.5".parse().unwrap());
    assert_eq!(read.glibc_defined, None);
}

#[test]
fn other_files_and_broken_ones_are_no_libraries() {
    assert_eq!(Elf::read(&b"#!/bin/sh\n: a script of some length\n"[..]), Err(ElfError::Other));
    assert_eq!(Elf::read(&b""[..]), Err(ElfError::Other));
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    for end in [20, 64, 4096] {
        assert!(matches!(Elf::read(&own[..end]), Err(ElfError::Broken(_))), "{end}");
    }
}

#[test]
fn a_copy_has_another_run_path_and_nothing_else_changes() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [&[][..], &["-Wl,-rpath,/old/place:/and/another", "-Wl,--enable-new-dtags"]] {
        let file = library(directory.path(), "liby.so.1", "int y(void) { return 7; }", arguments);
        let before = Elf::read(file.as_slice()).unwrap();
        let copy = with_rpath(&file, "$ORIGIN:$ORIGIN/dep").unwrap();
        let after = Elf::read(copy.as_slice()).unwrap();
        assert_eq!(after.rpath, ["$ORIGIN", "$ORIGIN/dep"]);
        assert_eq!(after.runpath, Vec::<String>::new());
        assert_eq!((after.soname, after.needed), (before.soname, before.needed));
    }
}
