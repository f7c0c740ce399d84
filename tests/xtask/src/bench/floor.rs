//! The smallest program that starts a container from a squashfs: a mount namespace, a loop mount, a new root, exec.
//!
//! It has no policy, no site, no user: what is left when everything Shifter is for has been taken away. The distance to it is what
//! the rest costs.

use std::ffi::CString;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use shifter_sys::mount::{self, Attributes, Parameter};
use shifter_sys::{loopdev, open, process};

/// Never returns but with an error.
pub(crate) fn start(image: &Path, command: &Path) -> Result<()> {
    process::new_mount_namespace()?;
    mount::receive_only()?;
    let file = File::open(image).with_context(|| format!("cannot open {}", image.display()))?;
    let device = loopdev::attach(&file, loopdev::Access::ReadOnly)?;
    let source = Parameter::Text("source", device.path.as_os_str());
    let tree = mount::new("squashfs", &[Parameter::Flag("ro"), source], Attributes::READ_ONLY)?;
    let place = open::host(Path::new("/mnt"), open::For::Place)?;
    mount::attach(&tree, &place)?;
    mount::enter(&tree)?;
    mount::pivot_to_working_directory()?;
    let word = CString::new(command.as_os_str().as_bytes())?;
    bail!(process::exec(command.as_os_str(), &[word], &[]))
}
