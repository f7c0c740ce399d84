//! Where nothing may be mounted.
//!
//! The original compared strings, so that `/etcfoo` fell under `/etc`, and it let users mount over `/proc`
//! and `/dev`, although its manual forbids both. Here paths are compared component by component, and the
//! manual is followed. The runtime asks again with the resolved path, because a symbolic link in the image may
//! lead anywhere.

use std::path::{Component, Path};

use super::Author;

/// How much of the tree a row covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// This path only.
    Exact,
    /// This path and all below it.
    Tree,
}

/// A place where nothing may be mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForbiddenTarget {
    /// The path in the container.
    pub path: &'static str,
    /// What of it is forbidden to users.
    pub user: Option<Reach>,
    /// What of it is forbidden to sites.
    pub site: Option<Reach>,
    /// The reason.
    pub why: &'static str,
}

use Reach::{Exact, Tree};

/// Every forbidden place.
pub const FORBIDDEN_TARGETS: &[ForbiddenTarget] = &[
    row("/", Some(Exact), Some(Exact), "it is the container's root"),
    row("/etc", Some(Tree), Some(Exact), "shifter builds /etc itself"),
    row("/etc/passwd", Some(Exact), Some(Exact), "shifter writes the user list"),
    row("/etc/group", Some(Exact), Some(Exact), "shifter writes the group list"),
    row("/etc/nsswitch.conf", Some(Exact), Some(Exact), "shifter writes the name service configuration"),
    row("/var", Some(Tree), Some(Exact), "/var holds shifter's own record of the container"),
    row("/opt", Some(Exact), Some(Exact), "it would hide /opt/udiImage"),
    row("/opt/udiImage", Some(Tree), Some(Tree), "the site's own programs and modules are there"),
    row("/proc", Some(Tree), Some(Tree), "the kernel's process tree is there"),
    row("/sys", Some(Tree), Some(Exact), "the kernel's device tree is there"),
    row("/dev", Some(Tree), Some(Exact), "the devices are there"),
];

/// Places below a forbidden tree that a user may mount on all the same.
pub const ALLOWED_BELOW: &[&str] = &["/var/tmp"];

const fn row(path: &'static str, user: Option<Reach>, site: Option<Reach>, why: &'static str) -> ForbiddenTarget {
    ForbiddenTarget { path, user, site, why }
}

/// The row that forbids mounting on `target`, if one does.
///
/// `target` is absolute; repeated slashes, a final slash and `.` do not matter.
#[must_use]
pub fn forbidden_target(target: &Path, author: Author) -> Option<&'static ForbiddenTarget> {
    if ALLOWED_BELOW.iter().any(|allowed| same(target, allowed)) {
        return None;
    }
    FORBIDDEN_TARGETS.iter().find(|row| {
        let reach = match author {
            Author::User => row.user,
            Author::Site => row.site,
        };
        match reach {
            None => false,
            Some(Exact) => same(target, row.path),
            Some(Tree) => is_within(target, Path::new(row.path)),
        }
    })
}

fn parts(path: &Path) -> impl Iterator<Item = Component<'_>> {
    path.components().filter(|part| *part != Component::CurDir && *part != Component::RootDir)
}

fn same(left: &Path, right: &str) -> bool {
    parts(left).eq(parts(Path::new(right)))
}

/// Whether `path` is `tree` or lies below it, component by component. Links are not followed.
#[must_use]
pub fn is_within(path: &Path, tree: &Path) -> bool {
    let mut path = parts(path);
    parts(tree).all(|part| path.next() == Some(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbids(author: Author, path: &str) -> bool {
        forbidden_target(Path::new(path), author).is_some()
    }

    #[test]
    fn users_may_not_mount_over_what_shifter_or_the_kernel_provides() {
        for path in [
            "/",
            "//",
            "/etc",
            "/etc/",
            "/etc/x",
            "/var/x",
            "/opt",
            "/opt/udiImage/bin",
            "/proc/self",
            "/sys/fs",
            "/dev/shm",
            "/./etc",
        ] {
            assert!(forbids(Author::User, path), "{path}");
        }
    }

    #[test]
    fn names_that_only_begin_alike_are_allowed() {
        for path in ["/etcfoo", "/variable", "/opt/foo", "/opt/udiImage2", "/var/tmp", "/home", "/tmp", "/device"] {
            assert!(!forbids(Author::User, path), "{path}");
        }
    }

    #[test]
    fn sites_may_mount_below_etc_and_var_but_not_over_them() {
        assert!(forbids(Author::Site, "/etc"));
        assert!(forbids(Author::Site, "/etc/"));
        assert!(forbids(Author::Site, "/etc/group"));
        assert!(forbids(Author::Site, "/opt/udiImage/lib"));
        assert!(!forbids(Author::Site, "/etc/slurm"));
        assert!(!forbids(Author::Site, "/var/opt/cray/alps"));
        assert!(!forbids(Author::Site, "/dev/cxi0"));
    }
}
