//! The file systems an image may become besides a squashfs: the same tree, by the programs of the distribution.

use std::path::Path;

use nix::unistd::Uid;
use shifter_imagegw::pull::{Format, Lz4, Ownership};

use super::builder::{Image, file, write_layout};
use super::puller::Puller;
use super::stacks;
use super::tree::{Tree, assert_same, read, read_squashfs, run};

fn layout(image: &Image) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    write_layout(&directory.path().join("image"), "latest", &image.manifest, image.blobs());
    directory
}

fn puller(layout: &tempfile::TempDir) -> Puller {
    Puller::of_layout(&layout.path().join("image"))
}

/// What the kernel shows of an image: mounted in a mount namespace that ends with the command.
fn mounted(kind: &str, image: &Path) -> Tree {
    let place = tempfile::tempdir().unwrap();
    let [mount, copy] = ["mount", "copy"].map(|name| place.path().join(name));
    std::fs::create_dir(&mount).unwrap();
    let script = "mount -t \"$1\" -o ro,loop \"$2\" \"$3\" && cp -a \"$3\" \"$4\"";
    run("unshare", "util-linux", |command| {
        command.args(["--mount", "sh", "-c", script, "sh", kind]).args([image, &mount, &copy])
    });
    let mut tree = read(&copy);
    tree.remove("lost+found");
    tree
}

#[test]
fn each_format_holds_the_tree_that_a_squashfs_holds() {
    if !Uid::effective().is_root() {
        eprintln!("skipped: needs root to mount");
        return;
    }
    let layout = layout(&Image::of(&stacks::awkward()));
    let mut squashfs = puller(&layout).with_tar2sqfs();
    squashfs.conversion.policy.ownership = Ownership::Image;
    let expected = read_squashfs(squashfs.pull("image").unwrap().product.path());
    for (format, kind, lz4) in [
        (Format::Erofs, "erofs", None),
        (Format::Erofs, "erofs", Some(Lz4::High { level: 9 })),
        (Format::Ext4, "ext4", None),
    ] {
        let mut puller = puller(&layout).with_format(format);
        puller.conversion.policy.ownership = Ownership::Image;
        puller.conversion.erofs = lz4;
        let pulled = puller.pull("image").unwrap();
        assert_eq!(pulled.report.writer, kind);
        assert_eq!(pulled.bytes, pulled.product.path().metadata().unwrap().len());
        let mut found = mounted(kind, pulled.product.path());
        if kind == "ext4" {
            // mke2fs writes the root anew, for `lost+found`.
            found.get_mut("").unwrap().time = expected[""].time;
        }
        assert_same(&found, &expected);
        // What it was packed from is gone, and nothing else was made.
        assert_eq!(std::fs::read_dir(puller.images()).unwrap().count(), 1, "{kind}");
    }
}

#[test]
fn an_erofs_is_the_same_bytes_each_time() {
    let layout = layout(&Image::of(&[vec![file("a", "1"), file("b", "2").time(1)]]));
    let bytes = || {
        let puller = puller(&layout).with_format(Format::Erofs);
        std::fs::read(puller.pull("image").unwrap().product.path()).unwrap()
    };
    assert!(bytes() == bytes(), "the bytes differ");
}

#[test]
fn an_ext4_has_room_for_many_small_files() {
    // In small directories: mke2fs looks through a directory for each name that it adds.
    let names: Vec<_> =
        (0..6000).map(|n| file(&format!("directory-{:03}/with-a-long-name-{n:050}", n / 60), "x")).collect();
    let layout = layout(&Image::of(&[names]));
    puller(&layout).with_format(Format::Ext4).pull("image").unwrap();
}
