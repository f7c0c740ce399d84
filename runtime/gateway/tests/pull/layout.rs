//! Pulls from OCI layout directories: the merge beside umoci, and what a pull reports.

use shifter_imagegw::pull::{Existing, Format, Modes, Ownership, SetId};

use super::builder::{Image, index, write_layout};
use super::model::Model;
use super::puller::Puller;
use super::stacks;
use super::tree::{Kind, Tree, assert_same, read, read_squashfs, run};

struct Layout {
    directory: tempfile::TempDir,
}

impl Layout {
    fn of(image: &Image) -> Self {
        let layout = Self { directory: tempfile::tempdir().unwrap() };
        write_layout(&layout.path(), "latest", &image.manifest, image.blobs());
        layout
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("image")
    }

    fn puller(&self) -> Puller {
        Puller::of_layout(&self.path())
    }

    /// The tree that umoci makes of it.
    fn unpacked(&self) -> Tree {
        let bundle = self.directory.path().join("bundle");
        let image = format!("{}:latest", self.path().display());
        run("umoci", "umoci", |command| command.args(["unpack", "--image", &image]).arg(&bundle));
        read(&bundle.join("rootfs"))
    }
}

fn squashfs(puller: &Puller) -> Tree {
    read_squashfs(puller.pull("image").unwrap().product.path())
}

#[test]
fn awkward_layers_merge_as_umoci_unpacks_them() {
    let layout = Layout::of(&Image::of(&stacks::awkward()));
    let mut puller = layout.puller().with_tar2sqfs();
    puller.conversion.policy.ownership = Ownership::Image;
    let found = squashfs(&puller);
    assert_same(&found, &layout.unpacked());
    assert_same(&found, &Model::merge(&stacks::awkward()).unwrap());
}

#[test]
fn many_layers_merge_as_umoci_unpacks_them() {
    let layout = Layout::of(&Image::of(&stacks::many(24)));
    let found = squashfs(&layout.puller().with_tar2sqfs());
    let mut expected = layout.unpacked();
    // No layer describes the root: umoci leaves the time of its own mkdir there.
    expected.get_mut("").unwrap().time = 0;
    assert_same(&found, &expected);
}

#[test]
fn what_unpackers_differ_about_follows_the_specification() {
    let layout = Layout::of(&Image::of(&stacks::contended()));
    let puller = layout.puller().with_tar2sqfs();
    let pulled = puller.pull("image").unwrap();
    let found = read_squashfs(pulled.product.path());
    assert_same(&found, &Model::merge(&stacks::contended()).unwrap());
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    let expected = ["", "implied", "implied/deeply", "implied/deeply/leaf", "of-first", "twice", "twice/now-below"];
    assert_eq!(names, expected);
    assert_eq!(found["of-first"].kind, Kind::File(b"first".to_vec()));
    assert_eq!(pulled.report.dropped_special.first, ["becomes-fifo", "fifo", "mydev"]);
}

#[test]
fn every_writer_makes_the_same_tree() {
    let layout = Layout::of(&Image::of(&stacks::awkward_for_the_library()));
    let reference = squashfs(&layout.puller().with_tar2sqfs());
    let puller = layout.puller().with_format(Format::Directory);
    let pulled = puller.pull("image").unwrap();
    assert!(pulled.product.path().is_dir());
    assert_same(&read(pulled.product.path()), &reference);
    let mut reference = reference;
    let mut library = squashfs(&layout.puller());
    for tree in [&mut reference, &mut library] {
        for (path, facts) in tree.iter_mut() {
            facts.first_name.clone_from(path);
        }
        tree.get_mut("").unwrap().time = 0;
    }
    assert_same(&library, &reference);
}

#[test]
fn a_pull_gives_equal_bytes_each_time_for_any_number_of_threads() {
    let layout = Layout::of(&Image::of(&stacks::awkward_for_the_library()));
    let bytes = |puller: Puller| std::fs::read(puller.pull("image").unwrap().product.path()).unwrap();
    let with_threads = |threads| {
        let mut puller = layout.puller().with_tar2sqfs();
        puller.conversion.threads = Some(threads);
        bytes(puller)
    };
    let once = with_threads(1);
    assert!(once == with_threads(1) && once == with_threads(4), "the bytes differ");
    let library = bytes(layout.puller());
    assert!(library == bytes(layout.puller()), "the library's bytes differ");
}

#[test]
fn what_the_library_cannot_write_is_refused() {
    let layout = Layout::of(&Image::of(&stacks::awkward()));
    insta::assert_snapshot!(layout.puller().refusal("image"), @"cannot build the squashfs: the target of the symbolic link `long` has 300 bytes, the library writes at most 255: install tar2sqfs (squashfs-tools-ng)");
}

#[test]
fn policies_are_applied() {
    let layout = Layout::of(&Image::of(&stacks::awkward()));
    let mut puller = layout.puller().with_tar2sqfs();
    let default = squashfs(&puller);
    assert!(default.values().all(|facts| facts.owner == (0, 0)));
    assert_eq!((default["suid"].mode, default["none"].mode), (0o4755, 0));
    puller.conversion.policy.modes = Modes::Readable;
    puller.conversion.policy.set_id = SetId::Drop;
    let readable = squashfs(&puller);
    assert_eq!((readable["suid"].mode, readable["none"].mode), (0o755, 0o644));
    assert_eq!((readable["noexec"].mode, readable["ro"].mode), (0o755, 0o755));
    assert_eq!(readable["sticky"].mode, 0o1777);
}

#[test]
fn a_pull_says_what_it_found() {
    let image = Image::of(&stacks::awkward());
    let layout = Layout::of(&image);
    let puller = layout.puller().with_tar2sqfs();
    let pulled = puller.pull("image").unwrap();
    assert_eq!(pulled.id, image.id());
    assert_eq!(pulled.digest.hex(), image.id());
    assert_eq!(pulled.platform.to_string(), "linux/amd64");
    assert!(!pulled.private && !pulled.known);
    assert_eq!(pulled.bytes, pulled.product.path().metadata().unwrap().len());
    let config = &pulled.config;
    assert_eq!(config.env, ["PATH=/usr/bin:/bin", "GREETING=hello world"]);
    assert_eq!(config.entrypoint, Some(vec!["/bin/sh".to_owned()]));
    assert_eq!(config.cmd, Some(vec!["-c".to_owned(), "true".to_owned()]));
    assert_eq!((&*config.workdir, &*config.user), ("/work", "1000"));
    assert_eq!((&config.labels["a"], &config.volumes[..]), (&"b".to_owned(), &["/data".to_owned()][..]));
    let report = &pulled.report;
    assert_eq!((&*report.writer, report.losses.len()), ("tar2sqfs", 0));
    assert_eq!(report.dropped_xattrs.first, ["cap"]);
    assert_eq!(report.set_id.first, ["suid", "sgid"]);
    assert_eq!((report.closed.count, report.closed.worst[0].path.as_slice()), (1, &b"noexec"[..]));
    assert_eq!(report.layers.len(), 3);
}

#[test]
fn a_known_image_is_not_converted_again_unless_asked() {
    let image = Image::of(&stacks::many(3));
    let layout = Layout::of(&image);
    let mut puller = layout.puller();
    let target = puller.images().join(format!("{}.squashfs", image.id()));
    let pulled = puller.pull("image").unwrap();
    pulled.product.publish(&target).unwrap();
    let bytes = std::fs::read(&target).unwrap();
    let again = puller.pull("image").unwrap();
    assert!(again.known && again.product.path() == target);
    assert_eq!((again.bytes, again.config.user.as_str()), (bytes.len() as u64, "1000"));
    // Nobody pulls an image that somebody still holds.
    drop(again);
    puller.existing = Existing::ConvertAgain;
    let anew = puller.pull("image").unwrap();
    assert!(!anew.known);
    assert!(std::fs::read(anew.product.path()).unwrap() == bytes);
    drop(anew);
    let names: Vec<_> = std::fs::read_dir(puller.images()).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn a_damaged_cache_file_is_fetched_again() {
    let layout = Layout::of(&Image::of(&stacks::many(3)));
    let puller = layout.puller();
    let first = std::fs::read(puller.pull("image").unwrap().product.path()).unwrap();
    for blob in std::fs::read_dir(puller.cache().join("blobs/sha256")).unwrap() {
        let path = blob.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[0] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    let second = std::fs::read(puller.pull("image").unwrap().product.path()).unwrap();
    assert!(first == second);
}

#[test]
fn the_platform_of_the_system_is_chosen() {
    let images = ["arm64", "amd64", "ppc64le"].map(|architecture| {
        let layer = vec![super::builder::file("arch", architecture)];
        Image::with(&[layer], architecture, |_, tar| (tar.to_vec(), "tar"))
    });
    let top = index(&images);
    let directory = tempfile::tempdir().unwrap();
    let blobs = images.iter().flat_map(Image::blobs);
    write_layout(&directory.path().join("image"), "latest", &top, blobs);
    let mut puller = Puller::of_layout(directory.path());
    for image in &images {
        puller.platform.architecture.clone_from(&image.architecture);
        let pulled = puller.pull("image").unwrap();
        assert_eq!((pulled.id.clone(), pulled.digest), (image.id(), top.digest()));
        let tree = read_squashfs(pulled.product.path());
        assert_eq!(tree["arch"].kind, Kind::File(image.architecture.clone().into_bytes()));
    }
    puller.platform.architecture = "riscv64".to_owned();
    insta::assert_snapshot!(puller.refusal("image"), @"image:latest is not made for linux/riscv64, only for linux/arm64, linux/amd64, linux/ppc64le");
}

#[test]
fn names_within_a_layout_are_exact() {
    let layout = Layout::of(&Image::of(&stacks::many(1)));
    let puller = layout.puller();
    insta::assert_snapshot!(puller.refusal("image:other"), @"test has no image image:other");
    insta::assert_snapshot!(puller.refusal("unrelated"), @"test has no image unrelated:latest");
    let image = Image::of(&stacks::many(1));
    assert!(puller.pull(&format!("image@sha256:{}", image.id())).is_ok());
}
