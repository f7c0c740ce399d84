//! Who is compared: the floor, Shifter, its peers from Debian, and no container at all.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};

use super::site::{Image, NOBODY};

/// In the words of a contestant: a name that no other run has.
const NEW_NAME: &str = "{new}";

/// One way to run `/bin/true`.
#[derive(Clone)]
pub(super) struct Contestant {
    pub(super) name: &'static str,
    /// Who starts it.
    pub(super) user: &'static str,
    /// What it starts from.
    pub(super) from: &'static str,
    words: Vec<String>,
    /// What root runs before each run, and what after it. Neither is measured.
    around: Option<[Vec<String>; 2]>,
}

impl Contestant {
    fn new(name: &'static str, user: &'static str, from: &'static str, words: &[&str]) -> Contestant {
        Contestant { name, user, from, words: owned(words), around: None }
    }

    /// Starts it.
    pub(super) fn spawn(&self) -> Result<Child> {
        self.command(&[]).spawn().with_context(|| format!("cannot run {}", self.words[0]))
    }

    /// The command, with words before it.
    pub(super) fn command(&self, before: &[&str]) -> Command {
        static RUN: AtomicUsize = AtomicUsize::new(0);
        let run = RUN.fetch_add(1, Ordering::Relaxed);
        let name = format!("shifter-bench-{}-{run}", std::process::id());
        let words = before.iter().map(|word| (*word).to_owned());
        let words: Vec<String> = words.chain(self.words.iter().map(|word| word.replace(NEW_NAME, &name))).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Cargo's own, by which a loader looks at many directories before the system's. Set-id programs do not obey it.
        command.env_remove("LD_LIBRARY_PATH");
        if self.user == "nobody" {
            command.env("HOME", "/").env("USER", "nobody");
            // strace(1) must be root to follow a setuid program, and becomes the user itself.
            if before.first() != Some(&"strace") {
                command.uid(NOBODY).gid(NOBODY);
            }
        }
        command
    }

    pub(super) fn before(&self) -> Result<()> {
        self.around.as_ref().map_or(Ok(()), |[before, _]| quietly(before))
    }

    pub(super) fn after(&self) -> Result<()> {
        self.around.as_ref().map_or(Ok(()), |[_, after]| quietly(after))
    }

    /// Whether it works here; what it said if it does not.
    pub(super) fn try_out(&self) -> Result<()> {
        self.before()?;
        let output = self.command(&[]).stderr(Stdio::piped()).output();
        self.after()?;
        let output = output.with_context(|| format!("cannot run {}", self.words[0]))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("{}", said.lines().last().unwrap_or("it fails without a word"));
        }
        Ok(())
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn quietly(words: &[String]) -> Result<()> {
    let output = Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("`{}` failed: {}", words.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The floor: from the image's file, or from the loop device that has it.
pub(super) fn floor(source: &Path) -> Result<Contestant> {
    let own = std::env::current_exe()?.display().to_string();
    let words = [&own, "bench", "floor", &source.display().to_string(), "/bin/true"];
    Ok(Contestant::new("floor", "root", "squashfs", &words))
}

/// A start.
pub(super) fn shifter(image: Image) -> Contestant {
    let image = format!("--image=id:{}", image.name());
    Contestant::new("**shifter**", "nobody", "squashfs", &["/srv/bin/shifter", &image, "/bin/true"])
}

/// The same contestant with another command.
pub(super) fn running(mut contestant: Contestant, command: &[&str]) -> Contestant {
    contestant.words.pop();
    contestant.words.extend(owned(command));
    contestant
}

/// A start that lasts as long as its input.
pub(super) fn keeper(image: Image) -> Contestant {
    running(shifter(image), &["/bin/cat"])
}

/// A start that joins the container setupRoot made.
pub(super) fn joining(image: Image) -> Contestant {
    let set_up = ["/srv/bin/setupRoot", "-U", "65534", "-G", "65534", "-u", "nobody", "id", image.name()];
    let around = Some([owned(&set_up), owned(&["/srv/bin/unsetupRoot"])]);
    Contestant { name: "**shifter**, joining setupRoot's container", around, ..shifter(image) }
}

/// The command itself.
pub(super) fn none() -> Contestant {
    Contestant::new("no container", "nobody", "-", &["/bin/true"])
}

/// The peers, on the unpacked tree, as their own documents recommend.
pub(super) fn peers(image: Image) -> Result<Vec<Contestant>> {
    let rootfs = image.rootfs().display().to_string();
    let mut all = vec![
        Contestant::new(
            "bwrap",
            "nobody",
            "directory",
            &["bwrap", "--ro-bind", &rootfs, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "/bin/true"],
        ),
        Contestant::new("ch-run", "nobody", "directory", &["ch-run", &rootfs, "--", "/bin/true"]),
    ];
    // Limits below those of any root: one without CAP_SYS_RESOURCE cannot set podman's own.
    let podman = [
        "podman",
        "run",
        "--rm",
        "--network=none",
        "--cgroups=disabled",
        "--log-driver=none",
        "--ulimit=nofile=1024:1024",
        "--ulimit=nproc=1024:1024",
        "--rootfs",
        &rootfs,
    ];
    // Without cgroups (crun(1), `--cgroup-manager`): nobody else here makes one.
    let crun = ["crun", "--cgroup-manager=disabled", "run", "--bundle"];
    for (name, words) in [("crun", &crun[..]), ("runc", &["runc", "run", "--bundle"])] {
        let bundle = write_bundle(name, image)?;
        all.push(Contestant::new(name, "root", "directory", &[words, &[&bundle, NEW_NAME]].concat()));
    }
    all.push(Contestant::new("podman", "root", "directory", &[&podman[..], &["/bin/true"]].concat()));
    Ok(all)
}

/// The runtime's own specification with our command, no terminal, and the unpacked tree.
fn write_bundle(runtime: &str, image: Image) -> Result<String> {
    let bundle = Path::new("/srv").join(format!("{runtime}-{}", image.name()));
    fs::create_dir_all(&bundle)?;
    // A peer that is not installed is said to be missing when it is tried out.
    if Command::new(runtime).arg("spec").current_dir(&bundle).output().is_ok_and(|output| output.status.success()) {
        let path = bundle.join("config.json");
        let mut spec: serde_json::Value = serde_json::from_slice(&fs::read(&path)?)?;
        spec["process"]["terminal"] = false.into();
        spec["process"]["args"] = serde_json::json!(["/bin/true"]);
        spec["root"]["path"] = image.rootfs().display().to_string().into();
        fs::write(&path, spec.to_string())?;
    }
    Ok(bundle.display().to_string())
}

/// crun starts nothing on a host with cgroups of both versions; in a mount namespace of our own, those of version 2 can go.
pub(super) fn hide_hybrid_cgroups() -> Result<()> {
    let unified = Path::new("/sys/fs/cgroup/unified");
    if unified.join("cgroup.controllers").exists() {
        nix::mount::umount2(unified, nix::mount::MntFlags::MNT_DETACH).context("cannot hide the unified cgroups")?;
    }
    Ok(())
}
