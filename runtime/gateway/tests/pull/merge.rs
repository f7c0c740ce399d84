//! Random layer stacks, merged by every writer and by the model.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use shifter_imagegw::pull::{Format, Ownership};

use super::builder::{Image, Item, What, write_layout};
use super::model::{Model, Refused};
use super::puller::Puller;
use super::tree::{Tree, assert_same, read, read_squashfs};

/// A path of one to three names from a small alphabet, so that layers meet each other.
fn path() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "c", "d\u{e9}"]);
    prop::collection::vec(name, 1..4).prop_map(|names| names.join("/"))
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => path(),
        1 => path().prop_map(|path| format!("/{path}")),
        1 => path().prop_map(|path| format!("../{path}")),
        1 => Just("..".to_owned()),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    let what = prop_oneof![
        6 => (0..40_usize, any::<u8>()).prop_map(|(n, byte)| What::File(vec![byte; n * 31])),
        5 => Just(What::Directory),
        2 => target().prop_map(What::Symlink),
        3 => path().prop_map(What::HardLink),
        1 => Just(What::Fifo),
    ];
    let plain = (path(), what, 0..0o10000_u32, 0..5_u64, 0..2_000_000_000_u64);
    let plain = plain.prop_map(|(path, what, mode, owner, time)| {
        Item::new(path, what).mode(mode).owner(owner, owner + 1).time(time)
    });
    let hidden = path().prop_map(|path| super::builder::white_out(&path));
    let opaque = prop_oneof![path(), Just(".".to_owned())];
    let opaque = opaque.prop_map(|path| super::builder::opaque(&path));
    prop_oneof![12 => plain, 2 => hidden, 1 => opaque]
}

/// Layers that the model does not refuse.
fn layers() -> impl Strategy<Value = Vec<Vec<Item>>> {
    let layer = prop::collection::vec(item(), 0..14);
    prop::collection::vec(layer, 1..5).prop_map(|mut layers| {
        // A hard link to nothing is refused: such entries are taken out, one by one.
        for number in 0..layers.len() {
            let mut kept = Vec::new();
            for item in std::mem::take(&mut layers[number]) {
                kept.push(item);
                layers[number].clone_from(&kept);
                if Model::merge(&layers[..=number]) == Err(Refused) {
                    kept.pop();
                }
            }
            layers[number] = kept;
        }
        layers
    })
}

fn pulled(layers: &[Vec<Item>], configure: impl FnOnce(Puller) -> Puller) -> Tree {
    let directory = tempfile::tempdir().unwrap();
    let image = Image::with(layers, "amd64", |number, archive| match number % 3 {
        0 => (super::builder::gzip(archive), "tar+gzip"),
        1 => (super::builder::zstd(archive), "tar+zstd"),
        _ => (archive.to_vec(), "tar"),
    });
    let layout = directory.path().join("image");
    write_layout(&layout, "latest", &image.manifest, image.blobs());
    let mut puller = configure(Puller::of_layout(&layout));
    puller.conversion.policy.ownership = Ownership::Image;
    let pulled = puller.pull("image").unwrap();
    let path = pulled.product.path();
    if path.is_dir() { read(path) } else { read_squashfs(path) }
}

fn check(cases: u32, test: impl Fn(Vec<Vec<Item>>)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let run = runner.run(&layers(), |layers| {
        test(layers);
        Ok(())
    });
    run.unwrap();
}

#[test]
fn a_directory_holds_what_the_model_says() {
    check(200, |layers| {
        let expected = Model::merge(&layers).unwrap();
        let found = pulled(&layers, |puller| puller.with_format(Format::Directory));
        assert_same(&found, &expected);
    });
}

#[test]
fn a_squashfs_of_tar2sqfs_holds_what_the_model_says() {
    check(40, |layers| {
        let expected = Model::merge(&layers).unwrap();
        assert_same(&pulled(&layers, Puller::with_tar2sqfs), &expected);
    });
}

#[test]
fn a_squashfs_of_the_library_differs_in_what_it_says_it_loses() {
    check(40, |layers| {
        let mut expected = Model::merge(&layers).unwrap();
        let mut found = pulled(&layers, |puller| puller);
        for tree in [&mut expected, &mut found] {
            for (path, facts) in tree.iter_mut() {
                facts.first_name.clone_from(path);
            }
            let root = tree.get_mut("").unwrap();
            (root.owner, root.time) = ((0, 0), 0);
        }
        assert_same(&found, &expected);
    });
}
