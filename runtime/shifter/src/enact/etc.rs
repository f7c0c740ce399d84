//! The site's `/etc`: copies made in-process, never of links, always root's and readable.

use std::path::Path;

use shifter_sys::Errno;
use shifter_sys::open::{self, For, Kind};

use super::{Enactor, Reason, Source};
use crate::account::{self, Accounts};
use crate::plan::GroupFilter;

/// No file of `/etc` that a site means to copy at every start is larger.
const LARGEST: u64 = 64 << 20;

/// Files that `etcPath` does not decide: an empty shadow is made instead.
const NOT_COPIED: [&str; 2] = ["shadow", "gshadow"];

impl Enactor<'_> {
    pub(super) fn host_file(&mut self, from: &Path, to: &Path) -> Result<(), Reason> {
        match self.read(from) {
            Err(Reason::Host(_, error)) if error.errno == Errno::NOENT => Ok(()),
            Err(error) => Err(error),
            Ok(bytes) => self.file(to, 0o644, &bytes),
        }
    }

    pub(super) fn static_etc(&mut self, from: &Path, groups: &GroupFilter, more: &Accounts) -> Result<(), Reason> {
        let in_host = |error| Reason::Host(from.to_owned(), error);
        let names = open::names(self.source(from, Source::Sites, For::Listing)?).map_err(in_host)?;
        for name in names.iter().filter(|name| !NOT_COPIED.iter().any(|other| name == other)) {
            let source = from.join(name);
            let bytes = self.read(&source)?;
            let bytes = match name.to_str() {
                Some("passwd") => account::with_missing(&bytes, &more.passwd),
                Some("group") => account::filter_groups(&account::with_missing(&bytes, &more.group), groups),
                _ => bytes,
            };
            self.file(&Path::new("/etc").join(name), 0o644, &bytes)?;
        }
        Ok(())
    }

    /// A link is followed if root laid it.
    fn read(&self, path: &Path) -> Result<Vec<u8>, Reason> {
        let in_host = |error| Reason::Host(path.to_owned(), error);
        let file = self.source(path, Source::Anybodys, For::Reading)?;
        match open::facts(&file).map_err(in_host)?.kind {
            Kind::Directory => Err(Reason::DirectoryInEtc(path.to_owned())),
            _ => open::read_all(file, LARGEST).map_err(in_host),
        }
    }
}
