//! Mounting what the host has.

use std::os::fd::OwnedFd;
use std::path::Path;

use shifter_sys::mount::{self, Attributes, Depth, Propagation};
use shifter_sys::open::{self, For, Kind};
use shifter_sys::{Errno, node};

use super::tree::Make;
use super::{Enactor, Reason, Source};
use crate::plan::{Bind, Missing};

impl Enactor<'_> {
    /// The source is opened, copied as a detached mount that keeps its attributes, given more of them, and only then
    /// put into the tree.
    pub(super) fn bind(&mut self, bind: &Bind) -> Result<(), Reason> {
        match self.source(&bind.from, Source::Anybodys, For::Place) {
            Err(Reason::Host(_, error)) if error.errno == Errno::NOENT && bind.missing == Missing::LeftOut => Ok(()),
            source => self.bind_opened(&source?, bind),
        }
    }

    fn bind_opened(&self, source: &OwnedFd, bind: &Bind) -> Result<(), Reason> {
        let kind = open::facts(source)?.kind;
        let copy = mount::clone_at(source, bind.depth)?;
        mount::restrict(&copy, Depth::Tree, bind.add, Some(bind.propagation))?;
        let (place, _) = self.tree().place(&bind.to, Make::matching(kind))?;
        Ok(mount::attach(copy, place)?)
    }

    /// Mounts something of the site's own, read-only.
    pub(super) fn bind_own(&self, source: &OwnedFd, from: &Path, to: &Path) -> Result<(), Reason> {
        self.bind_opened(
            source,
            &Bind {
                from: from.to_owned(),
                to: to.to_owned(),
                depth: if self.raised.is_rootless() { Depth::Tree } else { Depth::One },
                add: Attributes::READ_ONLY.and(Attributes::NOSUID).and(Attributes::NODEV),
                propagation: Propagation::Private,
                missing: Missing::Refused,
            },
        )
    }

    /// Mounts each entry of a directory, so that others may be put beside them; links are made anew. A directory that
    /// the tree has already is gone into.
    pub(super) fn bind_entries(&mut self, from: &Path, to: &Path) -> Result<(), Reason> {
        let listing = self.source(from, Source::Sites, For::Listing)?;
        self.bind_entries_of(&listing, from, to)
    }

    fn bind_entries_of(&mut self, listing: &OwnedFd, from: &Path, to: &Path) -> Result<(), Reason> {
        let in_host = |error| Reason::Host(from.to_owned(), error);
        for name in open::names(listing).map_err(in_host)? {
            let (source, target) = (from.join(&name), to.join(&name));
            let below = |wanted| open::below(listing, Path::new(&name), open::Within::PlainBelow, wanted);
            let entry = below(For::Itself).map_err(in_host)?;
            match open::facts(&entry)?.kind {
                Kind::Symlink => {
                    let (parent, name) = self.tree().parent(&target)?;
                    node::make_symlink(Path::new(&node::link_target(&entry)?), parent, name)?;
                }
                Kind::Directory if self.tree().open(&target, For::Place).is_ok() => {
                    let listing = below(For::Listing).map_err(in_host)?;
                    self.bind_entries_of(&listing, &source, &target)?;
                }
                _ => self.bind_own(&entry, &source, &target)?,
            }
        }
        Ok(())
    }
}
