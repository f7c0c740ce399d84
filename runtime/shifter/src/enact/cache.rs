//! A `perNodeCache`: an XFS of this node's own, for small files that a parallel file system is slow with.
//!
//! Its file has no name from the moment it was made, so nothing is left behind however the container ends. mkfs.xfs(8)
//! is the one helper without an in-process form: it gets the open file, root's ids, and no capability. The user never
//! sees the file, so what the kernel mounts is what mkfs wrote.

use std::ffi::{CString, OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use shifter_formats::volume::Author;
use shifter_sys::mount::{self, Parameter};
use shifter_sys::open::{self, For, Within};
use shifter_sys::process;
use shifter_sys::{CallError, Errno, loopdev, node};

use super::hook::{finish, overhear};
use super::root::{PLAIN, RootError};
use super::tree::Make;
use super::{Enactor, Reason};
use crate::plan::Cache;
use crate::trust;

impl Enactor<'_> {
    pub(super) fn cache(&mut self, cache: &Cache) -> Result<(), Reason> {
        let place = match cache.author {
            Author::Site => self.tree().place(&cache.to, Make::Directory)?.0,
            Author::User => self.users_place(&cache.to)?,
        };
        let file = nameless_file(&cache.directory)?;
        node::set_length(&file, cache.size)?;
        self.make_xfs(&cache.mkfs, &file, cache.size)?;
        let device = loopdev::attach(&file, loopdev::Access::ReadWrite).map_err(RootError::Loop)?;
        let source = Parameter::Text("source", device.path.as_os_str());
        let mounted = mount::new("xfs", &[source, Parameter::Flag("nouuid")], PLAIN).map_err(RootError::New)?;
        let top = open::below(&mounted, Path::new("."), Within::PlainBelow, For::Listing)?;
        node::set_owner(&top, self.raised.caller().uid, self.raised.caller().gid)?;
        Ok(mount::attach(mounted, place)?)
    }

    fn make_xfs(&self, mkfs: &Path, file: &OwnedFd, size: u64) -> Result<(), Reason> {
        trust::open_file(mkfs)?;
        let output = process::memory_file(c"mkfs")?;
        let child = self.raised.in_powerless_root_child(|| overhear(&output, || become_mkfs(mkfs, file, size)))?;
        finish(child, output, "perNodeCache", mkfs)
    }
}

fn become_mkfs(mkfs: &Path, file: &OwnedFd, size: u64) -> CallError {
    if let Err(error) = process::become_stdin(file) {
        return error;
    }
    // The file has no name but this one; a loop device would do too, but for its block size mkfs needs a capability.
    let data = OsString::from(format!("file,name=/proc/self/fd/0,size={size}"));
    let words = [mkfs.as_os_str(), OsStr::new("-q"), OsStr::new("-d"), data.as_os_str()];
    let words = words.map(|word| CString::new(word.as_bytes()).unwrap_or_default());
    process::exec(mkfs.as_os_str(), &words, &[CString::from(c"PATH=/usr/bin:/usr/sbin:/bin:/sbin")])
}

/// A new file that never has a name; where the file system cannot make one (open(2), O_TMPFILE), one that loses its
/// name at once.
fn nameless_file(directory: &Path) -> Result<OwnedFd, Reason> {
    let parent = trust::open_directory(directory)?;
    let in_host = |error| Reason::Host(directory.to_owned(), error);
    match node::make_nameless(&parent, 0o600) {
        Err(error) if [Errno::OPNOTSUPP, Errno::ISDIR].contains(&error.errno) => {}
        result => return result.map_err(in_host),
    }
    for attempt in 0..64 {
        let name = OsString::from(format!("perNodeCache_{}_{attempt}", std::process::id()));
        match node::make_file(&parent, &name, 0o600) {
            Ok(file) => {
                node::remove(&parent, &name).map_err(in_host)?;
                return Ok(file);
            }
            Err(error) if error.errno == Errno::EXIST => {}
            Err(error) => return Err(in_host(error)),
        }
    }
    Err(in_host(CallError { call: "openat", errno: Errno::EXIST }))
}
