//! What a pull says about the image it made, from what went by.

use std::process::Command;

use shifter_imagegw::pull::{Modes, SetId};

use super::builder::{Image, Item, What, directory, file, write_layout};
use super::puller::Puller;

/// A library with this soname and this text in it, made from C.
fn library(soname: &str, text: &str) -> Vec<u8> {
    let work = tempfile::tempdir().unwrap();
    let (code, made) = (work.path().join("code.c"), work.path().join("made.so"));
    std::fs::write(&code, format!("const char says[] = \"{text}\";")).unwrap();
    let mut compile = Command::new("cc");
    compile.args(["-shared", "-fPIC", &format!("-Wl,-soname,{soname}"), "-o"]).arg(&made).arg(&code);
    assert!(compile.status().unwrap().success(), "{compile:?}");
    std::fs::read(made).unwrap()
}

fn image() -> Image {
    let base = vec![
        directory("root").mode(0o700),
        file("root/.profile", "x"),
        file("lib/ld-musl-x86_64.so.1", b"\x7fELF\0x86_64\x001.2.4\0"),
        Item::new("dev/sda", What::CharacterDevice),
        file("usr/bin/passwd", "x").mode(0o4755),
    ];
    let capability = b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let top = vec![
        file("root/miniconda3/bin/python3.11", "python").mode(0o755),
        file("opt/mpi/lib/libmpi.so.12.1.8", library("libmpi.so.12", "Intel(R) MPI Library 2021.19 for Linux* OS")),
        file("opt/old/lib/libmpi.so.40.0.0", "no library at all"),
        file("usr/local/cuda-12.2/version.json", r#"{"cuda":{"version":"12.2.140"}}"#),
        file("usr/bin/ping", "x").mode(0o755).pax("SCHILY.xattr.security.capability", capability),
    ];
    Image::of(&[base, top])
}

fn puller(image: &Image) -> (tempfile::TempDir, Puller) {
    let kept = tempfile::tempdir().unwrap();
    let layout = kept.path().join("image");
    write_layout(&layout, "latest", &image.manifest, image.blobs());
    (kept, Puller::of_layout(&layout))
}

#[test]
fn libraries_closed_directories_and_what_was_dropped_are_told() {
    let image = image();
    let (_kept, puller) = puller(&image);
    let report = puller.pull("image").unwrap().report;
    assert_eq!(report.contents.libc.as_deref(), Some("musl 1.2.4"));
    assert_eq!(report.contents.cuda().as_deref(), Some("12.2.140"));
    let mpi: Vec<_> = report.contents.mpi.iter().map(|mpi| (mpi.path.as_str(), mpi.is.as_deref().unwrap())).collect();
    assert_eq!(mpi, [("opt/mpi/lib/libmpi.so.12.1.8", "Intel MPI 2021.19")]);
    assert_eq!(report.contents.mpi[0].abi().unwrap().to_string(), "MPICH");
    assert_eq!(report.closed.count, 1);
    let worst = &report.closed.worst[0];
    assert_eq!((worst.path.as_slice(), worst.files), (&b"root"[..], 2));
    assert_eq!(worst.program.as_ref().unwrap().1, b"root/miniconda3/bin/python3.11");
    assert_eq!((&*report.set_id.first, report.dropped_set_id.count), (&["usr/bin/passwd".to_owned()][..], 0));
    assert_eq!(report.dropped_capabilities.first, ["usr/bin/ping"]);
    assert_eq!(report.dropped_special.first, ["dev/sda"]);
    let sizes: Vec<_> = report.layers.iter().map(|layer| (layer.compressed, layer.unpacked)).collect();
    assert!(sizes.iter().all(|(compressed, unpacked)| 0 < *compressed && compressed < unpacked), "{sizes:?}");
    assert_eq!(report.layers.len(), 2);
}

#[test]
fn under_the_policies_that_open_and_disarm_nothing_is_closed_and_bits_are_counted_as_dropped() {
    let image = image();
    let (_kept, mut puller) = puller(&image);
    puller.conversion.policy.modes = Modes::Readable;
    puller.conversion.policy.set_id = SetId::Drop;
    let report = puller.pull("image").unwrap().report;
    assert_eq!((report.modes, report.closed.count), (Modes::Readable, 0));
    assert_eq!((report.set_id.count, &*report.dropped_set_id.first), (0, &["usr/bin/passwd".to_owned()][..]));
}
