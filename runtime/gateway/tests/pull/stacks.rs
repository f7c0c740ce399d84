//! Layer stacks that hold what real and hostile images are made of.

use super::builder::{Item, What, directory, file, hard_link, opaque, symlink, white_out};

/// Three layers with everything that is awkward to merge.
///
/// Directories that no entry describes are left out of what is compared: unpackers give them the
/// time of the unpacking.
pub(crate) fn awkward() -> Vec<Vec<Item>> {
    let mut first = vec![
        directory("."),
        directory("./etc"),
        directory("./ro").mode(0o555),
        file("./ro/file", "v1").mode(0o444),
        directory("opq"),
        file("opq/old1", "old"),
        directory("opq/sub"),
        file("opq/sub/old2", "old"),
        file("caf\u{e9}.txt", "utf8"),
        file("\u{a000}", "yi"),
        directory("\u{65e5}\u{672c}\u{8a9e}"),
        file("\u{65e5}\u{672c}\u{8a9e}/\u{30d5}\u{30a1}", "nested"),
        file(&format!("{}.long", "n".repeat(200)), "no room in ustar"),
        file(&format!("{}.longer", "m".repeat(240)), "the other long form"),
        directory("hl"),
        file("hl/a", "hard linked"),
        hard_link("hl/b", "hl/a"),
        hard_link("./hl/c", "./hl/a"),
        directory("hl2"),
        file("hl2/target", "deleted in layer 2"),
        hard_link("hl2/link", "hl2/target"),
        file("hl2/twice", "first of this name"),
        hard_link("hl2/of-first", "hl2/twice"),
        file("suid", "#!/bin/sh\n").mode(0o4755),
        file("sgid", "").mode(0o2755),
        directory("sticky").mode(0o1777),
        file("none", "no permissions").mode(0o000),
        directory("noexec").mode(0o600),
        file("noexec/in", "x").mode(0o600),
        file("owned", "uid 1234").owner(1234, 5678).time(1_400_000_000),
        directory("dev"),
        file("dev/regular", "a file under dev"),
        symlink("abs", "/etc/passwd"),
        symlink("dangling", "nowhere").time(1_300_000_000),
        symlink("up", "../../../etc/passwd"),
        symlink("long", &"t".repeat(300)),
        directory("chg"),
        file("chg/file2dir", "was a file"),
        directory("chg/dir2file"),
        file("chg/dir2file/inner", "gone"),
        symlink("chg/link2file", "file2dir"),
        symlink("chg/link2dir", "/etc"),
        directory("chg/dir2link"),
        file("chg/dir2link/inner", "gone"),
        directory("usr"),
        directory("usr/lib"),
        symlink("lib", "usr/lib"),
        directory("readd"),
        file("readd/x", "v1"),
        file("a..b", "dots inside a name"),
        file("...", "three dots"),
        directory("wh"),
        file("wh/keep", "k"),
        file("wh/del", "d"),
        directory("wh/delme"),
        file("wh/delme/a", "a"),
        file("wh/delme2", "a sibling with the same beginning"),
        file("empty", ""),
        file("with space", "s"),
        file("with\nnewline", "n"),
        file(&format!("with\n{}", "newline".repeat(20)), "n"),
        file("etc/passwd", "root:x:0:0::/:/bin/sh\n"),
        file("cap", "x").pax("SCHILY.xattr.user.note", b"hello"),
        file("big", (0..300_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>()),
    ];
    let mut deep = "deep".to_owned();
    first.push(directory(&deep));
    for level in 0..12 {
        deep = format!("{deep}/{}", format!("d{level:02}").repeat(8));
        first.push(directory(&deep));
    }
    first.push(file(&format!("{deep}/leaf"), "leaf"));
    first.push(hard_link("hl/deep", &format!("{deep}/leaf")));
    let second = vec![
        directory("ro").mode(0o755),
        file("ro/file", "v2").mode(0o444),
        directory("opq"),
        opaque("opq"),
        file("opq/new", "new"),
        file("hl/a", "a link is broken here"),
        white_out("hl2/target"),
        directory("chg/file2dir"),
        file("chg/file2dir/inner", "now a directory"),
        directory("chg/link2dir"),
        file("chg/link2dir/inner", "not written through the link"),
        file("chg/dir2file", "now a file"),
        file("chg/link2file", "now a file"),
        symlink("chg/dir2link", "/etc"),
        file("lib/through", "written through the link of the layer below"),
        white_out("readd/x"),
        white_out("wh/del"),
        white_out("wh/delme"),
        white_out("./empty"),
    ];
    let third = vec![
        file("readd/x", "v3"),
        white_out("ro/file"),
        opaque("opq"),
        file("opq/newer", "newer"),
        white_out("wh/nonexistent"),
        hard_link("hl/of-a-lower-layer", "wh/keep"),
        directory("opq"),
    ];
    vec![first, second, third]
}

/// What unpackers differ about: device nodes, names that occur twice in a layer.
pub(crate) fn contended() -> Vec<Vec<Item>> {
    let first = vec![
        Item::new("mydev", What::CharacterDevice),
        Item::new("fifo", What::Fifo),
        file("becomes-fifo", "x"),
        file("twice", "first"),
        hard_link("of-first", "twice"),
        file("twice", "second"),
        file("implied/deeply/leaf", "no entry describes the directories"),
    ];
    let second =
        vec![Item::new("becomes-fifo", What::Fifo), file("twice/now-below", "a directory takes the place of the file")];
    vec![first, second]
}

/// `count` layers that rewrite and delete each other's files.
pub(crate) fn many(count: usize) -> Vec<Vec<Item>> {
    let mut layers = Vec::new();
    for number in 0..count {
        let own = format!("data/l{number:02}");
        let mut items = vec![directory("data"), directory(&own)];
        for name in 0..20 {
            let text = format!("layer {number} file {name} ").repeat(name * 7 + 1);
            items.push(file(&format!("{own}/f{name:03}"), text));
        }
        items.push(file("data/shared", format!("from layer {number}")));
        items.push(file(&format!("data/shared{}", number % 5), format!("from layer {number}")));
        if number > 3 {
            for name in 0..5 {
                items.push(white_out(&format!("data/l{:02}/f{name:03}", number - 2)));
            }
        }
        if number == 20 {
            items.push(white_out("data/l05"));
        }
        layers.push(items);
    }
    layers
}

/// [`awkward`] without what the library cannot write.
pub(crate) fn awkward_for_the_library() -> Vec<Vec<Item>> {
    let mut layers = awkward();
    layers[0].retain(|item| item.path != "long");
    layers
}
