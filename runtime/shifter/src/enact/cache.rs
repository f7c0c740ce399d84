//! A `perNodeCache`: a file system of this node's own, for small files that a parallel file system is slow with.
//!
//! Its file has no name from the moment it was made, so nothing is left behind however the container ends. mkfs.xfs(8)
//! and mkfs.ext4(8) are the only helpers, having no in-process form: they get the open file, root's ids, and no capability. The user never
//! sees the file, so what the kernel mounts is what mkfs wrote.

use std::ffi::{CString, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use shifter_formats::volume::{Author, CacheFilesystem};
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
        let file = self.nameless_file(&cache.directory)?;
        node::set_length(&file, cache.kind.size.0)?;
        self.make_filesystem(cache, &file)?;
        let device = loopdev::attach(&file, loopdev::Access::ReadWrite).map_err(RootError::Loop)?;
        let mut parameters = vec![Parameter::Text("source", device.path.as_os_str())];
        if cache.kind.filesystem == CacheFilesystem::Xfs {
            parameters.push(Parameter::Flag("nouuid"));
        }
        let mounted = mount::new(cache.kind.filesystem.as_str(), &parameters, PLAIN).map_err(RootError::New)?;
        let top = open::below(&mounted, Path::new("."), Within::PlainBelow, For::Listing)?;
        node::set_owner(&top, self.raised.caller().uid, self.raised.caller().gid)?;
        Ok(mount::attach(mounted, place)?)
    }

    fn make_filesystem(&self, cache: &Cache, file: &OwnedFd) -> Result<(), Reason> {
        trust::open_file(&cache.mkfs)?;
        let output = process::memory_file(c"mkfs")?;
        let child = self.raised.in_powerless_root_child(|| overhear(&output, || become_mkfs(cache, file)))?;
        finish(child, output, "perNodeCache", &cache.mkfs)
    }

    /// A new file that never has a name; where the file system cannot make one (open(2), O_TMPFILE), one that loses its
    /// name at once, while the caller cannot end the process.
    fn nameless_file(&self, directory: &Path) -> Result<OwnedFd, Reason> {
        let (parent, _) = trust::open_directory(directory)?;
        let in_host = |error| Reason::Host(directory.to_owned(), error);
        match node::make_nameless(&parent, 0o600) {
            Err(error) if [Errno::OPNOTSUPP, Errno::ISDIR].contains(&error.errno) => {}
            result => return result.map_err(in_host),
        }
        for attempt in 0..64 {
            let name = OsString::from(format!("perNodeCache_{}_{attempt}", std::process::id()));
            let made = self.raised.out_of_reach(|| {
                let file = node::make_file(&parent, &name, 0o600)?;
                node::remove(&parent, &name).map(|()| file)
            });
            match made {
                // Nodes that share the directory may have the same process id.
                Err(error) if error.errno == Errno::EXIST => {}
                result => return result.map_err(in_host),
            }
        }
        Err(in_host(CallError { call: "openat", errno: Errno::EXIST }))
    }
}

/// The file has no name but this one; a loop device would do too, but for its block size mkfs needs a capability.
const FILE: &str = "/proc/self/fd/0";

fn become_mkfs(cache: &Cache, file: &OwnedFd) -> CallError {
    if let Err(error) = process::become_stdin(file) {
        return error;
    }
    let words = mkfs_words(cache).into_iter().map(|word| CString::new(word.as_bytes()).unwrap_or_default());
    let words: Vec<CString> = words.collect();
    process::exec(cache.mkfs.as_os_str(), &words, &[CString::from(c"PATH=/usr/bin:/usr/sbin:/bin:/sbin")])
}

/// Of ext4 no journal, since nothing survives the container, and no blocks kept back for root.
fn mkfs_words(cache: &Cache) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec![cache.mkfs.clone().into(), "-q".into()];
    let block_size = cache.kind.own_block_size();
    match cache.kind.filesystem {
        CacheFilesystem::Xfs => {
            words.extend(block_size.into_iter().flat_map(|size| ["-b".into(), format!("size={}", size.0).into()]));
            words.extend(["-d".into(), format!("file,name={FILE},size={}", cache.kind.size.0).into()]);
        }
        CacheFilesystem::Ext4 => {
            words.extend(["-F", "-t", "ext4", "-m", "0", "-O", "^has_journal", "-E", "nodiscard"].map(OsString::from));
            words.extend(block_size.into_iter().flat_map(|size| ["-b".into(), size.0.to_string().into()]));
            words.push(FILE.into());
        }
    }
    words
}
