use super::*;
use crate::convert::tree::InodeId;

fn entry(path: &str, kind: Kind, link: &str) -> Entry {
    Entry {
        kind,
        path: path.into(),
        link: link.into(),
        mode: 0o640,
        uid: 0,
        gid: 0,
        mtime: -5,
        size: 0,
        has_xattrs: false,
        has_capability: false,
    }
}

fn file(path: &str) -> Entry {
    entry(path, Kind::File, "")
}

fn directory(path: &str) -> Entry {
    entry(path, Kind::Directory, "")
}

/// The paths of the merged tree; files as `path = layer.entry`.
fn merged(layers: &[Vec<Entry>]) -> Vec<String> {
    let limits = Limits::default();
    let mut applier = Applier::new(&limits);
    for entries in layers {
        applier.next_layer();
        for entry in entries {
            applier.apply(entry).unwrap();
        }
    }
    let tree = applier.finish();
    let mut lines = Vec::new();
    list(&tree, Tree::ROOT, "", &mut lines);
    lines
}

fn list(tree: &Tree, node: NodeId, path: &str, lines: &mut Vec<String>) {
    for (name, child) in tree.children(node) {
        let path = format!("{path}/{}", str::from_utf8(name).unwrap());
        let inode = |id: InodeId| match &tree.inode(id).content {
            Content::File { layer, entry, .. } => format!(" = {layer}.{entry}"),
            Content::Symlink(target) => format!(" -> {}", str::from_utf8(target).unwrap()),
            Content::Dropped => " dropped".to_owned(),
        };
        match tree.body(child) {
            Body::Directory { .. } => lines.push(format!("{path}/")),
            Body::Inode(id) => lines.push(format!("{path}{}", inode(*id))),
        }
        list(tree, child, &path, lines);
    }
}

#[test]
fn a_whiteout_spares_its_own_layer_wherever_it_stands() {
    let below = vec![directory("d"), file("d/old"), file("x")];
    let before = vec![file(".wh.d"), file(".wh.x"), file("d/new"), file("x")];
    let behind = vec![file("d/new"), file("x"), file(".wh.d"), file(".wh.x")];
    assert_eq!(merged(&[below.clone(), before]), ["/d/", "/d/new = 2.2", "/x = 2.3"]);
    assert_eq!(merged(&[below, behind]), ["/d/", "/d/new = 2.0", "/x = 2.1"]);
}

#[test]
fn an_opaque_directory_loses_what_is_below_at_any_depth() {
    let below = vec![file("d/s/old"), file("d/old")];
    let above = vec![directory("d/s"), file("d/s/new"), file("d/.wh..wh..opq")];
    assert_eq!(merged(&[below, above]), ["/d/", "/d/s/", "/d/s/new = 2.1"]);
}

#[test]
fn a_hard_link_keeps_its_file_when_the_other_name_goes() {
    let below = vec![file("a"), entry("b", Kind::HardLink, "/a"), file("a")];
    let above = vec![file(".wh.a"), entry("c", Kind::HardLink, "./b")];
    assert_eq!(merged(&[below, above]), ["/b = 1.0", "/c = 1.0"]);
}

#[test]
fn a_link_may_take_the_place_of_the_directory_its_target_is_in() {
    let entries = vec![file("d/f"), entry("d", Kind::HardLink, "d/f")];
    assert_eq!(merged(&[entries]), ["/d = 1.0"]);
}

#[test]
fn kinds_take_each_others_place_and_later_directories_start_empty() {
    let layers = [vec![file("d/old")], vec![entry("d", Kind::Special, "")], vec![file("d/new")]];
    assert_eq!(merged(&layers[..2]), ["/d dropped"]);
    assert_eq!(merged(&layers), ["/d/", "/d/new = 3.0"]);
}

#[test]
fn links_on_the_way_are_followed_within_the_tree() {
    let layers = [
        vec![entry("lib", Kind::Symlink, "../../usr/lib"), directory("usr/lib")],
        vec![file("lib/a"), file("lib/.wh.none")],
        vec![file("lib/.wh.a"), file("lib/b")],
    ];
    let expected = ["/lib -> ../../usr/lib", "/usr/", "/usr/lib/", "/usr/lib/b = 3.1"];
    assert_eq!(merged(&layers), expected);
}

#[test]
fn a_path_cannot_be_made_long_through_links() {
    let limits = Limits { path_bytes: 30, ..Limits::default() };
    let mut applier = Applier::new(&limits);
    applier.next_layer();
    let link = entry("l", Kind::Symlink, "aaaaaaaaaa/bbbbbbbbbb");
    applier.apply(&link).unwrap();
    assert!(applier.apply(&file("l/cccccccc")).is_ok());
    let error = applier.apply(&file("l/ccccccccc")).unwrap_err();
    insta::assert_snapshot!(error, @"the length of a path passes the limit of 30");
    let error = applier.apply(&file("l/cccccccccc/d")).unwrap_err();
    insta::assert_snapshot!(error, @"entry `l/cccccccccc/d`: its place in the image has too long a path");
}

#[test]
fn times_before_the_epoch_become_the_epoch() {
    assert_eq!(attributes(&file("a")).mtime, 0);
}
