//! What `/proc` says of mounts and processes: nothing of it is a panic, places are read as the kernel escapes them, and no
//! name reaches a terminal with its codes.
#![no_main]

use std::os::unix::ffi::OsStrExt as _;

use libfuzzer_sys::fuzz_target;
use shifter_sys::{mountinfo, proc};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mounts = mountinfo::parse(bytes);
    assert!(mounts.len() <= bytes.split(|byte| *byte == b'\n').count());
    for mount in mounts {
        // As the kernel writes a place (`mangle` in fs/seq_file.c), so it is read.
        let mut written =
            format!("{} {} {} / ", mount.id, mount.parent, mount.device.replace('\u{fffd}', "?")).into_bytes();
        for byte in mount.point.as_os_str().as_bytes() {
            match byte {
                b' ' | b'\t' | b'\n' | b'\\' => written.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
                plain => written.push(*plain),
            }
        }
        written.extend_from_slice(b" rw - x y");
        let again = mountinfo::parse(&written);
        assert_eq!(again.first().map(|again| &again.point), Some(&mount.point));
    }
    let _ = proc::began(&text);
    let _ = proc::mount_of_file(&text);
    let _ = proc::uid(&text);
    if let Some(rights) = proc::rights(&text) {
        assert_eq!(proc::uid(&text), Some(rights.users[0]));
    }
    assert!(!proc::name(bytes).contains(char::is_control));
});
