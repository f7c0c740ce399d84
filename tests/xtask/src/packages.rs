//! System packages the tests and benchmarks use: installed where that is possible, named exactly where it is not.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A program, and the packages that bring it.
pub(crate) struct Package {
    /// The program, or the absolute path of a file, that shows the package is there.
    pub(crate) shown_by: &'static str,
    /// Its name in Debian.
    debian: &'static str,
    /// Its name in EL9 with EPEL, or what to do there.
    el9: &'static str,
}

const fn package(shown_by: &'static str, debian: &'static str, el9: &'static str) -> Package {
    Package { shown_by, debian, el9 }
}

/// What `cargo xtask test` needs beside Rust.
pub(crate) const FOR_TESTS: &[Package] = &[
    package("cc", "gcc", "gcc"),
    package("g++", "g++", "gcc-c++"),
    package("git", "git", "git"),
    package("tar2sqfs", "squashfs-tools-ng", "squashfs-tools-ng"),
    package("unsquashfs", "squashfs-tools", "squashfs-tools"),
    package("squashfuse_ll", "squashfuse", "squashfuse"),
    package("munged", "munge", "munge"),
    package("initdb", "postgresql-15", "postgresql-server"),
    package("slurmctld", "slurmctld", "slurm-slurmctld"),
    package("slurmd", "slurmd", "slurm-slurmd"),
    package("srun", "slurm-client", "slurm"),
    package("ip", "iproute2", "iproute"),
    package("docker-registry", "docker-registry", "docker-distribution"),
    package("skopeo", "skopeo", "skopeo"),
    package("umoci", "umoci", "umoci"),
    package("shellcheck", "shellcheck", "ShellCheck"),
    package("openssl", "openssl", "openssl"),
    package("curl", "curl", "curl"),
    package("strace", "strace", "strace"),
    package("kill", "procps", "procps-ng"),
    package("mkfs.xfs", "xfsprogs", "xfsprogs"),
    package("mke2fs", "e2fsprogs", "e2fsprogs"),
    package("mkfs.erofs", "erofs-utils", "erofs-utils"),
    package("rsyslogd", "rsyslog", "rsyslog"),
    package("logger", "bsdutils", "util-linux"),
    package("script", "bsdutils", "util-linux"),
    package("systemd-analyze", "systemd", "systemd"),
    package("setpriv", "util-linux", "util-linux"),
    package("unshare", "util-linux", "util-linux"),
    package("chattr", "e2fsprogs", "e2fsprogs"),
    package("setfacl", "acl", "acl"),
    package("pip3", "python3-pip", "python3-pip"),
    package("ssh-keygen", "openssh-client", "openssh-clients"),
    package("mpicc.mpich", "libmpich-dev", "mpich-devel"),
    package("mpiexec.hydra", "mpich", "mpich"),
    package("patchelf", "patchelf", "patchelf"),
];

/// What `cargo xtask bench` needs beside that: the peers.
pub(crate) const FOR_BENCHES: &[Package] = &[
    package("ch-run", "charliecloud", "charliecloud-runtime"),
    package("crun", "crun", "crun"),
    package("runc", "runc", "runc"),
    package("podman", "podman", "podman"),
    package("bwrap", "bubblewrap", "bubblewrap"),
    package("busybox", "busybox-static", "busybox"),
    package("debootstrap", "debootstrap", "debootstrap"),
    package("mksquashfs", "squashfs-tools", "squashfs-tools"),
    package("/usr/bin/time", "time", "time"),
    package("strace", "strace", "strace"),
];

/// What `cargo xtask soak kernel` needs beside that. The kernel itself is downloaded, not installed.
pub(crate) const FOR_KERNELS: &[Package] = &[
    package("qemu-system-x86_64", "qemu-system-x86", "qemu-kvm"),
    package("/usr/share/seabios/bios-256k.bin", "seabios", "seabios-bin"),
    package("depmod", "kmod", "kmod"),
    package("cpio", "cpio", "cpio"),
];

/// Installs what is missing of `wanted` (as root with apt), or fails with the exact command to run.
pub(crate) fn ensure(wanted: &[Package]) -> Result<()> {
    let missing: Vec<&Package> = wanted.iter().filter(|package| !is_present(package.shown_by)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let debian = names(&missing, |package| package.debian);
    let el9 = names(&missing, |package| package.el9);
    if !is_root() || !is_present("apt-get") {
        let programs: Vec<&str> = missing.iter().map(|package| package.shown_by).collect();
        bail!(
            "missing: {}\n  on Debian:  apt-get install {debian}\n  on EL9 with EPEL:  dnf install {el9}",
            programs.join(" ")
        );
    }
    println!("installing {debian}");
    apt(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(debian.split(' '));
    apt(&arguments)
}

fn names(packages: &[&Package], name: impl Fn(&Package) -> &'static str) -> String {
    let mut names: Vec<&str> = packages.iter().map(|package| name(package)).collect();
    names.sort_unstable();
    names.dedup();
    names.join(" ")
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .context("cannot run apt-get")?;
    if !status.success() {
        bail!("`apt-get {}` failed: {status}", arguments.join(" "));
    }
    Ok(())
}

/// Whether a program lies on `PATH`, in the places for root's programs, which a user's `PATH` may lack, or where Debian
/// keeps PostgreSQL's.
fn is_present(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/lib/postgresql/15/bin"].map(Into::into))
        .any(|folder| folder.join(program).is_file())
}

fn is_root() -> bool {
    std::fs::metadata(Path::new("/proc/self")).is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
