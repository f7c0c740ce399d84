//! What a release does otherwise with what a profile already says.
//!
//! The facts are those of the tags 16.08.3, 18.03.0 and 18.03.4, of the branches master-legacy and master, and of the
//! manual 18.03.01.

use super::Behaviour;
use crate::{profile::Profile, target::Target};

/// What is different from a release on.
struct Change {
    /// The first release that does so.
    since: Target,
    about: &'static str,
    /// To whom it matters.
    concerns: fn(&Profile) -> bool,
    /// What is new when going up, and what is again as it was when going down.
    up: &'static str,
    down: &'static str,
    /// The release on the way up to which this is no news: a later change replaces it.
    until: Option<Target>,
}

const CHANGES: [Change; 9] = [
    Change {
        since: Target::V1803,
        about: "gateway",
        concerns: |profile| profile.gateway.is_some(),
        up: "pulls run in threads of the service itself; Celery's workers and Redis can be switched off",
        down: "pulls run in Celery workers, which need Redis on the gateway's host",
        until: None,
    },
    Change {
        since: Target::Master,
        about: "gateway",
        concerns: |profile| profile.gateway.is_some(),
        up: "the service runs under Python 3 and Sanic instead of Python 2 and Flask",
        down: "the service runs under Python 2 and Flask",
        until: Some(Target::Native),
    },
    Change {
        since: Target::Native,
        about: "gateway",
        concerns: |profile| profile.gateway.is_some(),
        up: "the service is `shifter-imagegw`, which needs no Python; its unit is of the type notify",
        down: "the service is the original's in Python, and needs its virtual environment",
        until: None,
    },
    Change {
        since: Target::V1803,
        about: "kernel_modules.autoload",
        concerns: |profile| profile.kernel_modules.as_ref().is_some_and(|kernel| kernel.autoload == Some(true)),
        up: "the runtime loads no kernel modules any more: load them at boot (`kernel_modules.preload`)",
        down: "the runtime loads kernel modules at the first container of a node",
        until: None,
    },
    Change {
        since: Target::V1803,
        about: "images.format",
        concerns: |_| true,
        up: "images are mounted as squashfs only; older ext4, cramfs and xfs images have to be pulled again",
        down: "images of ext4, cramfs and xfs can be mounted as well",
        until: None,
    },
    Change {
        since: Target::V1803,
        about: "gateway.import_users",
        concerns: |profile| profile.gateway.as_ref().is_some_and(|gateway| gateway.import_users.is_some()),
        up: "users may import images of their own, if the list names them; an empty list means everybody before the native gateway",
        down: "nobody can import images",
        until: None,
    },
    Change {
        since: Target::Native,
        about: "gateway.import_users",
        concerns: |profile| profile.gateway.as_ref().is_some_and(|gateway| gateway.import_users.is_some()),
        up: "the list is taken at its word: an empty one means nobody",
        down: "an empty list means everybody, and a text is searched for the name",
        until: None,
    },
    Change {
        since: Target::Native,
        about: "filesystem",
        concerns: |profile| profile.filesystem.iter().any(|entry| entry.options.iter().any(|option| option == "rec")),
        up: "`rec` and `slave` together work, and mounts below keep nosuid and nodev",
        down: "`rec` with `slave` gives private mounts that carry the host's flags",
        until: None,
    },
    Change {
        since: Target::Native,
        about: "hooks.premount",
        concerns: |profile| !profile.symlink.is_empty() || profile.hooks.is_some(),
        up: "symlinks and mount points are made by the runtime itself; a hook holds only what the site wrote",
        down: "symlinks and mount points are made by the rendered hook script",
        until: None,
    },
];

/// What is different for this profile.
pub(super) fn of(profile: &Profile, from: Option<Target>, to: Target) -> Vec<Behaviour> {
    let Some(from) = from else { return Vec::new() };
    let age = |target: Target| Target::ALL.iter().position(|one| *one == target).unwrap_or_default();
    let told = CHANGES.iter().filter(|change| (change.concerns)(profile)).filter_map(|change| {
        let since = age(change.since);
        let what = match (age(from) >= since, age(to) >= since) {
            (false, true) if change.until.is_some_and(|until| age(to) >= age(until)) => return None,
            (false, true) => change.up,
            (true, false) => change.down,
            _ => return None,
        };
        Some(Behaviour { about: change.about.to_owned(), what: what.to_owned() })
    });
    told.collect()
}
