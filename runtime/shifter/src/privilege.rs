//! Who asks, and with whose rights we act. The phases of a start are types:
//!
//! * [`Raised`]: started setuid root by an ordinary user (or about to enter a user namespace of his), or by root for a
//!   user. Files are
//!   reached as root unless said otherwise; [`Raised::as_user`] and [`Raised::as_owner`] say otherwise for the length
//!   of a closure, in which no capability is effective.
//! * [`Dropped`]: an ordinary process of the caller, for ever. Only it can be turned into the command.
//!
//! A change of identity that fails leaves nothing to go on with: the process aborts.

use crate::say::say;
use std::cell::Cell;
use std::io::Read as _;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use shifter_sys::identity::{self, Triple};
use shifter_sys::open::{self, For, Within};
use shifter_sys::process::{self, Child};
use shifter_sys::status::Status;
use shifter_sys::{CallError, capability, later, mount, node, signal};

mod caller;
mod drop;

pub use caller::{Caller, IdentityError, Mode};

/// What an owner of image files is given as his group: nobody's.
const NOGROUP: u32 = 65534;

/// A process with privilege.
#[derive(Debug)]
pub struct Raised {
    caller: Caller,
    status: Status,
    /// As whom it acts in [`Raised::as_owner`].
    owner: Cell<Option<u32>>,
}

/// Shows that the effective ids are the caller's and no capability is effective.
#[derive(Debug)]
pub struct AsUser<'a> {
    /// Whose they are.
    pub caller: &'a Caller,
}

/// A process that has given up every privilege and cannot get any.
#[derive(Debug)]
pub struct Dropped {
    caller: Caller,
}

impl Raised {
    /// Finds out who called and takes the rights of a setuid program in full: files made from here on belong to root
    /// and its group, and the caller cannot trace the process.
    ///
    /// # Errors
    /// For root itself, for group 0, and for a program that is setuid to somebody else.
    pub fn acquire() -> Result<Raised, IdentityError> {
        Raised::acquire_after(|_user| ()).map(|(raised, ())| raised)
    }

    /// The same, and before that runs `first` as [`Raised::as_user`] would, which a setuid program nearly is when it begins.
    ///
    /// # Errors
    /// Those of [`Raised::acquire`].
    pub fn acquire_after<T>(first: impl FnOnce(AsUser<'_>) -> T) -> Result<(Raised, T), IdentityError> {
        let (caller, had) = Caller::identify()?;
        let status = Status::open()?;
        if caller.mode == Mode::UserNamespace {
            let done = first(AsUser { caller: &caller });
            return Ok((Raised { caller, status, owner: Cell::new(None) }, done));
        }
        if caller.groups != had {
            identity::set_groups(&caller.groups)?;
        }
        // ORDER: the group is the caller's already; a change of the user takes the capabilities away (capabilities(7)).
        identity::set_user(Triple { real: caller.uid, effective: caller.uid, saved: 0 })?;
        process::hide_memory()?;
        let done = first(AsUser { caller: &caller });
        identity::set_user(Triple { real: caller.uid, effective: 0, saved: 0 })?;
        identity::set_group(Triple { real: caller.gid, effective: 0, saved: 0 })?;
        process::hide_memory()?;
        Ok((Raised { caller, status, owner: Cell::new(None) }, done))
    }

    /// Root acts for a user whom it names: the phases are the same, and what is done as the user is done with these ids.
    /// The user can neither trace nor signal the process.
    ///
    /// # Errors
    /// For anybody but root, and for root or its group as the user.
    pub fn for_user(uid: u32, gid: u32, groups: &[u32]) -> Result<Raised, IdentityError> {
        let caller = Caller::named_by_root(uid, gid, groups)?;
        let (uid, gid) = caller.real_ids();
        identity::set_groups(&caller.groups)?;
        identity::set_group(Triple { real: gid, effective: 0, saved: 0 })?;
        identity::set_user(Triple { real: uid, effective: 0, saved: 0 })?;
        // ORDER: a change of identity sets what the system has as default (prctl(2), PR_SET_DUMPABLE).
        process::hide_memory()?;
        Ok(Raised { caller, status: Status::open()?, owner: Cell::new(None) })
    }

    /// Root itself calls, not a set-id program.
    ///
    /// # Errors
    /// For anybody else.
    pub fn require_root() -> Result<(), IdentityError> {
        caller::require_root()
    }

    /// Who called.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether the rights end at a user namespace of the caller's own.
    #[must_use]
    pub fn is_rootless(&self) -> bool {
        self.caller.mode == Mode::UserNamespace
    }

    /// Runs `body` with the caller's uid, gid and groups, so that the kernel answers as it would answer him.
    pub fn as_user<T>(&self, body: impl FnOnce(AsUser<'_>) -> T) -> T {
        let _back = self.become_other(self.caller.uid, self.caller.gid, None);
        body(AsUser { caller: &self.caller })
    }

    /// Runs `body` with the uid that owns the image files, which a squashed export serves where it refuses root. Within
    /// `body` the same is no change.
    pub fn as_owner<T>(&self, owner: u32, body: impl FnOnce() -> T) -> T {
        if owner == 0 || self.owner.get() == Some(owner) {
            return body();
        }
        let _back = self.become_other(owner, NOGROUP, Some(&[]));
        self.owner.set(Some(owner));
        let done = body();
        self.owner.set(None);
        done
    }

    /// Runs `body` while no signal of the caller's can reach the process (kill(2): it asks for the real and the saved
    /// uid), nor one that he has the kernel send (a timer, a terminal), so that what it begins it ends.
    pub fn out_of_reach<T>(&self, body: impl FnOnce() -> T) -> T {
        // ORDER: dropped last, when the process is within reach again and may be ended.
        let _held_back = signal::hold_back().unwrap_or_else(|error| die("hold signals back", error));
        let back = self.caller.mode == Mode::Setuid;
        let _back = back.then(|| {
            if let Err(error) = identity::set_user(Triple::all(0)).and_then(|()| process::hide_memory()) {
                die("take the caller's uid off", error);
            }
            Back { caller: &self.caller, groups_changed: false }
        });
        body()
    }

    /// Runs `body` in a child that has dropped everything, as [`Raised::drop_forever`] does. It gets a mount table of
    /// its own too: once it has become a program of the user's he can trace it, and let it leave processes behind,
    /// which must not look on while root builds.
    ///
    /// # Errors
    /// When there can be no child.
    pub fn in_dropped_child(&self, body: impl FnOnce(Dropped) -> i32) -> Result<Child, CallError> {
        let caller = self.caller.clone();
        process::in_child(|| {
            if let Err(error) = process::new_mount_namespace() {
                die("set a child apart", error);
            }
            // A child asks of itself, not of its parent.
            let status = Status::open().unwrap_or_else(|error| die("set a child apart", error));
            body(Raised { caller, status, owner: Cell::new(None) }.drop_forever())
        })
    }

    /// Runs `body` in a child that is root in all its ids, with root's group only, in a session of its own, with no
    /// limit and no signal setting of the caller's, and keeps nothing open over an exec. Without privilege it is the
    /// caller instead.
    ///
    /// # Errors
    /// When there can be no child.
    pub fn in_root_child(&self, body: impl FnOnce() -> i32) -> Result<Child, CallError> {
        process::in_child(|| {
            let prepare = || -> Result<(), CallError> {
                process::new_session()?;
                process::close_inherited_on_exec()?;
                signal::forget_the_callers()?;
                if self.caller.mode != Mode::UserNamespace {
                    // A script without `set -e` goes on where a limit of the caller's made one of its lines fail.
                    process::lift_limits()?;
                    identity::set_groups(&[0])?;
                    identity::set_group(Triple::all(0))?;
                    identity::set_user(Triple::all(0))?;
                    process::hide_memory()?;
                    // ORDER: keys are counted for the real uid.
                    process::new_session_keyring()?;
                }
                Ok(())
            };
            match prepare() {
                Ok(()) => body(),
                Err(error) => die("prepare a child of root", error),
            }
        })
    }

    /// Runs `body` in a child that is root by its ids only: it can open what is root's, and has no capability.
    ///
    /// # Errors
    /// When there can be no child.
    pub fn in_powerless_root_child(&self, body: impl FnOnce() -> i32) -> Result<Child, CallError> {
        self.in_root_child(|| {
            let give_up = || -> Result<(), CallError> {
                capability::empty_ambient_set()?;
                capability::drop_from_bounding_set(Status::open()?.read()?.sets.bounding)?;
                capability::lock_securebits()?;
                capability::empty_held_sets()?;
                capability::set_no_new_privs()
            };
            match give_up() {
                Ok(()) => body(),
                Err(error) => die("give up capabilities", error),
            }
        })
    }

    /// Runs `body` in a child that has dropped everything, and that nothing below it outlives: it is the first process of a
    /// PID namespace of its own (pid_namespaces(7)), in a session and a mount table of its own, and keeps nothing open over
    /// an exec but 0, 1 and 2. Before it drops, `enter` brings it to where it is to be. What `begin` is told is its number;
    /// until that returns the child waits, and ends if this process ends.
    ///
    /// # Errors
    /// When there can be no child.
    pub fn in_first_process(
        &self,
        begin: impl FnOnce(u32) -> Result<(), CallError>,
        enter: impl FnOnce() -> Result<(), CallError>,
        body: impl FnOnce(Dropped) -> i32,
    ) -> Result<Child, CallError> {
        let caller = self.caller.clone();
        let (wait_here, go) = process::pipe()?;
        process::new_pid_namespace()?;
        // The child has an end to write to as well, which its first act closes.
        let mut go = Some(go);
        let child = process::in_child(|| {
            drop(go.take());
            if std::fs::File::from(wait_here).read_exact(&mut [0]).is_err() {
                return 1;
            }
            let prepare = || -> Result<Status, CallError> {
                process::new_session()?;
                process::close_inherited_on_exec()?;
                signal::forget_the_callers()?;
                process::new_mount_namespace()?;
                mount::receive_only()?;
                // ORDER: a child asks of itself, by the host's /proc.
                let status = Status::open()?;
                enter()?;
                Ok(status)
            };
            match prepare() {
                Ok(status) => body(Raised { caller, status, owner: Cell::new(None) }.drop_forever()),
                Err(error) => die("set a child apart", error),
            }
        })?;
        let begun = begin(child.number());
        if let (Ok(()), Some(go)) = (&begun, go) {
            node::write_all(go, b".")?;
        }
        begun.map(|()| child)
    }

    /// Gives up everything, and checks with the kernel that it is gone. Aborts otherwise.
    #[must_use]
    pub fn drop_forever(self) -> Dropped {
        // ORDER: nothing that root opened is there any more when the caller's names are followed.
        later::close_all();
        if let Err(error) = self.caller.drop_and_verify(&self.status) {
            die("give up privilege", error);
        }
        // A file about the process itself, for nobody but us; the exec closes it.
        later::close(self.status.into());
        Dropped { caller: self.caller }
    }

    fn become_other(&self, uid: u32, gid: u32, groups: Option<&[u32]>) -> Back<'_> {
        if self.caller.mode != Mode::UserNamespace {
            let (real_uid, real_gid) = self.caller.real_ids();
            let change = || -> Result<(), CallError> {
                if let Some(groups) = groups {
                    identity::set_groups(groups)?;
                }
                // ORDER: groups before the user, whose change takes the right to change groups away.
                identity::set_group(Triple { real: real_gid, effective: gid, saved: 0 })?;
                identity::set_user(Triple { real: real_uid, effective: uid, saved: 0 })?;
                // Each change sets what the system has as default (`fs.suid_dumpable`), as in `rise`.
                process::hide_memory()
            };
            if let Err(error) = change() {
                die("act as another user", error);
            }
        }
        Back { caller: &self.caller, groups_changed: groups.is_some() }
    }
}

impl AsUser<'_> {
    /// Opens a directory of the host that the caller may list and enter. Both are asked of the one descriptor, since
    /// what overlayfs merges with a directory of ours is shown with our directory's permissions.
    ///
    /// # Errors
    /// When he may not.
    pub fn open_directory(&self, path: &Path) -> Result<OwnedFd, CallError> {
        let directory = open::host(path, For::Listing)?;
        self.may_enter(&directory).map(|()| directory)
    }

    /// The same below the root of a tree.
    ///
    /// # Errors
    /// When he may not.
    pub fn open_directory_below(&self, root: impl AsFd, path: &Path) -> Result<OwnedFd, CallError> {
        let directory = open::below(root, path, Within::Root, For::Listing)?;
        self.may_enter(&directory).map(|()| directory)
    }

    fn may_enter(&self, directory: &OwnedFd) -> Result<(), CallError> {
        open::below(directory, Path::new("."), Within::PlainBelow, For::Place).map(drop)
    }
}

impl Dropped {
    /// Whose process it is.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

/// Takes the rights of root back when it goes out of scope.
struct Back<'a> {
    caller: &'a Caller,
    groups_changed: bool,
}

impl Drop for Back<'_> {
    fn drop(&mut self) {
        if self.caller.mode == Mode::UserNamespace {
            return;
        }
        let (uid, gid) = self.caller.real_ids();
        let back = || -> Result<(), CallError> {
            // ORDER: the user first; effective capabilities come back with uid 0 (capabilities(7)).
            identity::set_user(Triple { real: uid, effective: 0, saved: 0 })?;
            identity::set_group(Triple { real: gid, effective: 0, saved: 0 })?;
            if self.groups_changed {
                identity::set_groups(&self.caller.groups)?;
            }
            process::hide_memory()
        };
        if let Err(error) = back() {
            die("take privilege back", error);
        }
    }
}

fn die(what: &str, error: impl std::fmt::Display) -> ! {
    say(format_args!("cannot {what}: {error}; aborting"));
    process::abort()
}
