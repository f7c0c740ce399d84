//! The smallest programs that make a container from an image: the kernel's own work for it, and nothing else.
//!
//! Each makes what a start of the scratch site makes: a mount namespace, the image, a tree in memory over it, five places of
//! the host, a new root, a user without rights, a command. It has no configuration, no policy, no `/etc`; it looks at no
//! rights and checks nothing. The distance to it is what the rest costs.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use shifter_sys::identity::{self, Triple};
use shifter_sys::mount::{self, Attributes, Depth, Parameter, Propagation};
use shifter_sys::open::{self, For};
use shifter_sys::{capability, loopdev, node, process};

use super::site::{self, NOBODY};

const PLAIN: Attributes = Attributes::NOSUID.and(Attributes::NODEV);

/// `xtask bench floor SOURCE COMMAND...`: SOURCE is an image file, which gets a loop device of its own, or the device of an
/// image in use. Never returns but with an error.
pub(super) fn start(source: &Path, command: &[&str]) -> Result<()> {
    process::new_mount_namespace()?;
    mount::receive_only()?;
    let image = image(source)?;
    let (udi, lower) = (place(site::UDI)?, place(site::LOOP)?);
    mount::attach(&image, &lower)?;

    let memory = mount::new("tmpfs", &[Parameter::Text("mode", OsStr::new("0755"))], PLAIN)?;
    for name in ["upper", "work"] {
        node::make_dir(&memory, OsStr::new(name), 0o755)?;
    }
    let upper = open::below(&memory, Path::new("upper"), open::Within::PlainBelow, For::Place)?;
    for name in ["proc", "sys", "dev", "tmp", "var"] {
        node::make_dir(&upper, OsStr::new(name), 0o755)?;
    }
    mount::attach(&memory, &udi)?;
    mount::enter(&memory)?;
    let layers = [("lowerdir", site::LOOP), ("upperdir", "upper"), ("workdir", "work")];
    let layers = layers.map(|(name, value)| Parameter::Text(name, OsStr::new(value)));
    let root = mount::new("overlay", &layers, PLAIN)?;
    mount::attach(&root, place(site::UDI)?)?;

    for (name, depth) in [("proc", Depth::One), ("sys", Depth::One), ("dev", Depth::Tree), ("tmp", Depth::One)] {
        bind(&root, &Path::new("/").join(name), name, depth)?;
    }
    bind(&root, Path::new("/var/tmp"), "var/tmp", Depth::One)?;
    mount::enter(&root)?;
    mount::pivot_to_working_directory()?;
    identity::set_groups(&[NOBODY])?;
    identity::set_group(Triple::all(NOBODY))?;
    identity::set_user(Triple::all(NOBODY))?;
    capability::set_no_new_privs()?;
    let words = command.iter().map(|word| CString::new(*word)).collect::<Result<Vec<_>, _>>()?;
    bail!(process::exec(OsStr::new(command.first().context("a command")?), &words, &[]))
}

fn image(source: &Path) -> Result<std::os::fd::OwnedFd> {
    let file = File::open(source).with_context(|| format!("cannot open {}", source.display()))?;
    let attached;
    let device: PathBuf = if source.starts_with("/dev") {
        source.to_owned()
    } else {
        attached = loopdev::attach(&file, loopdev::Access::ReadOnly)?;
        attached.path.clone()
    };
    let parameters = [Parameter::Text("source", device.as_os_str()), Parameter::Flag("ro")];
    Ok(mount::new("squashfs", &parameters, PLAIN.and(Attributes::READ_ONLY))?)
}

fn bind(root: &std::os::fd::OwnedFd, from: &Path, to: &str, depth: Depth) -> Result<()> {
    let copy = mount::clone_at(open::host(from, For::Place)?, depth)?;
    mount::restrict(&copy, Depth::Tree, Attributes::NOSUID, Some(Propagation::Private))?;
    Ok(mount::attach(copy, open::below(root, Path::new(to), open::Within::Root, For::Place)?)?)
}

fn place(path: &str) -> Result<std::os::fd::OwnedFd> {
    Ok(open::host(Path::new(path), For::Place)?)
}
