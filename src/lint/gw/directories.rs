//! GW rules about the gateway's directories.

use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::lint::paths::{is_or_lies_in, lies_in, same};
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View};

/// File systems that many nodes write at once, at the price of slow small files.
const PARALLEL: [&str; 5] = ["lustre", "gpfs", "beegfs", "panfs", "ceph"];

rule! {
    /// Images are unpacked on the file system that the nodes share.
    ///
    /// # What it checks
    /// `gateway.expand_dir` does not lie on a file system that `[storage]` calls `lustre`, `gpfs`, `beegfs`, `panfs` or `ceph`. Where
    /// `[storage]` tells nothing, it does not lie in the `[[filesystem]]` in which the images lie.
    ///
    /// # Why is this bad
    /// An image is ten thousands of small files, which parallel file systems make slowly: pulls took 40 times as long as on a local
    /// disk (manual 4.5.3).
    ///
    /// # Bad
    /// ```toml
    /// [storage]
    /// "/scratch" = { type = "lustre" }
    ///
    /// [gateway]
    /// expand_dir = "/scratch/expand"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [storage]
    /// "/scratch" = { type = "lustre" }
    ///
    /// [gateway]
    /// expand_dir = "/var/shifter/expand"
    /// ```
    pub(crate) static EXPAND_ON_PARALLEL_FS = {
        id: id("GW017", "expand-on-parallel-fs", Warn, Scale),
        impact: Impact::Slow,
        source: "manual 4.5.3",
        check: Check::View(expand_on_parallel),
    }
}

fn expand_on_parallel(view: &View<'_>, out: &mut Findings<'_>) {
    let Some(expand) = view.gateway().expand_dir.as_ref() else { return };
    let help = "unpack on a local disk of the gateway";
    match view.storage_of(expand.as_str()) {
        Some(storage) => {
            if let Some(kind) = storage.facts.r#type.as_deref().filter(|kind| PARALLEL.contains(kind)) {
                out.report(format!("images are unpacked on {kind}"), |finding| {
                    finding.at("gateway.expand_dir", "many small files").also(storage.at(), "told here").help(help)
                });
            }
        }
        None => {
            let Some(images) = view.images().path.as_ref() else { return };
            let mounts = view.mounts();
            let shared = mounts.iter().find(|mount| {
                is_or_lies_in(expand.as_str(), mount.source) && is_or_lies_in(images.as_str(), mount.source)
            });
            if let Some(mount) = shared {
                out.report("images are unpacked on the file system that holds them", |finding| {
                    finding
                        .at("gateway.expand_dir", "many small files")
                        .also(mount.source_key(), "shared with the nodes")
                        .help(help)
                });
            }
        }
    }
}

rule! {
    /// Two of the gateway's directories are the same.
    ///
    /// # What it checks
    /// `gateway.cache_dir`, `gateway.expand_dir` and `images.path` are three directories, and the images lie in neither of the others.
    ///
    /// # Why is this bad
    /// The gateway removes what it finds in the first two. An image or half-written layer of another pull may be among it.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// cache_dir = "/var/cache/shifter"
    /// expand_dir = "/var/cache/shifter"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// cache_dir = "/var/cache/shifter"
    /// expand_dir = "/var/lib/shifter/expand"
    /// ```
    pub(crate) static CACHE_EXPAND_OVERLAP = {
        id: id("GW018", "cache-expand-overlap", Error, Correctness),
        source: "imageworker.py, examine_image and transfer_image",
        check: Check::View(cache_expand),
    }
}

fn cache_expand(view: &View<'_>, out: &mut Findings<'_>) {
    let staging = staging(view);
    if let [(first_at, first), (at, second)] = staging.as_slice()
        && same(first, second)
    {
        out.report(format!("`{second}` is for layers and for unpacked images"), |finding| {
            finding.at(at.clone(), "").also(first_at.clone(), "the same").help("use two directories")
        });
    }
    let Some(images) = view.images().path.as_ref() else { return };
    for (at, path) in staging {
        if is_or_lies_in(images.as_str(), path) {
            out.report(format!("the images lie in `{path}`, which the gateway clears"), |finding| {
                finding.at(at, "").also("images.path", "the images").help("keep the images elsewhere")
            });
        }
    }
}

/// The directories the gateway works in, those that are written.
fn staging<'a>(view: &View<'a>) -> Vec<(KeyPath, &'a str)> {
    let gateway = view.gateway();
    let cache = gateway.cache_dir.as_ref().map(|path| ("gateway.cache_dir".into(), path.as_str()));
    let expand = gateway.expand_dir.as_ref().map(|path| ("gateway.expand_dir".into(), path.as_str()));
    cache.into_iter().chain(expand).collect()
}

rule! {
    /// The gateway works inside the image directory.
    ///
    /// # What it checks
    /// `gateway.cache_dir` and `gateway.expand_dir` do not lie in `images.path`.
    ///
    /// # Why is this bad
    /// Temporary files count against the images' quota and are visible on every node, and a purge or backup of the images meets them
    /// half-written (L17).
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// cache_dir = "/shared/images/cache"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// cache_dir = "/var/cache/shifter"
    /// ```
    pub(crate) static STAGING_IN_IMAGE_DIR = {
        id: id("GW020", "staging-in-image-dir", Warn, Scale),
        impact: Impact::Slow,
        source: "L17",
        check: Check::View(|view, out| {
            let Some(images) = view.images().path.as_ref() else { return };
            for (at, path) in staging(view).into_iter().filter(|(_, path)| lies_in(path, images.as_str())) {
                out.report(format!("`{path}` lies in the image directory"), |finding| {
                    finding.at(at, "").also("images.path", "the images").help("use a volume of its own")
                });
            }
        }),
    }
}
