//! What the kernel and we say to each other about loop devices: `<linux/loop.h>`.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd as _};

use crate::call::CallError;

const LOOP_CTL_GET_FREE: libc::c_ulong = 0x4C82;
const LOOP_CONFIGURE: libc::c_ulong = 0x4C0A;
const LOOP_GET_STATUS64: libc::c_ulong = 0x4C05;

/// Nothing can be written to the device.
pub(super) const READ_ONLY: u32 = 1;
/// The file is let go with the last user.
pub(super) const AUTOCLEAR: u32 = 4;

/// `struct loop_info64`.
#[repr(C)]
pub(super) struct Info {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) rdevice: u64,
    pub(super) offset: u64,
    pub(super) size_limit: u64,
    pub(super) number: u32,
    pub(super) encrypt_type: u32,
    pub(super) encrypt_key_size: u32,
    pub(super) flags: u32,
    pub(super) file_name: [u8; 64],
    pub(super) crypt_name: [u8; 64],
    pub(super) encrypt_key: [u8; 32],
    pub(super) init: [u64; 2],
}

/// `struct loop_config`.
#[repr(C)]
struct Config {
    fd: u32,
    block_size: u32,
    info: Info,
    reserved: [u64; 8],
}

// The kernel copies exactly this many bytes from or to our pointers.
const _: () = assert!(size_of::<Info>() == 232 && size_of::<Config>() == 304);

impl Info {
    pub(super) fn new(flags: u32, file_name: [u8; 64]) -> Info {
        Info {
            device: 0,
            inode: 0,
            rdevice: 0,
            offset: 0,
            size_limit: 0,
            number: 0,
            encrypt_type: 0,
            encrypt_key_size: 0,
            flags,
            file_name,
            crypt_name: [0; 64],
            encrypt_key: [0; 32],
            init: [0; 2],
        }
    }
}

pub(super) fn free_number(control: impl AsFd) -> Result<i32, CallError> {
    // SAFETY: LOOP_CTL_GET_FREE takes no argument and returns a number.
    let number = unsafe { libc::ioctl(control.as_fd().as_raw_fd(), LOOP_CTL_GET_FREE as _) };
    if number >= 0 { Ok(number) } else { Err(CallError::last("ioctl(LOOP_CTL_GET_FREE)")) }
}

pub(super) fn configure(device: &File, backing: impl AsFd, info: Info) -> Result<(), CallError> {
    let backing = u32::try_from(backing.as_fd().as_raw_fd()).expect("an open descriptor is not negative");
    let config = Config { fd: backing, block_size: 0, info, reserved: [0; 8] };
    // SAFETY: LOOP_CONFIGURE reads one `struct loop_config`, whose layout `Config` has (its size is checked above),
    // and keeps no pointer to it. `config` lives over the call.
    let failed = unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CONFIGURE as _, &raw const config) };
    if failed == 0 { Ok(()) } else { Err(CallError::last("ioctl(LOOP_CONFIGURE)")) }
}

pub(super) fn status(device: impl AsFd) -> Result<Info, CallError> {
    let mut info = Info::new(0, [0; 64]);
    // SAFETY: LOOP_GET_STATUS64 writes one `struct loop_info64`, whose layout `Info` has (its size is checked above), and
    // keeps no pointer to it. `info` lives over the call, and every pattern of bits is a value of its type.
    let failed = unsafe { libc::ioctl(device.as_fd().as_raw_fd(), LOOP_GET_STATUS64 as _, &raw mut info) };
    if failed == 0 { Ok(info) } else { Err(CallError::last("ioctl(LOOP_GET_STATUS64)")) }
}
