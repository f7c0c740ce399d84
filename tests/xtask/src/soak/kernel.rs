//! `cargo xtask soak kernel`: the runtime's tests on the kernel of Debian 12, under qemu.
//!
//! The guest has no disk: it sees this machine's whole file system through 9p, read-only, with an overlay in its memory
//! above, so that the very programs that were built and tested here run there. Emulation without hardware help
//! (`-accel tcg`) works everywhere and is some twenty times slower.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{cargo, packages};

mod console;

pub(super) use console::Console;

/// The modules without which the guest cannot see this machine's files.
const EARLY: [&str; 4] = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];

/// What the tests mount.
const LATE: [&str; 6] = ["loop", "squashfs", "ext4", "xfs", "erofs", "fuse"];

/// The test programs: package, name, and which of its tests. The last two run beside each other: a test of `start` waits for the one
/// before it, and the guest has two processors.
const TESTS: [(&str, &str, &str); 3] =
    [("shifter-sys", "mounts", ""), ("shifter", "start", "--skip attacks::"), ("shifter", "start", "attacks::")];

/// Tests that start the program hundreds of times, or from an image of a hundred thousand files: hours under emulation.
const LONG: [&str; 3] = [
    "attacks::kills::a_start_that_is_killed_at_any_call",
    "setup_ends::a_set_up_that_is_killed_at_any_call",
    "attacks::content::a_hundred_thousand_entries",
];

/// Begins the line with which the guest says that it is up; the codes by which the BIOS clears the screen end no line before it.
const MARK: &str = "soak-kernel";

/// Mounts this machine's files and becomes `/run/tests`.
const INIT: &str = r#"#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev
mkdir /dev/pts /dev/shm; mount -t devpts none /dev/pts; mount -t tmpfs -o mode=1777 none /dev/shm
ln -s /proc/self/fd /dev/fd; ln -s fd/0 /dev/stdin; ln -s fd/1 /dev/stdout; ln -s fd/2 /dev/stderr
mount -t cgroup2 none /sys/fs/cgroup
for module in EARLY; do modprobe $module; done
mkdir -p /lower /memory /new
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose host /lower || poweroff -f
mount -t tmpfs none /memory; mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/lower,upperdir=/memory/upper,workdir=/memory/work none /new || poweroff -f
for place in proc sys dev; do mount --move /$place /new/$place; done
mount -t tmpfs none /new/run; cp /tests /new/run/tests
exec switch_root /new /bin/sh /run/tests
"#;

/// The kernel's package, unpacked, and what is made of it.
struct Kernel {
    release: String,
    unpacked: PathBuf,
}

/// Runs the tests in the guest; what they said.
pub(super) fn run() -> Result<Console> {
    packages::ensure(packages::FOR_TESTS)?;
    packages::ensure(packages::FOR_KERNELS)?;
    let directory = cargo::programs("soak-kernel");
    let kernel = Kernel::fetch(&directory)?;
    let tests = TESTS.iter().map(|(package, name, _)| built_test(package, name)).collect::<Result<Vec<_>>>()?;
    let initramfs = kernel.initramfs(&directory, &guest_script(&kernel, &tests))?;
    Ok(Console::new(kernel.boot(&initramfs)?))
}

impl Kernel {
    /// Downloads the package that `linux-image-amd64` stands for, and busybox, and unpacks both.
    fn fetch(directory: &Path) -> Result<Kernel> {
        let unpacked = directory.join("root");
        let _ = fs::remove_dir_all(directory);
        fs::create_dir_all(&unpacked).with_context(|| format!("cannot make {}", unpacked.display()))?;
        let depends = output(Command::new("apt-cache").args(["depends", "linux-image-amd64"]))?;
        let image = depends
            .split_whitespace()
            .find(|word| word.starts_with("linux-image-") && *word != "linux-image-amd64")
            .context("apt does not know linux-image-amd64")?
            .to_owned();
        cargo::run(Command::new("apt-get").args(["download", "-qq", &image, "busybox-static"]).current_dir(directory))?;
        for package in fs::read_dir(directory)?.filter_map(Result::ok).map(|entry| entry.path()) {
            if package.extension().is_some_and(|extension| extension == "deb") {
                cargo::run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&unpacked))?;
            }
        }
        let release = image.trim_start_matches("linux-image-").to_owned();
        cargo::run(Command::new("depmod").arg("-b").arg(&unpacked).arg(&release))?;
        Ok(Kernel { release, unpacked })
    }

    /// The files of modules, with what they depend on before them.
    fn modules(&self, names: &[&str]) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for name in names {
            let mut command = Command::new("modprobe");
            command.arg("-d").arg(&self.unpacked).args(["-S", &self.release, "--show-depends", name]);
            for line in output(&mut command)?.lines() {
                let file = PathBuf::from(line.trim_start_matches("insmod ").trim());
                if line.starts_with("insmod ") && !files.contains(&file) {
                    files.push(file);
                }
            }
        }
        Ok(files)
    }

    /// busybox, the early modules and two scripts, as the kernel wants them.
    fn initramfs(&self, directory: &Path, script: &str) -> Result<PathBuf> {
        let tree = directory.join("initramfs");
        for folder in ["bin", "root", "proc", "sys", "dev"] {
            fs::create_dir_all(tree.join(folder))?;
        }
        fs::copy(self.unpacked.join("bin/busybox"), tree.join("bin/busybox"))?;
        let lists = format!("lib/modules/{}", self.release);
        let mut files = self.modules(&EARLY)?;
        files.extend(
            ["dep", "alias", "builtin", "order"].map(|list| self.unpacked.join(format!("{lists}/modules.{list}"))),
        );
        for file in files {
            let to = tree.join(file.strip_prefix(&self.unpacked).context("a module lies outside its package")?);
            fs::create_dir_all(to.parent().context("a module lies in a directory")?)?;
            fs::copy(&file, &to).with_context(|| format!("cannot copy {}", file.display()))?;
        }
        fs::write(tree.join("tests"), script)?;
        fs::write(tree.join("init"), INIT.replace("EARLY", &EARLY.join(" ")))?;
        fs::set_permissions(tree.join("init"), fs::Permissions::from_mode(0o755))?;
        let packed = directory.join("initramfs.cpio");
        let mut pack = Command::new("sh");
        pack.args(["-c", "find . | cpio -o -H newc --quiet > \"$1\"", "sh"]).arg(&packed);
        cargo::run(pack.current_dir(&tree))?;
        Ok(packed)
    }

    /// Starts the guest; its lines are shown and kept. It ends by itself.
    fn boot(&self, initramfs: &Path) -> Result<Vec<String>> {
        let directory = initramfs.parent().context("the initramfs lies in a directory")?;
        let mut guest = Command::new("qemu-system-x86_64")
            .args(["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "3072"])
            .args(["-nographic", "-no-reboot", "-net", "none"])
            .arg("-kernel")
            .arg(self.unpacked.join(format!("boot/vmlinuz-{}", self.release)))
            .arg("-initrd")
            .arg(initramfs)
            .args(["-append", "console=ttyS0 panic=-1 quiet loglevel=1"])
            .args(["-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"])
            .args(["-device", "virtio-9p-pci,fsdev=host,mount_tag=host"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run qemu-system-x86_64")?;
        let mut said = Vec::new();
        let console_lines = guest.stdout.take().context("the console is a pipe")?;
        for line in BufReader::new(console_lines).split(b'\n') {
            let line = String::from_utf8_lossy(&line.context("cannot read the guest's console")?).trim_end().to_owned();
            println!("{line}");
            said.push(line);
        }
        guest.wait().context("cannot wait for qemu")?;
        fs::write(directory.join("console.txt"), said.join("\n"))?;
        let from = said.iter().position(|line| line.starts_with(MARK)).context("the guest never came up")?;
        Ok(said.split_off(from))
    }
}

/// What the guest does once it sees this machine's files: every test program in turn, then off.
fn guest_script(kernel: &Kernel, tests: &[PathBuf]) -> String {
    let mut script = format!(
        "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root\n\
         for module in {}; do modprobe -d '{}' $module; done\n\
         echo; echo {MARK} $(uname -r)\n",
        LATE.join(" "),
        kernel.unpacked.display()
    );
    let long = LONG.map(|name| format!("--skip {name}")).join(" ");
    for (nth, (test, (.., which))) in tests.iter().zip(TESTS).enumerate() {
        let end = if nth == 0 { "" } else { " &" };
        // Lines that come from two programs at once are each whole, and say whose they are.
        script += &format!(
            "'{}' --color never --nocapture --test-threads 2 {long} {which} 2>&1 | sed -u 's/^/{nth}: /'{end}\n",
            test.display()
        );
    }
    script + "wait\nsync\necho o > /proc/sysrq-trigger\nsleep 60\n"
}

/// Builds a test program and says where it is.
fn built_test(package: &str, name: &str) -> Result<PathBuf> {
    let said = output(&mut cargo::cargo(&[
        "test",
        "--no-run",
        "--message-format",
        "json",
        "--package",
        package,
        "--test",
        name,
    ]))?;
    said.lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == name && message["profile"]["test"] == true)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .with_context(|| format!("cargo built no test program `{name}`"))
}

/// What a command printed.
fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        bail!("`{program}` failed: {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
