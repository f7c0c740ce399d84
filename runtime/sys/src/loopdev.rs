//! Loop devices that go away with their last user (loop(4)), and finding one that has a file already.
//!
//! A block device is a superblock is a page cache: whoever mounts the device that is attached already shares all three
//! with its other users, and reads and decompresses nothing again.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{self, FlockOperation};

use crate::call::{CallError, Errno, Named};
use crate::later;
use crate::open::{self, For, Identity};

mod abi;

/// How often another program may take the free device before we give up.
const TRIES: u32 = 256;

/// An attached device. While this is held the device cannot be cleared; afterwards the mount on it holds it.
#[derive(Debug)]
pub struct LoopDevice {
    /// `/dev/loopN`.
    pub path: PathBuf,
    device: OwnedFd,
}

impl LoopDevice {
    /// Lets the device go, which a mount holds by now.
    pub fn let_go(self) {
        later::close(self.device);
    }

    /// The open device.
    #[must_use]
    pub fn device(&self) -> &OwnedFd {
        &self.device
    }
}

/// Whether the device can be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// No.
    ReadOnly,
    /// Yes, if its file is.
    ReadWrite,
}

/// Which file, in which state: what must be the same for two starts to share a device.
///
/// Device and inode alone are not enough. A network file system gives the number of a file that was removed to the next
/// one while a device here still has the first; size and time of change tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backing {
    /// `st_dev`, in the kernel's 64-bit form.
    device: u64,
    inode: u64,
    size: u64,
    /// `st_ctim`: seconds, nanoseconds.
    changed: (i64, u32),
}

impl From<&Identity> for Backing {
    fn from(identity: &Identity) -> Backing {
        let (major, minor) = (u64::from(identity.device.0), u64::from(identity.device.1));
        Backing {
            // `new_encode_dev` of the kernel, which `lo_device` has.
            device: (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12),
            inode: identity.inode,
            size: identity.size,
            changed: identity.changed,
        }
    }
}

impl Backing {
    /// Of an open file, by statx(2).
    ///
    /// # Errors
    /// Only what the kernel says.
    pub fn of(file: impl AsFd) -> Result<Backing, CallError> {
        open::identity(file).map(|identity| Backing::from(&identity))
    }

    /// A name for the file that is one component of a path: `DEVICE-INODE`, in hexadecimal.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:x}-{:x}", self.device, self.inode)
    }

    /// What is kept with the device, in the place of a name of the file. That only root can set it, and that no path
    /// begins so, shows who attached the device.
    fn mark(&self) -> [u8; 64] {
        let (seconds, nanoseconds) = self.changed;
        let text = format!("shifter {:x} {seconds:x}.{nanoseconds:x}", self.size);
        let mut mark = [0; 64];
        // At most 8 + 16 + 1 + 17 + 1 + 8 bytes.
        mark[..text.len()].copy_from_slice(text.as_bytes());
        mark
    }
}

/// Attaches `backing`, to be cleared when its last user goes: `LOOP_CTL_GET_FREE`, then `LOOP_CONFIGURE`,
/// which sets file and flags at once (Linux 5.8). Between the two another program may take the device (`EBUSY`);
/// then the next free one is tried. The device is nobody else's.
///
/// # Errors
/// `EBUSY` after 256 lost races, `ENOENT` without `/dev/loop-control`, `EINVAL` before Linux 5.8.
pub fn attach(backing: impl AsFd, access: Access) -> Result<LoopDevice, CallError> {
    attach_as(&Control::open()?, backing, access, [0; 64])
}

/// Attaches a file read-only, so that [`find`] and [`find_numbered`] know it.
///
/// # Errors
/// Those of [`attach`].
pub fn attach_shared(control: &Control, file: impl AsFd, backing: &Backing) -> Result<LoopDevice, CallError> {
    attach_as(control, file, Access::ReadOnly, backing.mark())
}

fn attach_as(control: &Control, file: impl AsFd, access: Access, mark: [u8; 64]) -> Result<LoopDevice, CallError> {
    let flags = match access {
        Access::ReadOnly => abi::READ_ONLY | abi::AUTOCLEAR,
        Access::ReadWrite => abi::AUTOCLEAR,
    };
    for _ in 0..TRIES {
        let path = PathBuf::from(format!("/dev/loop{}", abi::free_number(&control.0)?));
        let opened = File::options().read(true).write(access == Access::ReadWrite).open(&path);
        let attempt = opened.named("open(/dev/loopN)").and_then(|device| {
            abi::configure(&device, &file, abi::Info::new(flags, mark))?;
            Ok(OwnedFd::from(device))
        });
        match attempt {
            Ok(device) => return Ok(LoopDevice { path, device }),
            // The node of a device that was just made may not be there or ready yet.
            Err(error) if [Errno::BUSY, Errno::NOENT, Errno::NXIO].contains(&error.errno) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error),
        }
    }
    Err(CallError { call: "ioctl(LOOP_CONFIGURE)", errno: Errno::BUSY })
}

/// The device of this number, if it has this file in this state, attached by [`attach_shared`], whole and unaltered.
///
/// It is opened before it is looked at: an open device is not cleared, and one that is being cleared has no status.
#[must_use]
pub fn find_numbered(number: u32, backing: &Backing) -> Option<LoopDevice> {
    let path = PathBuf::from(format!("/dev/loop{number}"));
    let device = open::host(&path, For::Reading).ok()?;
    let info = abi::status(&device).ok()?;
    let is_same = (info.device, info.inode, info.file_name) == (backing.device, backing.inode, backing.mark());
    let is_whole = (info.offset, info.size_limit, info.encrypt_type) == (0, 0, 0);
    // No partitions, no direct I/O, and certain to go away.
    let is_plain = info.flags == abi::READ_ONLY | abi::AUTOCLEAR;
    (is_same && is_whole && is_plain).then_some(LoopDevice { path, device })
}

/// Looks at every loop device of the node.
///
/// # Errors
/// Without sysfs.
pub fn find(backing: &Backing) -> Result<Option<LoopDevice>, CallError> {
    let devices = open::host(Path::new("/sys/block"), For::Listing).and_then(open::names)?;
    let number = |name: &std::ffi::OsString| name.to_str()?.strip_prefix("loop")?.parse().ok();
    Ok(devices.iter().filter_map(number).find_map(|number| find_numbered(number, backing)))
}

/// `/dev/loop-control`, which only root can open.
#[derive(Debug)]
pub struct Control(File);

impl Control {
    /// Opens it.
    ///
    /// # Errors
    /// `ENOENT` where the kernel has no loop devices.
    pub fn open() -> Result<Control, CallError> {
        let file = File::options().read(true).write(true).open("/dev/loop-control");
        file.named("open(/dev/loop-control)").map(Control)
    }

    /// flock(2) without waiting: whether it is ours now, until this is closed.
    ///
    /// # Errors
    /// Only what the kernel says.
    pub fn try_lock(&self) -> Result<bool, CallError> {
        match fs::flock(&self.0, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => Ok(false),
            Err(errno) => Err(errno).named("flock"),
        }
    }
}
