//! RT rules about the image directory.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::Check;
use crate::lint::paths::same;
use crate::lint::rule::{Fact, Impact, id, rule};
use crate::lint::storage::Storage;
use crate::profile::section::ReadableBy;

rule! {
    /// The images lie on a file system that only one node sees.
    ///
    /// # What it checks
    /// With more than one node in a job, the file system that `[storage]` names for `images.path` is no local one (`tmpfs`,
    /// `ramfs`, `ext2` to `ext4`, `xfs`, `btrfs`, `zfs`, `overlay`, or any with `node_local = true`).
    ///
    /// # Why is this bad
    /// The gateway puts an image there once, and every node of a job mounts it from there (manual 5.2). Nodes that look at a
    /// disk of their own find nothing.
    ///
    /// # Bad
    /// ```toml
    /// [storage]
    /// "/shared" = { type = "xfs" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [storage]
    /// "/shared" = { type = "nfs4" }
    /// ```
    pub(crate) static IMAGE_PATH_NOT_SHARED = {
        id: id("RT002", "image-path-not-shared", Warn, Correctness),
        needs: &[Fact::Storage],
        source: "manual 5.2 imagePath",
        check: Check::View(|view, out| {
            let Some((images, storage)) = view.images_storage() else { return };
            if view.nodes_per_job() > 1 && is_local(&storage) {
                out.report(format!("`{images}` is seen by one node only"), |finding| {
                    finding
                        .at("images.path", "each node has a file system of its own there")
                        .also(storage.at(), "told here")
                        .help("keep images on a file system that all nodes share")
                });
            }
        }),
    }
}

/// File systems on devices or memory of one node.
const LOCAL: [&str; 9] = ["tmpfs", "ramfs", "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "overlay"];

fn is_local(storage: &Storage<'_>) -> bool {
    storage.facts.node_local == Some(true) || storage.facts.r#type.as_deref().is_some_and(|kind| LOCAL.contains(&kind))
}

rule! {
    /// Users can write where the images are.
    ///
    /// # What it checks
    /// `[storage]` does not say `users_write = true` for `images.path` itself.
    ///
    /// # Why is this bad
    /// The kernel mounts these files, and file system drivers are not written to withstand a crafted image (manual 7.1). Who
    /// can write there chooses what the kernel reads, and what other users run.
    ///
    /// # Bad
    /// ```toml
    /// [storage]
    /// "/shared/images" = { type = "nfs4", users_write = true }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [storage]
    /// "/shared" = { type = "nfs4", users_write = true }
    /// "/shared/images" = { type = "nfs4" }
    /// ```
    pub(crate) static IMAGE_PATH_USER_WRITABLE = {
        id: id("RT003", "image-path-user-writable", Error, Security),
        impact: Impact::Exposure,
        needs: &[Fact::Storage],
        source: "manual 7.1",
        check: Check::View(|view, out| {
            let Some((images, storage)) = view.images_storage() else { return };
            if same(storage.place, images) && storage.users_write() {
                out.report(format!("users can write in `{images}`"), |finding| {
                    finding
                        .at("images.path", "the kernel mounts what lies here")
                        .also(storage.at(), "told here")
                        .help("use a directory of the gateway's user with mode 0755")
                });
            }
        }),
    }
}

rule! {
    /// The images are deleted when nobody has read them for a while.
    ///
    /// # What it checks
    /// The file system that `[storage]` names for `images.path` has no `purge`.
    ///
    /// # Why is this bad
    /// A purge removes single files by age. The gateway still lists the image, and its next start finds half of it or nothing.
    ///
    /// # Bad
    /// ```toml
    /// [storage]
    /// "/shared" = { type = "lustre", purge = "56d" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [storage]
    /// "/shared" = { type = "lustre", purge = "56d" }
    /// "/shared/images" = { type = "lustre" }
    /// ```
    pub(crate) static IMAGE_DIR_PURGED = {
        id: id("RT026", "image-dir-purged", Warn, Correctness),
        needs: &[Fact::Storage],
        source: "manual 5.2 imagePath",
        check: Check::View(|view, out| {
            let Some((images, storage)) = view.images_storage() else { return };
            if let Some(age) = &storage.facts.purge {
                out.report(format!("`{images}` lies on a file system that is purged"), |finding| {
                    finding
                        .at("images.path", format!("files are deleted after {age}"))
                        .also(storage.at(), "told here")
                        .help("move the images, or except the directory from the purge and give it an entry of its own in `[storage]`")
                });
            }
        }),
    }
}

rule! {
    /// Root cannot read the images.
    ///
    /// # What it checks
    /// Where `[storage]` says `root_squash = true` for `images.path`, `images.readable_by` is `"world"`.
    ///
    /// # Why is this bad
    /// The kernel opens an image as root, and on a squashed export root is nobody (exports(5)). Files of mode 0600 cannot be mounted.
    ///
    /// # Bad
    /// ```toml
    /// [storage]
    /// "/shared" = { type = "nfs4", root_squash = true }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [storage]
    /// "/shared" = { type = "nfs4", root_squash = true }
    ///
    /// [images]
    /// readable_by = "world"
    /// ```
    pub(crate) static IMAGE_ROOT_SQUASH = {
        id: id("RT027", "image-root-squash", Warn, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Storage],
        source: "exports(5)",
        check: Check::View(|view, out| {
            let Some((images, storage)) = view.images_storage() else { return };
            if storage.facts.root_squash == Some(true) && view.images().readable_by != Some(ReadableBy::World) {
                out.report(format!("root is nobody on `{images}`, and images are not readable by everybody"), |finding| {
                    finding
                        .at("images.path", "mounted by root")
                        .also(storage.at(), "root is squashed here")
                        .help("write `readable_by = \"world\"` in `[images]`, or export without root_squash to the nodes")
                });
            }
        }),
    }
}
