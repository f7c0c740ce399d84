//! Programs that cannot be started, and what the user is told.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use shifter_sys::mount::{self, Attributes};
use shifter_sys::open::{self, For};

use crate::world::{World, at, directory_of, with_and_without_privilege, write};

const MACHINE: usize = 18;

/// Which `e_machine` is another one than this node's, and what it is called.
fn other_machine() -> (u8, &'static str) {
    if cfg!(target_arch = "aarch64") { (62, "amd64") } else { (183, "arm64") }
}

fn node() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

/// Puts a program into a directory that containers see as `/host`.
fn program(name: &str, bytes: &[u8], mode: u32) {
    let path = write(&format!("host/bin/{name}"), "");
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// What is said about a program that is there, when the status says that it cannot be run.
fn said(world: &World, name: &str) -> String {
    let said = world.shifter(&[name]).fails(126);
    said.strip_prefix(&format!("shifter: cannot start {name}: ")).unwrap_or(&said).trim_end().to_owned()
}

#[test]
fn a_program_of_another_platform_is_told_as_such() {
    with_and_without_privilege(|world| {
        let (machine, platform) = other_machine();
        let mut bytes = fs::read("/bin/true").unwrap();
        bytes[MACHINE] = machine;
        program("foreign", &bytes, 0o755);
        program("by-foreign", b"#!/host/foreign\n", 0o755);
        world.configure("siteFs=/srv/host/bin:/host");
        let expected = format!("it is built for {platform}, and this node is {}", node());
        assert_eq!(said(world, "/host/foreign"), expected);
        assert_eq!(said(world, "/host/by-foreign"), format!("it is run by `/host/foreign`: {expected}"));
        let by_path = world.shifter(&["--env=PATH=/nowhere:/host", "foreign"]).fails(126);
        assert_eq!(by_path, format!("shifter: cannot start foreign: {expected}\n"));
    });
}

#[test]
fn what_a_program_lacks_in_the_container_is_named() {
    with_and_without_privilege(|world| {
        let mut bytes = fs::read("/bin/true").unwrap();
        let loader = bytes.windows(4).position(|window| window == b"/lib").expect("a dynamic program");
        bytes[loader..loader + 4].copy_from_slice(b"/lix");
        program("no-loader", &bytes, 0o755);
        program("no-python", b"#!/usr/bin/python3.99 -u\n", 0o755);
        program("from-windows", b"#!/bin/sh\r\necho\r\n", 0o755);
        program("by-shifter", b"#!/usr/bin/shifter --image=a\n", 0o755);
        world.configure("siteFs=/srv/host/bin:/host");
        let no_loader = said(world, "/host/no-loader");
        assert!(no_loader.starts_with("the loader it names, `/lix"), "{no_loader}");
        assert!(no_loader.ends_with("is not in the container: it was built for another distribution"), "{no_loader}");
        assert_eq!(
            said(world, "/host/no-python"),
            "its first line names `/usr/bin/python3.99`, which is not in the container"
        );
        assert!(said(world, "/host/from-windows").contains("carriage return"));
        assert!(said(world, "/host/by-shifter").contains("`#!/usr/bin/shifter --image=TAG /bin/sh`"));
    });
}

#[test]
fn what_is_no_program_is_told_from_what_may_not_be_run() {
    with_and_without_privilege(|world| {
        program("plain", b"#!/bin/sh\n", 0o644);
        program("data", b"\x00\x01\x02 data\n", 0o755);
        program("cut", b"\x7fELF\x02\x01", 0o755);
        let strict = directory_of("host/strict", 0, 0o755);
        let place = open::host(&strict, For::Place).unwrap();
        mount::attach(mount::new("tmpfs", &[], Attributes::NOEXEC).unwrap(), place).unwrap();
        fs::set_permissions(&strict, Permissions::from_mode(0o755)).unwrap();
        fs::copy("/bin/true", at("host/strict/true")).unwrap();
        let fifo = at("host/bin/fifo");
        assert!(Command::new("mkfifo").arg("-m755").arg(fifo).status().unwrap().success());
        world.configure("siteFs=/srv/host/bin:/host;/srv/host/strict:/strict");
        assert_eq!(said(world, "/host/fifo"), "shifter: /host/fifo: Permission denied");
        assert_eq!(said(world, "/host/plain"), "it is not executable (mode 0644)");
        assert_eq!(said(world, "/host/data"), "it is neither a program nor a script");
        assert_eq!(said(world, "/host/cut"), "it is neither a program nor a script");
        assert_eq!(said(world, "/host"), "it is a directory");
        assert_eq!(said(world, "/strict/true"), "it is on a file system that is mounted noexec");
    });
}
