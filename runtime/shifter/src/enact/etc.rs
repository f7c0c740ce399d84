//! The site's `/etc`: copies made in-process, never of links, always root's and readable.

use std::os::fd::OwnedFd;
use std::path::Path;

use shifter_sys::open::{self, For, Kind};
use shifter_sys::{Errno, later, node};

use super::{Enactor, Reason, Source};
use crate::account::{self, Accounts};
use crate::plan::GroupFilter;

/// No file of `/etc` that a site means to copy at every start is larger.
const LARGEST: u64 = 64 << 20;

/// Files that `etcPath` does not decide: an empty shadow is made instead.
const NOT_COPIED: [&str; 2] = ["shadow", "gshadow"];

impl Enactor<'_> {
    pub(super) fn host_file(&mut self, from: &Path, to: &Path) -> Result<(), Reason> {
        match self.copy(from, to) {
            Err(Reason::Host(_, error)) if error.errno == Errno::NOENT => Ok(()),
            done => done,
        }
    }

    pub(super) fn static_etc(&mut self, from: &Path, groups: &GroupFilter, more: &Accounts) -> Result<(), Reason> {
        let in_host = |error| Reason::Host(from.to_owned(), error);
        let listing = self.source(from, Source::Sites, For::Listing)?;
        let names = open::names(&listing).map_err(in_host)?;
        later::close(listing);
        for name in names.iter().filter(|name| !NOT_COPIED.iter().any(|other| name == other)) {
            let (source, copy) = (from.join(name), Path::new("/etc").join(name));
            match name.to_str() {
                Some("passwd") if !more.passwd.is_empty() => {
                    self.file(&copy, 0o644, &account::with_missing(&self.read(&source)?, &more.passwd))?;
                }
                Some("group") => {
                    let whole = account::with_missing(&self.read(&source)?, &more.group);
                    self.file(&copy, 0o644, &account::filter_groups(&whole, groups))?;
                }
                _ => self.copy(&source, &copy)?,
            }
        }
        Ok(())
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Reason> {
        let (file, size) = self.to_copy(path)?;
        open::read_sized(file, size, LARGEST).map_err(|error| Reason::Host(path.to_owned(), error))
    }

    /// The kernel copies it, if it can.
    fn copy(&self, from: &Path, to: &Path) -> Result<(), Reason> {
        let (source, size) = self.to_copy(from)?;
        if (1..=LARGEST).contains(&size) {
            let copy = self.new_file(to, 0o644)?;
            let copied = node::copy(&source, &copy, size);
            later::close(copy);
            match copied {
                Err(error) if error.errno == Errno::INVAL => {}
                copied => {
                    later::close(source);
                    return Ok(copied.map(drop)?);
                }
            }
        }
        let bytes = open::read_all(source, LARGEST).map_err(|error| Reason::Host(from.to_owned(), error))?;
        self.file(to, 0o644, &bytes)
    }

    /// A file of the host and its size. A link is followed if root laid it.
    fn to_copy(&self, path: &Path) -> Result<(OwnedFd, u64), Reason> {
        let file = self.source(path, Source::Anybodys, For::Reading)?;
        let facts = open::facts(&file).map_err(|error| Reason::Host(path.to_owned(), error))?;
        match facts.kind {
            Kind::Directory => Err(Reason::DirectoryInEtc(path.to_owned())),
            _ => Ok((file, facts.size)),
        }
    }
}
