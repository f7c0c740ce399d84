//! Who is compared: Shifter, its peers from Debian, the floor, and no container at all.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};

use super::sample::Cost;

/// Where the peers' copy of the image lies.
const FOLDER: &str = "/tmp/bench";

/// `nobody` on Debian and EL9 alike.
const NOBODY: u32 = 65534;

/// One way to run `/bin/true`.
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    /// Who starts it.
    pub(crate) user: &'static str,
    /// What it starts from.
    pub(crate) image: &'static str,
    /// Whether it is the program the others are measured against.
    pub(crate) is_floor: bool,
    words: Vec<String>,
}

impl Contestant {
    /// Runs it once to a successful end.
    pub(crate) fn run(&self) -> Result<Cost> {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).current_dir("/").stdin(Stdio::null());
        if self.user == "nobody" {
            command.uid(NOBODY).gid(NOBODY).env("HOME", "/").env("USER", "nobody");
        }
        let used = cpu_of_children()?;
        let begun = Instant::now();
        let output = command.output().with_context(|| format!("cannot run {}", self.words[0]))?;
        let wall = begun.elapsed();
        if !output.status.success() {
            bail!("`{}` failed: {}\n{}", self.words.join(" "), output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(Cost { wall, cpu: cpu_of_children()?.saturating_sub(used) })
    }
}

/// User and system time of all children waited for so far.
fn cpu_of_children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let total = usage.user_time() + usage.system_time();
    Ok(Duration::from_micros(u64::try_from(nix::sys::time::TimeValLike::num_microseconds(&total))?))
}

/// All of them, with their images in place.
pub(crate) fn all() -> Result<Vec<Contestant>> {
    let reference = std::env::var("SHIFTER_TRY_IMAGE").context("the scratch machine names its image")?;
    let squashfs = squashfs()?;
    let rootfs = Path::new(FOLDER).join("bundle/rootfs");
    unpack(&squashfs, &rootfs)?;
    let bundle = write_bundle(&rootfs)?;
    hide_hybrid_cgroups()?;
    let rootfs = rootfs.display().to_string();
    let own = std::env::current_exe()?.display().to_string();
    let contestant = |name, user, image, words: &[&str]| Contestant {
        name,
        user,
        image,
        is_floor: false,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let mut all = vec![
        contestant("no container", "nobody", "-", &["/bin/true"]),
        contestant(
            "floor: unshare, mount, exec",
            "root",
            "squashfs",
            &[&own, "bench", "floor", &squashfs.display().to_string(), "/bin/true"],
        ),
        contestant("**shifter**", "nobody", "squashfs", &["shifter", &format!("--image={reference}"), "/bin/true"]),
        contestant(
            "bwrap",
            "nobody",
            "directory",
            &["bwrap", "--ro-bind", &rootfs, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "/bin/true"],
        ),
        contestant("ch-run", "nobody", "directory", &["ch-run", &rootfs, "--", "/bin/true"]),
        // Without cgroups (crun(1), `--cgroup-manager`): nobody else here makes one.
        contestant(
            "crun",
            "root",
            "directory",
            &["crun", "--cgroup-manager=disabled", "run", "--bundle", &bundle, "shifter-bench"],
        ),
    ];
    all[1].is_floor = true;
    Ok(all)
}

/// crun starts nothing on a host with cgroups of both versions; on the scratch machine, whose mounts are its own, those
/// of version 2 can go.
fn hide_hybrid_cgroups() -> Result<()> {
    let unified = Path::new("/sys/fs/cgroup/unified");
    if unified.join("cgroup.controllers").exists() {
        nix::mount::umount2(unified, nix::mount::MntFlags::MNT_DETACH).context("cannot hide the unified cgroups")?;
    }
    Ok(())
}

/// The one image of the scratch machine.
fn squashfs() -> Result<PathBuf> {
    let folder = Path::new("/var/lib/shifter/images");
    fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "squashfs"))
        .with_context(|| format!("no squashfs in {}", folder.display()))
}

fn unpack(squashfs: &Path, rootfs: &Path) -> Result<()> {
    fs::create_dir_all(rootfs.parent().context("a bundle")?)?;
    let output = Command::new("unsquashfs").args(["-no-progress", "-d"]).arg(rootfs).arg(squashfs).output()?;
    if !output.status.success() {
        bail!("unsquashfs failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    for name in ["proc", "sys", "dev", "tmp", "etc", "home", "root"] {
        fs::create_dir_all(rootfs.join(name))?;
    }
    for file in ["passwd", "group"] {
        // ch-run binds its own over these (its manual, section "Host files and directories").
        fs::write(rootfs.join("etc").join(file), "")?;
    }
    for folder in [FOLDER.as_ref(), rootfs.parent().context("a bundle")?, rootfs] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// crun's own specification with our command and no terminal.
fn write_bundle(rootfs: &Path) -> Result<String> {
    let bundle = rootfs.parent().context("a bundle")?;
    let output = Command::new("crun").arg("spec").current_dir(bundle).output()?;
    if !output.status.success() {
        bail!("crun spec failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let path = bundle.join("config.json");
    let mut spec: serde_json::Value = serde_json::from_slice(&fs::read(&path)?)?;
    spec["process"]["terminal"] = false.into();
    spec["process"]["args"] = serde_json::json!(["/bin/true"]);
    fs::write(&path, spec.to_string())?;
    Ok(bundle.display().to_string())
}
