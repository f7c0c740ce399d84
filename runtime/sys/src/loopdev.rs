//! A loop device that goes away with its last user (loop(4)).

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use crate::call::{CallError, Errno, Named};

const LOOP_CTL_GET_FREE: libc::c_ulong = 0x4C82;
const LOOP_CONFIGURE: libc::c_ulong = 0x4C0A;
const LO_FLAGS_READ_ONLY: u32 = 1;
const LO_FLAGS_AUTOCLEAR: u32 = 4;

/// How often another program may take the free device before we give up.
const TRIES: u32 = 256;

/// `struct loop_info64` of `<linux/loop.h>`.
#[repr(C)]
struct Info {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    size_limit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `struct loop_config` of `<linux/loop.h>`.
#[repr(C)]
struct Config {
    fd: u32,
    block_size: u32,
    info: Info,
    reserved: [u64; 8],
}

// The kernel copies exactly this many bytes from our pointer.
const _: () = assert!(size_of::<Config>() == 304);

/// An attached device. While this is held the device cannot be cleared; afterwards the mount on it holds it.
#[derive(Debug)]
pub struct LoopDevice {
    /// `/dev/loopN`.
    pub path: PathBuf,
    device: OwnedFd,
}

impl LoopDevice {
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

/// Attaches `backing`, to be cleared when its last user goes: `LOOP_CTL_GET_FREE`, then `LOOP_CONFIGURE`,
/// which sets file and flags at once (Linux 5.8). Between the two another program may take the device (`EBUSY`);
/// then the next free one is tried.
///
/// # Errors
/// `EBUSY` after 256 lost races, `ENOENT` without `/dev/loop-control`, `EINVAL` before Linux 5.8.
pub fn attach(backing: impl AsFd, access: Access) -> Result<LoopDevice, CallError> {
    let control = File::options().read(true).write(true).open("/dev/loop-control").named("open(/dev/loop-control)")?;
    for _ in 0..TRIES {
        let path = PathBuf::from(format!("/dev/loop{}", free_number(&control)?));
        let opened = File::options().read(true).write(access == Access::ReadWrite).open(&path);
        let attempt = opened.named("open(/dev/loopN)").and_then(|device| {
            configure(&device, &backing, access)?;
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

fn free_number(control: &File) -> Result<i32, CallError> {
    // SAFETY: LOOP_CTL_GET_FREE takes no argument and returns a number.
    let number = unsafe { libc::ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE as _) };
    if number >= 0 { Ok(number) } else { Err(CallError::last("ioctl(LOOP_CTL_GET_FREE)")) }
}

fn configure(device: &File, backing: impl AsFd, access: Access) -> Result<(), CallError> {
    let backing = u32::try_from(backing.as_fd().as_raw_fd()).expect("an open descriptor is not negative");
    let config = Config {
        fd: backing,
        block_size: 0,
        info: Info {
            device: 0,
            inode: 0,
            rdevice: 0,
            offset: 0,
            size_limit: 0,
            number: 0,
            encrypt_type: 0,
            encrypt_key_size: 0,
            flags: match access {
                Access::ReadOnly => LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
                Access::ReadWrite => LO_FLAGS_AUTOCLEAR,
            },
            file_name: [0; 64],
            crypt_name: [0; 64],
            encrypt_key: [0; 32],
            init: [0; 2],
        },
        reserved: [0; 8],
    };
    // SAFETY: LOOP_CONFIGURE reads one `struct loop_config`, whose layout `Config` has (its size is checked above),
    // and keeps no pointer to it. `config` lives over the call.
    let failed = unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CONFIGURE as _, &raw const config) };
    if failed == 0 { Ok(()) } else { Err(CallError::last("ioctl(LOOP_CONFIGURE)")) }
}
