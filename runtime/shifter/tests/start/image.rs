//! The image of the tests: a shell and a few programs of the host with their libraries, and things that invite mischief.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::world::{at, write};

/// Entries that a wide image has in `/` and in `/etc`, each.
const WIDE: usize = 100_000;

const PROGRAMS: [&str; 11] = [
    "/bin/sh",
    "/bin/cat",
    "/bin/ls",
    "/bin/id",
    "/bin/env",
    "/bin/touch",
    "/bin/pwd",
    "/bin/mkdir",
    "/bin/readlink",
    "/bin/stat",
    "/bin/kill",
];

/// Where the built image is kept between runs.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("image-2.squashfs")
}

/// Where the same tree is kept as a directory.
pub(crate) fn tree() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("image-2.tree")
}

/// Builds it once. `None` without mksquashfs.
pub(crate) fn build() -> Option<PathBuf> {
    if kept().exists() {
        return Some(kept());
    }
    let tree = tree();
    let _ = fs::remove_dir_all(&tree);
    for directory in [
        "bin",
        "etc/ssh",
        "var/tmp",
        "var/spool",
        "tmp",
        "data",
        "open",
        "opt/app",
        "proc",
        "sys",
        "dev",
        "root",
        "work",
    ] {
        fs::create_dir_all(tree.join(directory)).unwrap();
    }
    for program in PROGRAMS {
        copy_with_libraries(program, &tree);
    }
    fs::set_permissions(tree.join("open"), Permissions::from_mode(0o1777)).unwrap();
    fs::set_permissions(tree.join("root"), Permissions::from_mode(0o700)).unwrap();
    for (path, text) in [
        ("etc/passwd", "image:x:1:1::/:/bin/sh\n"),
        ("etc/image-only", "image\n"),
        ("etc/ssh/ssh_host_key", "secret\n"),
        ("var/spool/hidden", ""),
        ("tmp/hidden", ""),
        ("data/file", "of the image\n"),
        ("opt/app/run", ""),
        ("root/secret", "of root in the image\n"),
        ("a b", "blank\n"),
    ] {
        fs::write(tree.join(path), text).unwrap();
    }
    fs::copy("/bin/id", tree.join("bin/suid-id")).unwrap();
    fs::set_permissions(tree.join("bin/suid-id"), Permissions::from_mode(0o4755)).unwrap();
    fs::write(tree.join("bin/not-executable"), "#!/bin/sh\n").unwrap();
    fs::write(tree.join("bin/no-interpreter"), "echo ran by sh: $1\n").unwrap();
    fs::set_permissions(tree.join("bin/no-interpreter"), Permissions::from_mode(0o755)).unwrap();
    symlink("/etc", tree.join("to-etc")).unwrap();
    symlink("../../../../../../../../srv/host", tree.join("to-host")).unwrap();
    symlink("/srv/host", tree.join("to-host-absolute")).unwrap();
    symlink("data", tree.join("to-data")).unwrap();
    symlink("lib", tree.join("lib32")).unwrap();
    let made = Command::new("mksquashfs").arg(&tree).arg(kept()).args(["-all-root", "-quiet", "-no-progress"]).output();
    made.is_ok_and(|made| made.status.success()).then(kept)
}

pub(crate) fn copy_with_libraries(program: &str, tree: &Path) {
    let listed = Command::new("ldd").arg(program).output().unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let libraries = listed.split_whitespace().filter(|word| word.starts_with('/'));
    for file in libraries.chain([program]) {
        let target = tree.join(file.trim_start_matches('/'));
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
}

/// Puts the image into the store under an identity, with these lines of metadata.
pub(crate) fn install(id: &str, meta: &str) {
    fs::copy(kept(), at(&format!("images/{id}.squashfs"))).unwrap();
    write(&format!("images/{id}.meta"), &format!("FORMAT: squashfs\n{meta}ENV: PATH=/bin:/usr/bin\n"));
}

/// Puts two images of very many entries into the store: `wide`, a file, and `wide-tree`, a directory.
pub(crate) fn install_wide() {
    let wide = at("images/wide-tree");
    assert!(Command::new("cp").arg("-a").arg(tree()).arg(&wide).status().unwrap().success());
    for directory in ["", "etc"].map(|name| wide.join(name)) {
        for nth in 0..WIDE {
            let path = directory.join(format!("f{nth}"));
            match nth % 100 {
                0 => fs::write(path, "").unwrap(),
                1 => fs::create_dir(path).unwrap(),
                _ => symlink("passwd", path).unwrap(),
            }
        }
    }
    write("images/wide-tree.meta", "FORMAT: VFS\nENV: PATH=/bin:/usr/bin\n");
    let built = kept().with_file_name("wide-1.squashfs");
    if !built.exists() {
        let partial = built.with_extension("partial");
        let _not_there = fs::remove_file(&partial);
        let mut mksquashfs = Command::new("mksquashfs");
        mksquashfs.arg(&wide).arg(&partial).args(["-all-root", "-quiet", "-no-progress"]);
        assert!(mksquashfs.output().unwrap().status.success());
        fs::rename(partial, &built).unwrap();
    }
    install("wide", "");
    fs::copy(built, at("images/wide.squashfs")).unwrap();
}
