//! Mounting what the host has.

use std::os::fd::OwnedFd;
use std::path::Path;

use shifter_sys::mount::{self, Attributes, Depth, Propagation};
use shifter_sys::open::{self, For, Kind};
use shifter_sys::{Errno, later, node};

use super::tree::{Make, Tree};
use super::{Enactor, Reason, Source};
use crate::plan::{Bind, Missing};
use crate::trust;

/// Puts a detached mount into a tree, on a place that is made where it is missing.
pub(super) fn attach(tree: &Tree, mounted: OwnedFd, to: &Path) -> Result<(), Reason> {
    let make = || open::facts(&mounted).map(|facts| Make::matching(facts.kind));
    let place = match tree.open(to, For::Place) {
        Ok(place) => place,
        Err(_) => tree.place(to, make()?)?.0,
    };
    let done = match mount::attach(&mounted, &place) {
        // The kernel takes no file on a directory, nor the other way round.
        Err(error) if [Errno::INVAL, Errno::NOTDIR].contains(&error.errno) => {
            tree.place(to, make()?)?;
            Err(error.into())
        }
        attached => Ok(attached?),
    };
    [mounted, place].into_iter().for_each(later::close);
    done
}

/// What a mount of the site's own has beside the attributes of its source.
const OWN: Attributes = Attributes::READ_ONLY.and(Attributes::NOSUID).and(Attributes::NODEV);

impl Enactor<'_> {
    /// The source is opened, copied as a detached mount that keeps its attributes, given more of them, and only then
    /// put into the tree.
    pub(super) fn bind(&mut self, bind: &Bind) -> Result<(), Reason> {
        if self.bind_by_name(bind)? {
            return Ok(());
        }
        match self.source(&bind.from, Source::Anybodys, For::Place) {
            Err(Reason::Host(_, error)) if error.errno == Errno::NOENT && bind.missing == Missing::LeftOut => Ok(()),
            source => {
                let source = source?;
                let done = self.bind_opened(&source, bind);
                later::close(source);
                done
            }
        }
    }

    /// The same where names are enough: the source lies in directories of root's alone, and the place is a directory that
    /// this start made. Neither a link nor a file goes onto a directory (`EINVAL`). `false` leaves it to descriptors.
    fn bind_by_name(&self, bind: &Bind) -> Result<bool, Reason> {
        let are_names_enough = !self.raised.is_rootless()
            && self.own_places.contains(&bind.to)
            && bind.from.parent().is_some_and(trust::is_roots_alone);
        if !are_names_enough {
            return Ok(false);
        }
        let Ok(copy) = mount::clone_named(&bind.from, bind.depth) else { return Ok(false) };
        mount::restrict(&copy, Depth::Tree, bind.add, Some(bind.propagation))?;
        let attached = match bind.to.file_name() {
            // A name in the root leads through nothing that could be a link.
            Some(name) if bind.to.parent() == Some(Path::new("/")) => {
                mount::attach_in(&copy, self.tree().root(), name).is_ok()
            }
            _ => self.tree().open(&bind.to, For::Place).is_ok_and(|place| {
                let attached = mount::attach(&copy, &place).is_ok();
                later::close(place);
                attached
            }),
        };
        later::close(copy);
        Ok(attached)
    }

    fn bind_opened(&self, source: &OwnedFd, bind: &Bind) -> Result<(), Reason> {
        let copy = mount::clone_at(source, bind.depth)?;
        mount::restrict(&copy, Depth::Tree, bind.add, Some(bind.propagation))?;
        attach(self.tree(), copy, &bind.to)
    }

    /// Mounts something of the site's own, read-only.
    pub(super) fn bind_own(&self, source: &OwnedFd, from: &Path, to: &Path) -> Result<(), Reason> {
        self.bind_opened(
            source,
            &Bind {
                from: from.to_owned(),
                to: to.to_owned(),
                depth: self.depth_of_own(),
                add: OWN,
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
            let (parent, name) = self.tree().kept_parent(&target)?;
            let kind = open::facts(&entry)?.kind;
            let made = match kind {
                Kind::Symlink => node::make_symlink(Path::new(&node::link_target(&entry)?), &parent, name),
                Kind::Directory => node::make_dir(&parent, name, 0o755),
                _ => node::make_file(&parent, name, 0o644).map(later::close),
            };
            match made {
                Ok(()) if kind == Kind::Symlink => {}
                // What was made a moment ago is a place under its name.
                Ok(()) => {
                    let copy = mount::clone_at(&entry, self.depth_of_own())?;
                    mount::restrict(&copy, Depth::Tree, OWN, Some(Propagation::Private))?;
                    mount::attach_in(&copy, &parent, name)?;
                    later::close(copy);
                }
                Err(error) if error.errno != Errno::EXIST || kind == Kind::Symlink => return Err(error.into()),
                Err(_) if kind == Kind::Directory => {
                    let listing = below(For::Listing).map_err(in_host)?;
                    self.bind_entries_of(&listing, &source, &target)?;
                    later::close(listing);
                }
                Err(_) => self.bind_own(&entry, &source, &target)?,
            }
            later::close(entry);
        }
        Ok(())
    }

    /// In a user namespace the kernel copies no mount without those below it.
    fn depth_of_own(&self) -> Depth {
        if self.raised.is_rootless() { Depth::Tree } else { Depth::One }
    }
}
