//! A small site in a mount namespace of this process, which ends with it: a setuid copy of `shifter`, a configuration with
//! a static `/etc`, a user, and two images, each as a squashfs in the store and unpacked for the peers.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use shifter_sys::mount::{self, Attributes, Depth, Parameter};
use shifter_sys::open::{self, For};
use shifter_sys::process;

use crate::cargo;

/// `nobody` on Debian and EL9 alike.
pub(super) const NOBODY: u32 = 65534;
/// Key udiMount.
pub(super) const UDI: &str = "/srv/udi";
/// Key loopMount.
pub(super) const LOOP: &str = "/srv/loop";
/// Where what lies in `target/bench` between runs is seen by everybody.
pub(super) const KEPT: &str = "/srv/bench";

/// An image, by what it is called here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Image {
    /// One static program: 1 MB.
    Busybox,
    /// What debootstrap(8) makes with a compiler and Python: some 450 MB.
    Debian,
}

impl Image {
    /// Both.
    pub(super) const ALL: [Image; 2] = [Image::Busybox, Image::Debian];

    pub(super) fn name(self) -> &'static str {
        match self {
            Image::Busybox => "busybox",
            Image::Debian => "debian",
        }
    }

    /// The unpacked tree.
    pub(super) fn rootfs(self) -> PathBuf {
        Path::new(KEPT).join(self.name()).join("rootfs")
    }

    /// The file in the store.
    pub(super) fn squashfs(self) -> PathBuf {
        Path::new("/srv/images").join(format!("{}.squashfs", self.name()))
    }
}

/// Enters the site.
pub(super) fn enter() -> Result<()> {
    let kept = cargo::programs("bench");
    fs::create_dir_all(&kept)?;
    process::new_mount_namespace().context("the benchmark mounts, so it needs root")?;
    mount::receive_only()?;
    let etc = place("/etc")?;
    let memory = mount::new("tmpfs", &[Parameter::Text("mode", "0755".as_ref())], Attributes::NONE)?;
    mount::attach(memory, place("/srv")?)?;
    for name in ["bin", "udi", "loop", "images", "etc", "bench", "above/upper/shifter", "above/work"] {
        fs::create_dir_all(Path::new("/srv").join(name))?;
    }
    let layers = [("lowerdir", "/etc"), ("upperdir", "/srv/above/upper"), ("workdir", "/srv/above/work")];
    let layers = layers.map(|(name, value)| Parameter::Text(name, value.as_ref()));
    mount::attach(mount::new("overlay", &layers, Attributes::NONE)?, etc)?;
    // Images and trees lie on a disk, as they do at a site.
    mount::attach(mount::clone_at(open::host(&kept, For::Place)?, Depth::One)?, place(KEPT)?)?;
    fs::create_dir_all(Path::new(KEPT).join("store"))?;
    fs::set_permissions(KEPT, Permissions::from_mode(0o755))?;
    let store = open::host(&Path::new(KEPT).join("store"), For::Place)?;
    mount::attach(mount::clone_at(store, Depth::One)?, place("/srv/images")?)?;

    for (program, mode) in [("shifter", 0o4755), ("setupRoot", 0o755), ("unsetupRoot", 0o755)] {
        let copy = Path::new("/srv/bin").join(program);
        fs::copy(cargo::programs("setuid").join(program), &copy).with_context(|| format!("no program {program}"))?;
        fs::set_permissions(copy, Permissions::from_mode(mode))?;
    }
    fs::write("/srv/etc/passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")?;
    fs::write("/srv/etc/group", "root:x:0:\nnogroup:x:65534:\n")?;
    fs::write("/srv/etc/nsswitch.conf", "passwd: files\ngroup: files\n")?;
    let conf = format!(
        "system=bench\nudiMount={UDI}\nloopMount={LOOP}\nimagePath=/srv/images\netcPath=/srv/etc\nmountUdiRootWritable=1\n"
    );
    fs::write("/etc/shifter/udiRoot.conf", conf)?;
    fs::set_permissions("/etc/shifter/udiRoot.conf", Permissions::from_mode(0o644))?;
    Image::ALL.into_iter().try_for_each(make)
}

/// Makes an image once; it stays below `target/bench`.
fn make(image: Image) -> Result<()> {
    let (rootfs, squashfs) = (image.rootfs(), image.squashfs());
    if !squashfs.exists() {
        println!("making the image {} (once)", image.name());
        // What a run that was broken off left.
        let _ = fs::remove_dir_all(&rootfs);
        fs::create_dir_all(&rootfs)?;
        match image {
            Image::Busybox => busybox(&rootfs)?,
            Image::Debian => debian(&rootfs)?,
        }
        for name in ["bin", "proc", "sys", "dev", "tmp", "etc", "home", "root", "var/tmp"] {
            fs::create_dir_all(rootfs.join(name))?;
        }
        for name in ["passwd", "group", "hosts", "resolv.conf"] {
            // ch-run binds its own over some of these (its manual, section "Host files and directories").
            fs::OpenOptions::new().append(true).create(true).open(rootfs.join("etc").join(name))?;
        }
        let part = squashfs.with_extension("part");
        let mut command = Command::new("mksquashfs");
        command.arg(&rootfs).arg(&part).args(["-all-root", "-quiet", "-no-progress", "-comp", "zstd", "-noappend"]);
        cargo::run(&mut command)?;
        fs::rename(part, &squashfs)?;
    }
    fs::set_permissions(&rootfs, Permissions::from_mode(0o755))?;
    fs::set_permissions(&squashfs, Permissions::from_mode(0o644))?;
    fs::write(squashfs.with_extension("meta"), "FORMAT: squashfs\nENV: PATH=/bin:/usr/bin\n")?;
    Ok(())
}

fn busybox(rootfs: &Path) -> Result<()> {
    fs::create_dir_all(rootfs.join("bin"))?;
    fs::copy("/bin/busybox", rootfs.join("bin/busybox"))?;
    for name in ["sh", "true", "cat"] {
        symlink("busybox", rootfs.join("bin").join(name))?;
    }
    Ok(())
}

pub(super) fn debian(rootfs: &Path) -> Result<()> {
    let mut command = Command::new("debootstrap");
    command.args(["--variant=minbase", "--include=g++,python3", "bookworm"]).arg(rootfs);
    let output = command.output().context("cannot run debootstrap")?;
    if !output.status.success() {
        bail!("debootstrap failed: {}", String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default());
    }
    for cache in ["var/cache/apt", "var/lib/apt/lists"] {
        fs::remove_dir_all(rootfs.join(cache)).with_context(|| cache.to_owned())?;
    }
    Ok(())
}

fn place(path: &str) -> Result<std::os::fd::OwnedFd> {
    Ok(open::host(Path::new(path), For::Place)?)
}
