//! Joining a container that `setupRoot` made for a job, instead of making another.
//!
//! A start joins if the container is what it would make itself: `/var/shifterConfig.json` says the same as its own record
//! would, byte by byte, and so does the [`mark`] that only root sees. Anything else, and it makes its own. Who joins has
//! a mount namespace of his own with a copy of the container's mounts; unmounting the host's takes nothing from him.

use std::fmt;
use std::path::Path;

use shifter_formats::udiroot::Conf;
use shifter_sys::{CallError, mount, process};

use crate::deny::{DenyError, Standing};
use crate::image::OpenedImage;
use crate::plan::{self, Facts};
use crate::privilege::{IdentityError, Raised};

pub mod found;
pub mod mark;

pub use found::{Container, Found, look, take_down};
use mark::Mark;

/// What became of an attempt to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The process is in the container.
    Yes,
    /// There is none.
    NoneThere,
    /// There is one, but not for this start; why.
    Differs(&'static str),
}

impl fmt::Display for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Joined::Yes => f.write_str("joined the container of setupRoot"),
            Joined::NoneThere => f.write_str("no container of setupRoot to join"),
            Joined::Differs(why) => write!(f, "the container of setupRoot is not joined: {why}"),
        }
    }
}

/// Joins the container at `udiMount` if it is the one that `facts` would build from this image. To be called in a mount
/// namespace of our own.
///
/// # Errors
/// When it should be entered, and cannot be.
pub fn join(raised: &Raised, facts: &Facts<'_>, image: &OpenedImage) -> Result<Joined, CallError> {
    if raised.is_rootless() {
        return Ok(Joined::NoneThere);
    }
    let Some(container) = facts.conf.udi_mount.as_deref().and_then(there) else { return Ok(Joined::NoneThere) };
    if facts.home.is_some() {
        return Ok(Joined::Differs("the home is to come from elsewhere (--home)"));
    }
    if container.record() != plan::record(facts).as_bytes() {
        return Ok(Joined::Differs("it is for another image, user, set of volumes or of modules"));
    }
    let mark = Mark::new(raised.caller(), image, facts.conf)?;
    if let Some(why) = mark.difference(container.mark()) {
        return Ok(Joined::Differs(why));
    }
    container.enter()?;
    Ok(Joined::Yes)
}

/// The same for a workload manager's plugin, which is root, knows whose task it is about to start, and takes on that
/// user's identity afterwards: the only way in where `shifter` is not setuid. The process gets a mount namespace of its
/// own, and the container of this user as its root; its identity stays as it is. What the site denies now is not joined,
/// although it was set up.
///
/// # Errors
/// For anybody but root, for what is denied, and when the container cannot be entered.
pub fn join_for(uid: u32, conf: &Conf) -> Result<Joined, JoinError> {
    Raised::require_root().map_err(JoinError::Identity)?;
    // ORDER: read while the host's root is ours.
    let denied = Standing::of(conf).map_err(JoinError::Deny)?;
    process::new_mount_namespace().and_then(|()| mount::receive_only()).map_err(JoinError::Call)?;
    let Some(container) = conf.udi_mount.as_deref().and_then(there) else { return Ok(Joined::NoneThere) };
    if mark::owner(container.mark()) != Some(uid) {
        return Ok(Joined::Differs("it is another user's"));
    }
    denied.permits_built(container.built().as_ref()).map_err(JoinError::Deny)?;
    container.enter().map_err(JoinError::Call)?;
    Ok(Joined::Yes)
}

/// The container at a place that root alone can have laid.
fn there(udi_mount: &Path) -> Option<Container> {
    match look(udi_mount) {
        Ok(Found::Container(container)) => Some(container),
        _ => None,
    }
}

/// Why a plugin could not join.
#[derive(Debug)]
pub enum JoinError {
    /// It is not root.
    Identity(IdentityError),
    /// Forbidden for the moment.
    Deny(DenyError),
    /// A call.
    Call(CallError),
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Identity(error) => error.fmt(f),
            JoinError::Deny(error) => error.fmt(f),
            JoinError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for JoinError {}
